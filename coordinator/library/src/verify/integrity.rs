//! The file itself, by SQLite's own means.

use super::findings::BrokenRow;
use crate::db::Tx;
use crate::error::StoreError;

const REMEDY: &str = "stop the factory and restore a backup: the file is damaged";

/// What `PRAGMA integrity_check` and `PRAGMA foreign_key_check` find; empty for a sound file. SQLite only.
///
/// # Errors
/// [`StoreError`] when the file cannot even be read.
pub fn integrity(tx: &mut dyn Tx) -> Result<Vec<BrokenRow>, StoreError> {
    let mut broken = Vec::new();
    tx.query_each("PRAGMA integrity_check(100)", &[], &mut |row| {
        let what: String = row.get("integrity_check")?;
        if what != "ok" {
            broken.push(finding("(file)", "(page)", what));
        }
        Ok(())
    })?;
    tx.query_each("PRAGMA foreign_key_check", &[], &mut |row| {
        if broken.len() < 1_000 {
            let (table, parent): (String, String) = (row.get("table")?, row.get("parent")?);
            let id =
                row.get::<Option<i64>>("rowid")?.map_or_else(|| "(row)".to_owned(), |id| format!("row {id}"));
            broken.push(finding(&table, &id, format!("it names a {parent} that is not there")));
        }
        Ok(())
    })?;
    Ok(broken)
}

fn finding(table: &str, id: &str, what: String) -> BrokenRow {
    BrokenRow { table: table.to_owned(), id: id.to_owned(), what, remedy: REMEDY }
}
