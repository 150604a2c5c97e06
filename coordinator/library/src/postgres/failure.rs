//! PostgreSQL's errors in the library's words.

use std::sync::Arc;

use thiserror::Error;
use tokio_postgres::Error as DriverError;
use tokio_postgres::error::{DbError, Severity};

use crate::error::{Source, StoreError, shown};

/// What the server said, without the details, which repeat the row.
#[derive(Debug, Error)]
#[error("{code}: {message}")]
struct Said {
    code: String,
    message: String,
}

/// The driver's words, fit to be logged.
pub(super) fn source(error: DriverError) -> Source {
    match error.as_db_error() {
        Some(db) => Arc::new(Said { code: db.code().code().to_owned(), message: db.message().to_owned() }),
        None => Arc::new(error),
    }
}

/// Whether the connection, and with it the transaction, is gone.
pub(super) fn ends_connection(error: &DriverError) -> bool {
    match error.as_db_error() {
        Some(db) => is_fatal(db),
        None => error.is_closed() || is_io(error),
    }
}

fn is_fatal(db: &DbError) -> bool {
    matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

fn is_io(error: &DriverError) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

/// What an error of `sql` means.
pub(crate) fn of(sql: &str, error: DriverError) -> StoreError {
    if ends_connection(&error) {
        return StoreError::Unavailable { source: source(error) };
    }
    let (code, rule) = match error.as_db_error() {
        Some(db) => (db.code().code().to_owned(), db.message().to_owned()),
        None => (String::new(), String::new()),
    };
    let source = source(error);
    // Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
    match code.as_bytes() {
        b"53100" => StoreError::DiskFull { source },
        b"58030" | b"XX001" | b"XX002" => StoreError::Io { source },
        // Violations of constraints.
        [b'2', b'3', ..] => StoreError::Constraint { rule, source },
        // Lost connections, rolled back transactions, scarce resources, waits that were too long, an operator.
        [b'0', b'8', ..] | [b'4', b'0', ..] | [b'5', b'3', ..] | [b'5', b'5', ..] | [b'5', b'7', ..] => {
            StoreError::Unavailable { source }
        }
        _ => StoreError::Statement { sql: shown(sql), source },
    }
}
