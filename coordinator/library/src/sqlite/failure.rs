//! SQLite's errors in the library's words.

use std::sync::Arc;

use rusqlite::{Error, ErrorCode};

use crate::error::{StoreError, shown};

/// What an error of `sql` means.
pub(crate) fn of(sql: &str, error: Error) -> StoreError {
    let code = error.sqlite_error_code();
    let text = error.to_string();
    let source = Arc::new(error);
    match code {
        Some(ErrorCode::DiskFull) => StoreError::DiskFull { source },
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt) => StoreError::Io { source },
        Some(ErrorCode::ConstraintViolation) => StoreError::Constraint { rule: text, source },
        _ => StoreError::Statement { sql: shown(sql), source },
    }
}
