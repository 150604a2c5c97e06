//! The tables: made and migrated in one transaction, under the lock of the writers, so that of several
//! coordinators that start at once one migrates and the others find it done.

use hafs_proto::Timestamp;

use super::failure;
use super::session::Session;
use super::sql::definitions;
use super::tx::PgTx;
use super::wire::LOCK;
use crate::address::{Address, PostgresUrl};
use crate::db::{Tx, args};
use crate::error::StoreError;
use crate::migrations::{MIGRATIONS, Migration, latest};
use crate::tables::meta::{self, Birth};

/// What a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No table.
    Empty,
    /// A library of this version.
    Library(i64),
}

impl Standing {
    /// Its schema version; 0 if there is none.
    pub(crate) const fn version(self) -> i64 {
        match self {
            Self::Empty => 0,
            Self::Library(version) => version,
        }
    }
}

/// How often a migration is tried when those who read the tables stand in its way.
const TRIES: u32 = 5;

/// Makes the tables or migrates them, and records the library's birth if it is new.
///
/// Coordinators of the older release may be at work meanwhile: a migration waits for their readings five seconds at
/// a time, and steps back in between, so that their writes are not held up for longer. A deadlock with a reading is
/// one more reason to step back.
pub(super) fn settle(
    session: &mut Session,
    url: &PostgresUrl,
    birth: &Birth,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut tried = 1;
    loop {
        let error = match attempt(session, url, birth, now) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        // A connection that is gone fails here again, and says so.
        session.batch("ROLLBACK").map_err(|lost| failure::of("ROLLBACK", lost))?;
        if !passes(&error) || tried == TRIES {
            return Err(error);
        }
        tracing::warn!(tried, why = words(&error), "the library is in use; its migration is tried again");
        tried += 1;
    }
}

fn attempt(
    session: &mut Session,
    url: &PostgresUrl,
    birth: &Birth,
    now: Timestamp,
) -> Result<(), StoreError> {
    migrate(
        session,
        url,
        MIGRATIONS,
        &mut |tx, migration| {
            let sql = "INSERT INTO migration (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)";
            tx.exec(sql, args![migration.version, migration.name, migration.checksum(), now]).map(drop)
        },
        &mut |tx| meta::settle(tx, birth, now),
    )
}

type Record<'r> = &'r mut dyn FnMut(&mut dyn Tx, &Migration) -> Result<(), StoreError>;

fn migrate(
    session: &mut Session,
    url: &PostgresUrl,
    migrations: &[Migration],
    record: Record<'_>,
    last: &mut dyn FnMut(&mut dyn Tx) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let begin =
        format!("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock({LOCK})");
    session.batch(&begin).map_err(|error| failure::of(&begin, error))?;
    let patience = "SET LOCAL lock_timeout = '5s'";
    session.batch(patience).map_err(|error| failure::of(patience, error))?;
    let mut tx = PgTx::write(session, None);
    let from = standing(&mut tx, url, migrations)?.version();
    for migration in migrations {
        let (library, version) = (Address::from(url), migration.version);
        if version <= from {
            compare(&mut tx, migration)?.map_err(|why| StoreError::Migration { library, version, why })?;
        } else {
            apply(&mut tx, migration, record).map_err(|error| {
                if passes(&error) {
                    return error;
                }
                let why = format!("failed and was undone: {}", words(&error));
                StoreError::Migration { library, version, why }
            })?;
        }
    }
    last(&mut tx)?;
    session.batch("COMMIT").map_err(|error| failure::of("COMMIT", error))
}

/// Makes the tables of the newest version in an empty database, inside a transaction of the caller, without a
/// record of it: the record is copied with the rest.
pub(crate) fn create(tx: &mut PgTx<'_>) -> Result<(), StoreError> {
    MIGRATIONS.iter().try_for_each(|migration| tx.batch(&definitions(migration.sql)))
}

fn apply(tx: &mut PgTx<'_>, migration: &Migration, record: Record<'_>) -> Result<(), StoreError> {
    tx.batch(&definitions(migration.sql))?;
    record(tx, migration)
}

fn compare(tx: &mut dyn Tx, migration: &Migration) -> Result<Result<(), String>, StoreError> {
    let sql = "SELECT checksum FROM migration WHERE version = ?1";
    let rows = tx.query(sql, args![migration.version])?;
    let Some(row) = rows.first() else {
        return Ok(Err("is not recorded: restore a backup".to_owned()));
    };
    Ok(migration.compare(&row.get::<Vec<u8>>("checksum")?))
}

/// Whether the same migration may succeed in a moment.
const fn passes(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { .. })
}

fn words(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// Whether the database has no table at all.
pub(crate) fn is_empty(tx: &mut dyn Tx) -> Result<bool, StoreError> {
    Ok(tables(tx)?.is_empty())
}

/// The tables of the schema in which this connection works.
fn tables(tx: &mut dyn Tx) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') ORDER BY c.relname";
    tx.query(sql, &[])?.iter().map(|row| row.get("name")).collect()
}

/// Refuses a library of another version than this program's, and a database without one.
pub(crate) fn check_version(tx: &mut dyn Tx, url: &PostgresUrl) -> Result<(), StoreError> {
    let known = latest(MIGRATIONS);
    let why = match standing(tx, url, MIGRATIONS)? {
        Standing::Library(version) if version == known => return Ok(()),
        Standing::Library(version) => {
            format!(
                "it has schema version {version}, not {known}: open it once with `run`, which upgrades it"
            )
        }
        Standing::Empty => "there is no library: check the address, or make one with `run`".to_owned(),
    };
    Err(StoreError::unusable(url, why))
}

/// What the database holds.
///
/// # Errors
/// [`StoreError::Unusable`] for another program's database, [`StoreError::Newer`] for a newer library.
pub(super) fn standing(
    tx: &mut dyn Tx,
    url: &PostgresUrl,
    migrations: &[Migration],
) -> Result<Standing, StoreError> {
    let tables = tables(tx)?;
    if tables.is_empty() {
        return Ok(Standing::Empty);
    }
    if !["migration", "meta", "receipt"].iter().all(|ours| tables.iter().any(|table| table == ours)) {
        let why = "it holds tables of another program: give a database of its own, created empty";
        return Err(StoreError::unusable(url, why));
    }
    let rows = tx.query("SELECT COALESCE(MAX(version), 0) AS n FROM migration", &[])?;
    let found = rows.first().map_or(Ok(0), |row| row.get::<i64>("n"))?;
    let known = latest(migrations);
    if found > known {
        return Err(StoreError::Newer { library: url.into(), found, known });
    }
    Ok(Standing::Library(found))
}
