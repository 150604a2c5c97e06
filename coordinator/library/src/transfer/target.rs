//! The library that is made.

use std::path::{Path, PathBuf};

use hafs_proto::Timestamp;
use rusqlite::Connection;

use super::{MigrateError, MigrateReport};
use crate::address::Address;
use crate::backup;
use crate::db::Tx;
use crate::error::StoreError;
use crate::migrations::MIGRATIONS;
use crate::postgres::{self, LOCK, PgTx, Role, Session, connect_for_long, failure_of};
use crate::sqlite::{self, SqliteTx};

/// A transaction in which an empty library is filled.
pub(super) enum Target {
    /// A file that has not got its name yet.
    File { conn: Connection, partial: PathBuf, path: PathBuf },
    /// A database.
    Postgres(Box<Session>),
}

impl Target {
    /// An empty library in a place where there is nothing.
    pub(super) fn create(to: &Address) -> Result<Self, MigrateError> {
        let failed = |source| MigrateError::Target { library: to.clone(), source };
        match to {
            Address::File(path) if path.exists() => Err(MigrateError::NotEmpty(to.clone())),
            Address::File(path) => Self::file(path),
            Address::Postgres(url) => {
                let mut session = connect_for_long(url, Role::Writer).map_err(failed)?;
                if !begin(&mut session).map_err(failed)? {
                    return Err(MigrateError::NotEmpty(to.clone()));
                }
                Ok(Self::Postgres(Box::new(session)))
            }
        }
    }

    /// An empty library that becomes the file `path`.
    pub(super) fn file(path: &Path) -> Result<Self, MigrateError> {
        let failed = |why: String| {
            let source = StoreError::unusable(path, why);
            MigrateError::Target { library: path.into(), source }
        };
        let partial = backup::partial(path);
        backup::remove(&partial).map_err(failed)?;
        let made = || {
            let mut conn = Connection::open(&partial).map_err(|error| error.to_string())?;
            sqlite::migrate(&mut conn, path, MIGRATIONS, Timestamp::EPOCH)
                .map_err(|error| error.to_string())?;
            // The record of the migrations is copied with the rest.
            let begin = "BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON; DELETE FROM migration";
            conn.execute_batch(begin).map_err(|error| error.to_string())?;
            Ok(conn)
        };
        let conn = made().map_err(failed)?;
        Ok(Self::File { conn, partial, path: path.to_owned() })
    }

    /// The transaction.
    pub(super) fn tx(&mut self) -> Box<dyn Tx + '_> {
        match self {
            Self::File { conn, .. } => Box::new(SqliteTx::new(conn)),
            Self::Postgres(session) => Box::new(PgTx::write(session, None)),
        }
    }

    /// Keeps what was copied, or undoes it.
    pub(super) fn end(
        self,
        to: &Address,
        outcome: Result<MigrateReport, MigrateError>,
    ) -> Result<MigrateReport, MigrateError> {
        let failed = |source| MigrateError::Target { library: to.clone(), source };
        match (self, outcome) {
            (Self::Postgres(mut session), Ok(report)) => {
                commit(&mut session).map_err(failed)?;
                Ok(report)
            }
            (Self::File { conn, partial, path }, Ok(report)) => {
                finish(conn, &partial, &path).map_err(|why| failed(StoreError::unusable(&path, why)))?;
                Ok(report)
            }
            // The end of its connection ends the transaction.
            (Self::Postgres(_), Err(error)) => Err(error),
            (Self::File { conn, partial, .. }, Err(error)) => {
                drop(conn);
                // What is left of it is of no use; if it cannot be removed the next copy overwrites it.
                let _ = std::fs::remove_file(partial);
                Err(error)
            }
        }
    }
}

/// Begins the transaction and makes the tables; `false` if there are some already.
fn begin(session: &mut Session) -> Result<bool, StoreError> {
    let begin = format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})");
    session.batch(&begin).map_err(|error| failure_of(&begin, error))?;
    let mut tx = PgTx::write(session, None);
    if !postgres::is_empty(&mut tx)? {
        return Ok(false);
    }
    postgres::create(&mut tx)?;
    for (table, constraint) in own_links(&mut tx)? {
        tx.batch(&format!(
            "ALTER TABLE {table} ALTER CONSTRAINT {constraint} DEFERRABLE INITIALLY DEFERRED"
        ))?;
    }
    Ok(true)
}

fn commit(session: &mut Session) -> Result<(), StoreError> {
    let mut tx = PgTx::write(session, None);
    tx.batch("SET CONSTRAINTS ALL IMMEDIATE")?;
    for (table, constraint) in own_links(&mut tx)? {
        tx.batch(&format!("ALTER TABLE {table} ALTER CONSTRAINT {constraint} NOT DEFERRABLE"))?;
    }
    tx.batch("COMMIT")?;
    // The planner knows nothing of rows that came in one transaction until they are counted.
    tx.batch("ANALYZE")
}

/// Links from a table to itself, which rows in the order of their key do not always satisfy one by one.
fn own_links(tx: &mut dyn Tx) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT c.relname AS tab, k.conname AS name FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
               JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() \
               AND k.contype = 'f' AND k.confrelid = k.conrelid ORDER BY k.conname";
    tx.query(sql, &[])?.iter().map(|row| Ok((row.get("tab")?, row.get("name")?))).collect()
}

fn finish(conn: Connection, partial: &Path, path: &Path) -> Result<(), String> {
    conn.execute_batch("COMMIT").map_err(|error| error.to_string())?;
    backup::whole(&conn)?;
    conn.close().map_err(|(_, error)| error.to_string())?;
    backup::named(partial, path).map(drop)
}
