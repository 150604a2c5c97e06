//! PostgreSQL's side of the writer.
//!
//! Statements may rely on one write running after the other, as they do in a file. So every transaction that
//! writes holds one advisory lock from its beginning to its end, whichever coordinator it belongs to; the group
//! commit spreads its price, and the price of the flush, over all writes that wait.

use super::failure;
use super::link::Link;
use super::session::Role;
use super::tx::PgTx;
use super::wire::LOCK;
use crate::address::PostgresUrl;
use crate::error::StoreError;
use crate::lane::{Changes, Job, WriteSide};

/// What the savepoint needs before the next write, or before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    /// None is set.
    Unset,
    /// What was done since is to be kept.
    Kept,
    /// What was done since is to be undone.
    Undone,
}

impl Savepoint {
    /// What is sent with the first statement of the next write.
    const fn next(self) -> &'static str {
        match self {
            Self::Unset => "SAVEPOINT one",
            Self::Kept => "RELEASE one; SAVEPOINT one",
            Self::Undone => "ROLLBACK TO one",
        }
    }

    /// What ends the transaction. A release fails where a transaction has failed, whereas a commit would
    /// quietly turn into a rollback.
    const fn commit(self) -> &'static str {
        match self {
            Self::Unset => "COMMIT",
            Self::Kept => "RELEASE one; COMMIT",
            Self::Undone => "ROLLBACK TO one; RELEASE one; COMMIT",
        }
    }
}

/// The writing connection.
pub(crate) struct PgWrites {
    link: Link,
    savepoint: Savepoint,
}

impl PgWrites {
    /// Connects.
    pub(super) fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        Ok(Self { link: Link::open(url, Role::Writer)?, savepoint: Savepoint::Unset })
    }

    /// The connection, to prepare the database before the first write.
    pub(super) fn link(&mut self) -> &mut Link {
        &mut self.link
    }
}

impl WriteSide for PgWrites {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.savepoint = Savepoint::Unset;
        let begin =
            format!("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock({LOCK})");
        // A connection that went away while nobody wrote is noticed here, where nothing is lost yet.
        match self.link.session()?.batch(&begin) {
            Err(error) if failure::ends_connection(&error) => {
                self.link.forget();
                self.link.session()?.batch(&begin).map_err(|error| failure::of(&begin, error))
            }
            outcome => outcome.map_err(|error| failure::of(&begin, error)),
        }
    }

    fn run(&mut self, job: &mut dyn Job) -> Result<Changes, StoreError> {
        let mut tx = PgTx::write(self.link.current()?, Some(self.savepoint.next()));
        let wished = job.run(&mut tx);
        let (touched, failed, lost) = (tx.touched, tx.failed, tx.lost);
        if let Some(lost) = lost {
            self.link.forget();
            return Err(lost);
        }
        if !touched {
            return Ok(wished);
        }
        let changes = match failed {
            None => wished,
            Some(failed) => {
                if wished == Changes::Keep {
                    job.refuse(failed);
                }
                Changes::Undo
            }
        };
        self.savepoint = match changes {
            Changes::Keep => Savepoint::Kept,
            Changes::Undo => Savepoint::Undone,
        };
        Ok(changes)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let commit = self.savepoint.commit();
        self.link.current()?.batch(commit).map_err(|error| {
            if failure::ends_connection(&error) {
                // The server may have committed and died before it could say so.
                self.link.forget();
                StoreError::Unknown { source: failure::source(error) }
            } else {
                failure::of(commit, error)
            }
        })
    }

    fn abandon(&mut self, error: &StoreError) {
        tracing::warn!(%error, "a group of writes was not committed");
        if let Ok(session) = self.link.current()
            && session.batch("ROLLBACK").is_err()
        {
            self.link.forget();
        }
    }

    fn close(&mut self) {
        self.link.forget();
    }
}
