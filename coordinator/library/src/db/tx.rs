//! One transaction, as the statements see it.

use super::{Field, Row, Value};
use crate::error::StoreError;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A running transaction. The text of a statement is the same for SQLite and PostgreSQL; its placeholders are
/// `?1` to `?n` (the PostgreSQL driver writes `$1` to `$n`; the other way round SQLite would take `$2` for a name).
/// A write whose statement failed is undone by PostgreSQL even if its closure goes on, so none should.
pub trait Tx {
    /// Which database runs it, for the few questions that the two cannot be asked in the same words.
    fn dialect(&self) -> Dialect;

    /// Runs a statement that gives no rows; returns the number of rows changed.
    ///
    /// # Errors
    /// [`StoreError`] of the driver.
    fn exec(&mut self, sql: &str, args: &[Value]) -> Result<u64, StoreError>;

    /// Hands every row to `each`, one at a time; an error of `each` stops it.
    ///
    /// # Errors
    /// [`StoreError`] of the driver or of `each`.
    fn query_each(
        &mut self,
        sql: &str,
        args: &[Value],
        each: &mut dyn FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// All rows. For statements that limit their number.
    ///
    /// # Errors
    /// [`StoreError`] of the driver.
    fn query(&mut self, sql: &str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.query_each(sql, args, &mut |row| {
            rows.push(row.clone());
            Ok(())
        })?;
        Ok(rows)
    }
}

/// The first row, if there is one.
pub(crate) fn one(tx: &mut dyn Tx, sql: &str, args: &[Value]) -> Result<Option<Row>, StoreError> {
    Ok(tx.query(sql, args)?.into_iter().next())
}

/// The column `n` of the one row that an aggregate gives.
pub(crate) fn scalar<T: Field>(tx: &mut dyn Tx, sql: &str, args: &[Value]) -> Result<T, StoreError> {
    one(tx, sql, args)?.ok_or_else(|| StoreError::encode("an aggregate gave no row"))?.get("n")
}

/// Placeholders of so many rows of `width` values each, for an `INSERT` of all of them: `(?1, ?2), (?3, ?4)`.
pub(crate) fn tuples(rows: usize, width: usize) -> String {
    let row = |nth: usize| {
        let marks: Vec<String> = (1..=width).map(|column| format!("?{}", nth * width + column)).collect();
        format!("({})", marks.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Arguments of a statement.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Value::from($value)),*] };
}
pub(crate) use args;
