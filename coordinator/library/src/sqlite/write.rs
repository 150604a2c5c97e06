//! SQLite's side of the writer: the one connection that writes.

use rusqlite::Connection;

use super::{SqliteTx, failure};
use crate::error::StoreError;
use crate::lane::{Changes, Job, WriteSide};

/// The writing connection.
pub(crate) struct SqliteWrites {
    pub(crate) conn: Connection,
    /// Why nothing is written any more, once a commit has left the file in doubt.
    pub(crate) poisoned: Option<String>,
}

impl SqliteWrites {
    /// Writes through a connection.
    pub(crate) const fn new(conn: Connection) -> Self {
        Self { conn, poisoned: None }
    }

    fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(sql)
            .and_then(|mut s| s.execute([]))
            .map(drop)
            .map_err(|e| failure::of(sql, e))
    }
}

impl WriteSide for SqliteWrites {
    fn begin(&mut self) -> Result<(), StoreError> {
        if let Some(why) = &self.poisoned {
            return Err(StoreError::Poisoned { why: why.clone() });
        }
        self.batch("BEGIN IMMEDIATE")
    }

    fn run(&mut self, job: &mut dyn Job) -> Result<Changes, StoreError> {
        self.batch("SAVEPOINT one")?;
        let mut tx = SqliteTx::new(&self.conn);
        let changes = job.run(&mut tx);
        if self.conn.is_autocommit() {
            // SQLite gives up the whole transaction when the disk is full or fails at the wrong moment.
            return Err(tx
                .disk
                .unwrap_or_else(|| StoreError::refused("a write ended the transaction that it ran in")));
        }
        if changes == Changes::Undo {
            self.batch("ROLLBACK TO one")?;
        }
        self.batch("RELEASE one")?;
        Ok(changes)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("COMMIT")
    }

    /// Undoes the group. A full disk heals; any other failed commit leaves the file in doubt, and a failed
    /// flush must never be tried again as if nothing had happened.
    /// Source: Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
    fn abandon(&mut self, error: &StoreError) {
        let undone = self.conn.is_autocommit() || self.batch("ROLLBACK").is_ok();
        let poisonous = matches!(error, StoreError::Io { .. });
        if (poisonous || !undone) && self.poisoned.is_none() {
            tracing::error!(%error, "the library stops writing: a commit failed");
            self.poisoned = Some(error.to_string());
        }
    }

    /// Folds the log back into the file, so that a closed library is one file.
    fn close(&mut self) {
        if let Err(error) = self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the library's log could not be folded in at close; the next start does it");
        }
    }
}
