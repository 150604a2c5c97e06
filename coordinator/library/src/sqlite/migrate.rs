//! Migrations: numbered files, each applied in one transaction and remembered with its checksum.

use std::path::Path;

use hafs_proto::{ContentHash, Timestamp};
use rusqlite::{Connection, params};

use crate::error::StoreError;

/// `hafs` in ASCII: tells a library from any other database.
pub(crate) const APPLICATION_ID: i64 = 0x6861_6673;

/// One step from a version to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// The version that it leads to.
    pub(crate) version: i64,
    /// Its file.
    pub(crate) name: &'static str,
    /// Its statements.
    pub(crate) sql: &'static str,
}

/// Every migration, in order. A released one is never edited.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "0001_library.sql",
    sql: include_str!("../../migrations/0001_library.sql"),
}];

/// The version that the last migration leads to.
pub(crate) fn latest(migrations: &[Migration]) -> i64 {
    migrations.last().map_or(0, |migration| migration.version)
}

/// The schema version of a database that is a library or empty.
///
/// # Errors
/// [`StoreError::Unusable`] for another program's database, [`StoreError::Newer`] for a newer library.
pub(crate) fn version(conn: &Connection, path: &Path, known: i64) -> Result<i64, StoreError> {
    let unusable = |error: rusqlite::Error| {
        StoreError::unusable(path, format!("{error}: if the file is damaged, restore a backup"))
    };
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id").map_err(unusable)?;
    let version = pragma("user_version").map_err(unusable)?;
    let tables: i64 =
        conn.query_row("SELECT COUNT(*) FROM sqlite_master", [], |row| row.get(0)).map_err(unusable)?;
    if tables == 0 && application == 0 {
        return Ok(0);
    }
    if application != APPLICATION_ID || version < 1 {
        let why = "it is the database of another program: give another path";
        return Err(StoreError::unusable(path, why));
    }
    if version > known {
        Err(StoreError::Newer { path: path.to_owned(), found: version, known })
    } else {
        Ok(version)
    }
}

/// Brings a library to the version of the last migration; returns the version that it had.
///
/// # Errors
/// [`StoreError::Migration`] when an applied migration differs from ours or a new one fails.
pub(crate) fn migrate(
    conn: &mut Connection,
    path: &Path,
    migrations: &[Migration],
    now: Timestamp,
) -> Result<i64, StoreError> {
    let from = version(conn, path, latest(migrations))?;
    for migration in migrations {
        let step =
            if migration.version <= from { compare(conn, migration) } else { apply(conn, migration, now) };
        step.map_err(|why| StoreError::Migration { path: path.to_owned(), version: migration.version, why })?;
    }
    Ok(from)
}

fn checksum(migration: &Migration) -> ContentHash {
    // Line ends may differ between checkouts.
    ContentHash::of(migration.sql.replace("\r\n", "\n").as_bytes())
}

fn compare(conn: &Connection, migration: &Migration) -> Result<(), String> {
    let sql = "SELECT checksum FROM migration WHERE version = ?1";
    let stored: Vec<u8> = conn
        .query_row(sql, [migration.version], |row| row.get(0))
        .map_err(|error| format!("is not recorded ({error}): restore a backup"))?;
    if stored == checksum(migration).as_bytes() {
        return Ok(());
    }
    Err(format!(
        "was applied in another form than this program's {}: use the program that wrote it",
        migration.name
    ))
}

fn apply(conn: &mut Connection, migration: &Migration, now: Timestamp) -> Result<(), String> {
    let mut step = || {
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        tx.execute_batch(migration.sql)?;
        tx.execute(
            "INSERT INTO migration (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![migration.version, migration.name, checksum(migration).as_bytes(), now.as_millis()],
        )?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", migration.version)?;
        tx.commit()
    };
    step().map_err(|error| format!("failed and was undone: {error}"))
}
