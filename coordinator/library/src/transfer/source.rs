//! The library that is read.

use rusqlite::Connection;

use super::MigrateError;
use crate::address::{Address, PostgresUrl};
use crate::db::{Tx, args};
use crate::error::StoreError;
use crate::migrations::{MIGRATIONS, latest};
use crate::postgres::{
    APPLICATION, BEGIN_READ, LOCK, PgTx, Role, Session, check_version, connect_for_long, failure_of,
};
use crate::sqlite::{self, Lock, SqliteTx};

/// One snapshot of a library.
pub(super) enum Source {
    /// Of a file.
    File {
        conn: Connection,
        /// Keeps others from writing.
        _lock: Option<Lock>,
    },
    /// Of a database.
    Postgres(Box<Session>),
}

impl Source {
    /// A snapshot that stays the newest: nobody writes as long as it is held.
    pub(super) fn alone(from: &Address) -> Result<Self, MigrateError> {
        let failed = |source| MigrateError::Source { library: from.clone(), source };
        match from {
            Address::File(path) => {
                // Looked at first, so that a wrong path leaves no lock file behind.
                drop(sqlite::inspect(path, latest(MIGRATIONS)).map_err(failed)?);
                let lock = Lock::take(path).map_err(failed)?;
                let conn = sqlite::inspect(path, latest(MIGRATIONS)).map_err(failed)?;
                Ok(Self::File { conn, _lock: Some(lock) })
            }
            Address::Postgres(url) => {
                let mut session = connect_for_long(url, Role::Reader).map_err(failed)?;
                match lasting_others(&mut session).map_err(failed)? {
                    0 => {}
                    connections => return Err(MigrateError::InUse { library: from.clone(), connections }),
                }
                // Held by the connection, not by a transaction, so that the snapshot is taken after it.
                let lock = format!("SET lock_timeout = '20s'; SELECT pg_advisory_lock({LOCK})");
                session.batch(&lock).map_err(|error| failed(failure_of(&lock, error)))?;
                begin(session, url).map_err(failed)
            }
        }
    }

    /// A snapshot of a library that is in use.
    pub(super) fn snapshot(from: &Address) -> Result<Self, MigrateError> {
        let failed = |source| MigrateError::Source { library: from.clone(), source };
        match from {
            Address::File(path) => {
                let conn = sqlite::inspect(path, latest(MIGRATIONS)).map_err(failed)?;
                Ok(Self::File { conn, _lock: None })
            }
            Address::Postgres(url) => {
                connect_for_long(url, Role::Reader).and_then(|session| begin(session, url)).map_err(failed)
            }
        }
    }

    /// The transaction of the snapshot.
    pub(super) fn tx(&mut self) -> Box<dyn Tx + '_> {
        match self {
            Self::File { conn, .. } => Box::new(SqliteTx::new(conn)),
            Self::Postgres(session) => Box::new(PgTx::read(session)),
        }
    }
}

fn begin(mut session: Session, url: &PostgresUrl) -> Result<Source, StoreError> {
    session.batch(BEGIN_READ).map_err(|error| failure_of(BEGIN_READ, error))?;
    check_version(&mut PgTx::read(&mut session), url)?;
    Ok(Source::Postgres(Box::new(session)))
}

/// How often connections are looked at. The server lists one for a moment after its process has ended.
const LOOKS: usize = 20;

/// Connections of other processes of ours that are still there after two seconds.
fn lasting_others(session: &mut Session) -> Result<u64, StoreError> {
    let pause = "SELECT pg_sleep(0.1)";
    for _ in 0..LOOKS {
        if others(session)? == 0 {
            return Ok(0);
        }
        session.batch(pause).map_err(|error| failure_of(pause, error))?;
    }
    others(session)
}

/// Connections of other processes of ours to the same database.
fn others(session: &mut Session) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
               AND application_name = ?1 AND pid <> pg_backend_pid()";
    let rows = PgTx::read(session).query(sql, args![APPLICATION])?;
    rows.first().map_or(Ok(0), |row| row.get("n"))
}
