//! SQLite's side of a reader: a connection that only reads.

use rusqlite::Connection;

use super::{SqliteTx, failure};
use crate::error::StoreError;
use crate::lane::{Job, ReadSide};

/// A reading connection.
pub(crate) struct SqliteReads(pub(crate) Connection);

impl SqliteReads {
    fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.0
            .prepare_cached(sql)
            .and_then(|mut s| s.execute([]))
            .map(drop)
            .map_err(|error| failure::of(sql, error))
    }
}

impl ReadSide for SqliteReads {
    fn run(&mut self, mut job: Box<dyn Job>) {
        let began = self.batch("BEGIN");
        if began.is_ok() {
            job.run(&mut SqliteTx::new(&self.0));
        }
        let ended = began.and_then(|()| self.batch("ROLLBACK"));
        job.answer(&ended);
    }
}
