//! Connections whose durability settings are read back, because a setting that silently did not take is a
//! promise broken at the next power cut.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::header::{self, Found};
use super::migrate;
use crate::error::StoreError;

/// How long a connection waits for another one, in milliseconds.
const BUSY_TIMEOUT_MS: i64 = 5_000;
/// Pages of the log that begin to be folded back into the file. A page that is written again and again until then
/// (the end of every table, the top of every index) is copied once; SQLite's own 1000 pages are full after some
/// thirty samples. A start after a crash reads as much before it goes on, a tenth of a second.
const LOG_PAGES: u32 = 8_192;
/// Bytes that the log's file is cut back to: twice what it holds when it is folded back.
const LOG_BYTES: u64 = 64 << 20;
/// Pages that the writer keeps in memory, 32 MiB: those of the indexes whose keys are hashes, which are written to
/// all over. SQLite's own 2 MB are read anew for every sample.
const WRITER_CACHE_PAGES: u32 = 8_192;
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one that writes.
    Writer,
    /// One of those that only read.
    Reader,
}

/// Settings in the order in which they are made, with the value that reading back must give.
fn settings(role: Role) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("busy_timeout", BUSY_TIMEOUT_MS.to_string()),
        ("foreign_keys", "1".to_owned()),
        ("trusted_schema", "0".to_owned()),
        ("synchronous", "2".to_owned()),
        // Flushes the drive's own cache too, where the system offers it.
        ("fullfsync", "1".to_owned()),
        ("temp_store", "2".to_owned()),
    ];
    match role {
        Role::Writer => settings.extend([
            ("journal_size_limit", LOG_BYTES.to_string()),
            ("wal_autocheckpoint", LOG_PAGES.to_string()),
            ("cache_size", WRITER_CACHE_PAGES.to_string()),
        ]),
        Role::Reader => settings.push(("query_only", "1".to_owned())),
    }
    settings
}

/// Opens a library file and makes its settings.
pub(crate) fn connect(path: &Path, role: Role) -> Result<Connection, StoreError> {
    let unusable = |error: rusqlite::Error| StoreError::unusable(path, explain(&error));
    let base = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = match role {
        Role::Writer => base | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Role::Reader => base | OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let conn = Connection::open_with_flags(path, flags).map_err(unusable)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan that does not look at bound values stays valid when they change; otherwise SQLite prepares most
    // statements anew for every execution, a fifth of the coordinator's time.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(unusable)?;
    if role == Role::Writer {
        conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).map_err(unusable)?;
    }
    hold(&conn, path, "journal_mode", "wal")?;
    for (name, value) in settings(role) {
        conn.execute_batch(&format!("PRAGMA {name} = {value}")).map_err(unusable)?;
        hold(&conn, path, name, &value)?;
    }
    Ok(conn)
}

fn hold(conn: &Connection, path: &Path, name: &str, value: &str) -> Result<(), StoreError> {
    let found = conn
        .pragma_query_value(None, name, |row| {
            let value = row.get_ref(0)?;
            Ok(value
                .as_i64()
                .map_or_else(|_| value.as_str().unwrap_or("?").to_owned(), |int| int.to_string()))
        })
        .map_err(|error| StoreError::unusable(path, explain(&error)))?;
    if found == value {
        return Ok(());
    }
    let why = format!(
        "the setting `{name}` is `{found}` and not `{value}`, so that commits would not be durable: \
         move the library to a local disk of an ordinary file system"
    );
    Err(StoreError::unusable(path, why))
}

fn explain(error: &rusqlite::Error) -> String {
    format!(
        "{error}: check that the folder exists, that it can be written, and that the disk is local and not full"
    )
}

/// Looks at whose database a file is, before the first setting could write to it.
pub(crate) fn check_owner(path: &Path, known: i64) -> Result<(), StoreError> {
    if header::look(path)? == Found::Nothing {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_READ_WRITE;
    let conn = Connection::open_with_flags(path, flags)
        .map_err(|error| StoreError::unusable(path, explain(&error)))?;
    migrate::version(&conn, path, known).map(drop)
}

/// Opens a library or backup to look at it, in one snapshot.
pub(crate) fn inspect(path: &Path, known: i64) -> Result<Connection, StoreError> {
    if header::look(path)? == Found::Nothing {
        return Err(StoreError::unusable(
            path,
            "there is no library: check the path, or make one with `run`",
        ));
    }
    let failed = |error: rusqlite::Error| StoreError::unusable(path, explain(&error));
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_READ_ONLY;
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    let settings =
        format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA trusted_schema = 0; PRAGMA query_only = 1");
    conn.execute_batch(&settings).map_err(failed)?;
    let version = migrate::version(&conn, path, known)?;
    if version != known {
        let why = format!(
            "it has schema version {version}, not {known}: open it once with `run`, which upgrades it"
        );
        return Err(StoreError::unusable(path, why));
    }
    conn.execute_batch("BEGIN").map_err(failed)?;
    Ok(conn)
}
