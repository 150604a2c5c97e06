//! How many rows a library has, table by table, and nothing of what is in them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::db::{Tx, scalar};
use crate::error::StoreError;
use crate::migrations::{MIGRATIONS, latest};
use crate::transfer::tables;

/// How many rows a library has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Census {
    /// The version of its schema.
    pub schema: i64,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
}

/// Counts every row of every table.
///
/// # Errors
/// [`StoreError`] when a table cannot be read.
pub fn census(tx: &mut dyn Tx) -> Result<Census, StoreError> {
    let mut rows = BTreeMap::new();
    for table in tables::all()? {
        // The names are those of our own migrations.
        let count: u64 = scalar(tx, &format!("SELECT COUNT(*) AS n FROM {}", table.name), &[])?;
        rows.insert(table.name, count);
    }
    Ok(Census { schema: latest(MIGRATIONS), rows })
}
