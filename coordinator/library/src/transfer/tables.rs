//! What there is to copy. The tables are asked of an empty library in memory, because both databases have the
//! same ones, in the order in which they may name each other.

use rusqlite::Connection;

use crate::error::StoreError;
use crate::migrations::MIGRATIONS;

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// Its key's columns, in the key's order.
    pub(crate) key: Vec<String>,
}

/// Every table of the newest version, those that others name first.
pub(crate) fn all() -> Result<Vec<Table>, StoreError> {
    read().map_err(|error| StoreError::encode(format!("the tables cannot be listed: {error}")))
}

fn read() -> rusqlite::Result<Vec<Table>> {
    let conn = Connection::open_in_memory()?;
    MIGRATIONS.iter().try_for_each(|migration| conn.execute_batch(migration.sql))?;
    let sql =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    let names: Vec<String> = conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    names.into_iter().map(|name| table(&conn, name)).collect()
}

fn table(conn: &Connection, name: String) -> rusqlite::Result<Table> {
    let list = |sql: &str| -> rusqlite::Result<Vec<String>> {
        conn.prepare(sql)?.query_map([&name], |row| row.get(0))?.collect()
    };
    let columns = list("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
    let key = list("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
    Ok(Table { name, columns, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_key_and_comes_after_those_that_it_names() {
        let tables = all().expect("lists");
        assert!(tables.len() > 20 && tables.iter().all(|table| !table.key.is_empty()));
        let place = |name: &str| tables.iter().position(|table| table.name == name).expect("is there");
        assert!(
            place("run") < place("task")
                && place("task") < place("sample")
                && place("sample") < place("verdict")
        );
        let call = &tables[place("call")];
        assert_eq!(call.key, ["attempt", "seq"]);
        assert!(call.columns.len() > 10);
    }
}
