//! A library in a file.

use hafs_library::{Library, StoreError, Tx};

use crate::world::settings;

/// Where a library is as long as the value lives.
pub struct Place(tempfile::TempDir);

impl Place {
    pub fn open(&self) -> Library {
        Library::open(&settings(self.0.path().join("library.db"))).expect("opens")
    }

    /// What the database does by itself some time after many rows have come: nothing.
    pub fn settle(&self) {}
}

/// A new library; always to be had.
pub fn library() -> Option<(Place, Library)> {
    let place = Place(tempfile::tempdir().expect("a folder"));
    let library = place.open();
    Some((place, library))
}

/// A new library that flushes what it commits, as all files do.
pub fn durable_library() -> Option<(Place, Library)> {
    library()
}

/// Lets a write break the rules of the schema.
pub fn unguard(tx: &mut dyn Tx) -> Result<(), StoreError> {
    tx.exec("PRAGMA defer_foreign_keys = ON", &[])?;
    tx.exec("PRAGMA ignore_check_constraints = ON", &[]).map(drop)
}

/// Sees to the rules again.
pub fn guard(tx: &mut dyn Tx) -> Result<(), StoreError> {
    tx.exec("PRAGMA ignore_check_constraints = OFF", &[]).map(drop)
}

/// Every column of every table.
pub const COLUMNS: &str = "SELECT m.name AS tab, c.name AS col, c.type AS kind FROM sqlite_master m \
     JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid";

/// What names a row of any table.
pub const ROW: &str = "rowid";

/// As many zero bytes.
pub fn zeros(count: &str) -> String {
    format!("CAST(zeroblob({count}) AS BLOB)")
}
