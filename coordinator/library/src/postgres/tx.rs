//! Statements in a transaction of a connection, prepared once and kept.

use std::pin::pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use futures_util::future::join;
use tokio_postgres::{Client, Error};

use super::failure;
use super::session::{Prepared, Session};
use super::sql::dollars;
use crate::db::{Dialect, Row, Shape, Tx, Value};
use crate::error::{StoreError, shown};

/// What becomes of a transaction in which a statement failed. PostgreSQL refuses everything after it until the
/// transaction goes back to a savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AfterFailure {
    /// It goes on: a read has nothing to lose.
    GoOn,
    /// It ends, because what it had written is gone with the failed statement.
    End,
}

/// A connection inside a transaction.
pub(crate) struct PgTx<'s> {
    session: &'s mut Session,
    /// A command that is sent together with the next statement, which saves the wait for its answer.
    ahead: Option<&'static str>,
    after_failure: AfterFailure,
    /// Whether a statement was sent.
    pub(super) touched: bool,
    /// The first failure of a statement.
    pub(super) failed: Option<StoreError>,
    /// Why the whole transaction is gone, if it is.
    pub(super) lost: Option<StoreError>,
}

impl<'s> PgTx<'s> {
    const fn new(session: &'s mut Session, ahead: Option<&'static str>, after_failure: AfterFailure) -> Self {
        Self { session, ahead, after_failure, touched: false, failed: None, lost: None }
    }

    /// A read, in a transaction with the savepoint `one`.
    pub(crate) const fn read(session: &'s mut Session) -> Self {
        Self::new(session, None, AfterFailure::GoOn)
    }

    /// A write; `ahead` sets the savepoint that it can be undone to.
    pub(crate) const fn write(session: &'s mut Session, ahead: Option<&'static str>) -> Self {
        Self::new(session, ahead, AfterFailure::End)
    }

    /// Runs statements of ours that give no rows, on this driver only.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.ask(sql, async |client| client.batch_execute(sql).await)
    }

    /// Sends a request, together with the command that waits to be sent.
    fn ask<T>(
        &mut self,
        sql: &str,
        request: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        self.may_go_on()?;
        self.touched = true;
        let ahead = self.ahead.take();
        let answer = self.session.wire.run(async |client| match ahead {
            None => request(client).await,
            Some(command) => {
                let (first, second) = join(client.batch_execute(command), request(client)).await;
                first.and(second)
            }
        });
        answer.map_err(|error| self.failure(sql, error))
    }

    fn may_go_on(&self) -> Result<(), StoreError> {
        if let Some(lost) = &self.lost {
            return Err(lost.clone());
        }
        match &self.failed {
            Some(failed) if self.after_failure == AfterFailure::End => {
                Err(StoreError::refused(format!("a statement of this write has failed before: {failed}")))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn failure(&mut self, sql: &str, error: Error) -> StoreError {
        let gone = failure::ends_connection(&error);
        let error = failure::of(sql, error);
        if gone {
            self.lost = Some(error.clone());
        }
        self.failed.get_or_insert_with(|| error.clone());
        if self.after_failure == AfterFailure::GoOn {
            self.ahead = Some("ROLLBACK TO one");
        }
        error
    }

    /// The statement, prepared, once it is clear that the arguments fit.
    fn prepared(&mut self, sql: &str, args: &[Value]) -> Result<Arc<Prepared>, StoreError> {
        if args.iter().any(|arg| matches!(arg, Value::Text(text) if text.contains('\0'))) {
            return Err(StoreError::refused("a text has a NUL character, which PostgreSQL cannot store"));
        }
        let prepared = match self.session.find(sql) {
            Some(prepared) => prepared,
            None => self.prepare(sql)?,
        };
        let expected = prepared.statement.params().len();
        if expected == args.len() {
            return Ok(prepared);
        }
        let why = format!("{} arguments were given for {expected}: {}", args.len(), shown(sql));
        Err(StoreError::refused(why))
    }

    fn prepare(&mut self, sql: &str) -> Result<Arc<Prepared>, StoreError> {
        let text = dollars(sql);
        let statement = self.ask(sql, async |client| client.prepare(&text).await)?;
        let columns = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        let prepared =
            Arc::new(Prepared { statement, shape: Arc::new(Shape { sql: sql.to_owned(), columns }) });
        self.session.keep(sql, &prepared);
        Ok(prepared)
    }
}

impl Tx for PgTx<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn exec(&mut self, sql: &str, args: &[Value]) -> Result<u64, StoreError> {
        let prepared = self.prepared(sql, args)?;
        self.ask(sql, async |client| client.execute_raw(&prepared.statement, args).await)
    }

    fn query_each(
        &mut self,
        sql: &str,
        args: &[Value],
        each: &mut dyn FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let prepared = self.prepared(sql, args)?;
        let mut outcome = Ok(());
        self.ask(sql, async |client| {
            let mut rows = pin!(client.query_raw(&prepared.statement, args).await?);
            while let Some(row) = rows.try_next().await? {
                outcome = decoded(&row, &prepared.shape).and_then(|row| each(&row));
                if outcome.is_err() {
                    break;
                }
            }
            Ok(())
        })?;
        outcome
    }
}

fn decoded(row: &tokio_postgres::Row, shape: &Arc<Shape>) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(row.len());
    for at in 0..row.len() {
        match row.try_get::<_, Value>(at) {
            Ok(value) => values.push(value),
            Err(error) => {
                let column = row.columns().get(at).map_or("?", tokio_postgres::Column::name);
                let why =
                    std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                return Err(Row::new(Arc::clone(shape), Vec::new()).error(column, why));
            }
        }
    }
    Ok(Row::new(Arc::clone(shape), values))
}
