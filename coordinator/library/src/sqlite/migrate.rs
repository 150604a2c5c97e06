//! Migrations of a file: each applied in one transaction and remembered with its checksum.

use std::path::Path;

use hafs_proto::Timestamp;
use rusqlite::{Connection, params};

use crate::error::StoreError;
use crate::migrations::{Migration, latest};

/// `hafs` in ASCII: tells a library from any other database.
pub(crate) const APPLICATION_ID: i64 = 0x6861_6673;

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
        Err(StoreError::Newer { library: path.into(), found: version, known })
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
        step.map_err(|why| StoreError::Migration { library: path.into(), version: migration.version, why })?;
    }
    Ok(from)
}

fn compare(conn: &Connection, migration: &Migration) -> Result<(), String> {
    let sql = "SELECT checksum FROM migration WHERE version = ?1";
    let stored: Vec<u8> = conn
        .query_row(sql, [migration.version], |row| row.get(0))
        .map_err(|error| format!("is not recorded ({error}): restore a backup"))?;
    migration.compare(&stored)
}

fn apply(conn: &mut Connection, migration: &Migration, now: Timestamp) -> Result<(), String> {
    let mut step = || {
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        tx.execute_batch(migration.sql)?;
        tx.execute(
            "INSERT INTO migration (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![migration.version, migration.name, migration.checksum().as_bytes(), now.as_millis()],
        )?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", migration.version)?;
        tx.commit()
    };
    step().map_err(|error| format!("failed and was undone: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::MIGRATIONS;

    /// The version of this program's libraries, and the one after it.
    const OURS: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;
    const NEXT: i64 = OURS + 1;
    const MORE: Migration =
        Migration { version: NEXT, name: "9999_test.sql", sql: "ALTER TABLE meta ADD COLUMN extra TEXT" };
    const FAILING: Migration =
        Migration { version: NEXT, name: "9999_test.sql", sql: "CREATE TABLE half (n INTEGER); nonsense" };

    fn fresh() -> Connection {
        let mut conn = Connection::open_in_memory().expect("opens");
        migrate(&mut conn, Path::new("x.db"), MIGRATIONS, Timestamp::EPOCH).expect("migrates");
        conn
    }

    fn with(more: Migration) -> Vec<Migration> {
        MIGRATIONS.iter().copied().chain([more]).collect()
    }

    fn version_of(conn: &Connection) -> i64 {
        conn.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version")
    }

    #[test]
    fn migrating_twice_changes_nothing_and_an_older_library_gets_the_missing_steps() {
        let (mut conn, path) = (fresh(), Path::new("x.db"));
        let again = migrate(&mut conn, path, MIGRATIONS, Timestamp::EPOCH).expect("migrates");
        assert_eq!((again, version_of(&conn)), (OURS, OURS));
        assert_eq!(migrate(&mut conn, path, &with(MORE), Timestamp::EPOCH).expect("migrates"), OURS);
        assert_eq!(version_of(&conn), NEXT);
    }

    #[test]
    fn a_library_of_every_earlier_version_keeps_its_rows_and_gets_what_is_new() {
        for steps in 1..MIGRATIONS.len() {
            let from = MIGRATIONS[steps - 1].version;
            let mut conn = Connection::open_in_memory().expect("opens");
            let path = Path::new("x.db");
            migrate(&mut conn, path, &MIGRATIONS[..steps], Timestamp::EPOCH).expect("migrates");
            conn.execute_batch(
                "INSERT INTO run (id, state, config_fingerprint, created_at, spec, seal) \
                 VALUES (zeroblob(16), 'running', zeroblob(32), 1, 'null', zeroblob(32)); \
                 INSERT INTO task (id, key, run, kind, route, priority, max_attempts, created_at, state, failures, \
                 not_before, seal) VALUES (zeroblob(16), zeroblob(32), zeroblob(16), 'harvest', 'source/repo', \
                 'normal', 5, 1, 'open', 2, 7, zeroblob(32))",
            )
            .expect("inserts");
            assert_eq!(migrate(&mut conn, path, MIGRATIONS, Timestamp::EPOCH).expect("migrates"), from);
            assert_eq!(version_of(&conn), OURS);
            let tries: (i64, i64, i64, i64) = conn
                .query_row("SELECT failures, losses, deferrals, not_before FROM task", [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .expect("the row is there");
            assert_eq!(tries, (2, 0, 0, 7));
        }
    }

    #[test]
    fn a_failing_step_is_undone_as_a_whole() {
        let mut conn = fresh();
        let error =
            migrate(&mut conn, Path::new("x.db"), &with(FAILING), Timestamp::EPOCH).expect_err("fails");
        assert!(matches!(error, StoreError::Migration { version: NEXT, .. }), "{error}");
        assert_eq!(version_of(&conn), OURS);
        let half: i64 = conn
            .query_row("SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'", [], |row| row.get(0))
            .expect("counts");
        assert_eq!(half, 0);
    }

    #[test]
    fn a_newer_library_and_one_with_an_edited_migration_are_refused() {
        let (mut conn, path) = (fresh(), Path::new("x.db"));
        migrate(&mut conn, path, &with(MORE), Timestamp::EPOCH).expect("migrates");
        let newer = migrate(&mut conn, path, MIGRATIONS, Timestamp::EPOCH).expect_err("newer");
        assert!(matches!(newer, StoreError::Newer { found: NEXT, known: OURS, .. }), "{newer}");
        let edited = with(Migration { sql: "SELECT 1", ..MORE });
        let error = migrate(&mut conn, path, &edited, Timestamp::EPOCH).expect_err("edited").to_string();
        assert!(error.contains("9999_test.sql"), "{error}");
    }
}
