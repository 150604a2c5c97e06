//! Statements on a SQLite connection, prepared once and kept.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql, params_from_iter};

use super::failure;
use crate::db::{Dialect, Row, Shape, Tx, Value};
use crate::error::StoreError;

/// A connection inside a transaction.
pub(crate) struct SqliteTx<'c> {
    conn: &'c Connection,
    /// The last error of the disk, kept because SQLite may answer it by giving up the whole transaction.
    pub(crate) disk: Option<StoreError>,
}

impl<'c> SqliteTx<'c> {
    /// The transaction that runs on a connection.
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn, disk: None }
    }

    fn failed(&mut self, sql: &str, error: rusqlite::Error) -> StoreError {
        let error = failure::of(sql, error);
        if matches!(error, StoreError::DiskFull { .. } | StoreError::Io { .. }) {
            self.disk = Some(error.clone());
        }
        error
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Real(real) => ValueRef::Real(*real),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// A text that is not UTF-8 (a flipped bit) becomes bytes, so that the getter names its table and column.
fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(int) => Value::Int(int),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Bytes(text.to_vec()),
        },
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

fn shape_of(sql: &str, statement: &Statement<'_>) -> Shape {
    Shape { sql: sql.to_owned(), columns: statement.column_names().map(str::to_owned).collect() }
}

impl Tx for SqliteTx<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn exec(&mut self, sql: &str, args: &[Value]) -> Result<u64, StoreError> {
        let run = || self.conn.prepare_cached(sql)?.execute(params_from_iter(args));
        match run() {
            Ok(changed) => Ok(changed as u64),
            Err(error) => Err(self.failed(sql, error)),
        }
    }

    fn query_each(
        &mut self,
        sql: &str,
        args: &[Value],
        each: &mut dyn FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut run = || {
            let mut statement = self.conn.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(args))?;
            // Most questions of a transaction have no answer (no duplicate, no receipt), so names are copied late.
            let mut shape = None;
            while let Some(row) = rows.next()? {
                let shape = shape.get_or_insert_with(|| Arc::new(shape_of(sql, row.as_ref())));
                let width = shape.columns.len();
                let values = (0..width).map(|at| row.get_ref(at).map(owned)).collect::<Result<_, _>>()?;
                if let Err(stop) = each(&Row::new(Arc::clone(shape), values)) {
                    return Ok(Err(stop));
                }
            }
            Ok(Ok(()))
        };
        match run() {
            Ok(outcome) => outcome,
            Err(error) => Err(self.failed(sql, error)),
        }
    }
}
