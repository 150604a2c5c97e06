//! PostgreSQL's side of a reader: one snapshot for each read, whatever is written meanwhile.

use super::failure;
use super::link::Link;
use super::session::Role;
use super::tx::PgTx;
use crate::address::PostgresUrl;
use crate::error::StoreError;
use crate::lane::{Job, ReadSide};

/// Begins a read; the savepoint lets it go on after a statement that failed.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SAVEPOINT one";

/// A reading connection.
pub(crate) struct PgReads(Link);

impl PgReads {
    /// Connects.
    pub(super) fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        Link::open(url, Role::Reader).map(Self)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        // A connection that went away while nobody read is noticed here, and made anew once.
        match self.0.session()?.batch(BEGIN) {
            Err(error) if failure::ends_connection(&error) => {
                self.0.forget();
                self.0.session()?.batch(BEGIN).map_err(|error| failure::of(BEGIN, error))
            }
            outcome => outcome.map_err(|error| failure::of(BEGIN, error)),
        }
    }

    fn read(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.begin()?;
        let mut tx = PgTx::read(self.0.current()?);
        job.run(&mut tx);
        tx.lost.map_or(Ok(()), Err)
    }
}

impl ReadSide for PgReads {
    fn run(&mut self, mut job: Box<dyn Job>) {
        let outcome = self.read(job.as_mut());
        let lost = outcome.is_err();
        job.answer(&outcome);
        // The caller need not wait for the end, but no snapshot may be held for longer than it is read.
        let ended = !lost && self.0.current().is_ok_and(|session| session.batch("ROLLBACK").is_ok());
        if !ended {
            self.0.forget();
        }
    }
}
