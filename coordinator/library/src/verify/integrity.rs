//! The file or the database itself, by its own means.

use super::findings::BrokenRow;
use crate::db::{Dialect, Row, Tx};
use crate::error::StoreError;

const REMEDY: &str = "stop the factory and restore a backup: what keeps the library is damaged";

/// What the database itself finds wrong with what it keeps; empty if it is sound.
///
/// # Errors
/// [`StoreError`] when it cannot even be read.
pub fn integrity(tx: &mut dyn Tx) -> Result<Vec<BrokenRow>, StoreError> {
    match tx.dialect() {
        Dialect::Sqlite => file(tx),
        Dialect::Postgres => server(tx),
    }
}

/// What a server knows of its own: pages whose checksum was wrong, indexes and constraints that it does not
/// vouch for.
fn server(tx: &mut dyn Tx) -> Result<Vec<BrokenRow>, StoreError> {
    let sql = "SELECT 'a page of the database had a wrong checksum' AS what, datname::text AS name \
               FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0 \
               UNION ALL SELECT 'the index is not valid', indexrelid::regclass::text FROM pg_index \
               WHERE NOT indisvalid \
               UNION ALL SELECT 'the constraint was never checked', conname::text FROM pg_constraint \
               WHERE NOT convalidated ORDER BY 1, 2 LIMIT 1000";
    let found = tx.query(sql, &[])?;
    let broken = |row: &Row| Ok(finding("(database)", &row.get::<String>("name")?, row.get("what")?));
    found.iter().map(broken).collect()
}

/// What `PRAGMA integrity_check` and `PRAGMA foreign_key_check` find.
fn file(tx: &mut dyn Tx) -> Result<Vec<BrokenRow>, StoreError> {
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
