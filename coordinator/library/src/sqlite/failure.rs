//! SQLite's errors in the library's words.

use std::sync::Arc;

use rusqlite::{Error, ErrorCode};

use crate::error::StoreError;

/// Longest part of a statement that an error shows.
const SQL_SHOWN: usize = 160;

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

fn shown(sql: &str) -> String {
    let flat = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = flat.floor_char_boundary(SQL_SHOWN);
    if end < flat.len() { format!("{}…", &flat[..end]) } else { flat }
}
