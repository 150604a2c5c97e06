//! A library in a database of its own.

use std::sync::LazyLock;

use hafs_library::test_server::{Durability, PostgresServer};
use hafs_library::{Library, PostgresUrl, StoreError, Tx};

use crate::world::settings;

/// Where a library is.
pub struct Place(pub PostgresUrl);

impl Place {
    pub fn open(&self) -> Library {
        Library::open(&settings(&self.0)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What the server does by itself some time after many rows have come.
    pub fn settle(&self) {
        let address = self.0.to_string();
        let (_, name) = address.rsplit_once('/').expect("a name");
        server().expect("is there").execute(name, "VACUUM ANALYZE");
    }
}

/// The server of this process, where one can be had.
#[expect(clippy::print_stdout, reason = "what was skipped is counted in the output of the tests")]
pub fn server() -> Option<&'static PostgresServer> {
    let server = PostgresServer::shared();
    if let Err(why) = server {
        println!("SKIPPED: {why}, so the library was not tested on PostgreSQL");
    }
    server.ok()
}

/// A place for a new library.
pub fn place() -> Option<Place> {
    server().map(|server| Place(server.database()))
}

/// A new library, where a server can be had.
pub fn library() -> Option<(Place, Library)> {
    let place = place()?;
    let library = place.open();
    Some((place, library))
}

/// A new library on a server that flushes what it commits.
pub fn durable_library() -> Option<(Place, Library)> {
    static DURABLE: LazyLock<Result<PostgresServer, String>> =
        LazyLock::new(|| PostgresServer::start(Durability::Full));
    let place = Place(DURABLE.as_ref().ok()?.database());
    let library = place.open();
    Some((place, library))
}

/// Lets a write break the rules of the schema.
pub fn unguard(tx: &mut dyn Tx) -> Result<(), StoreError> {
    tx.exec("SET LOCAL session_replication_role = replica", &[])?;
    let sql = "SELECT conrelid::regclass::text AS tab, conname::text AS name FROM pg_constraint \
               WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0";
    for row in tx.query(sql, &[])? {
        let (table, name): (String, String) = (row.get("tab")?, row.get("name")?);
        tx.exec(&format!("ALTER TABLE {table} DROP CONSTRAINT {name}"), &[])?;
    }
    Ok(())
}

/// The rules come back when the write is undone.
pub fn guard(_: &mut dyn Tx) -> Result<(), StoreError> {
    Ok(())
}

/// Every column of every table.
pub const COLUMNS: &str = "SELECT c.relname::text AS tab, a.attname::text AS col, format_type(a.atttypid, NULL) AS kind \
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace \
     AND c.relkind = 'r' AND a.attnum > 0 AND a.attgenerated = '' ORDER BY c.relname, a.attnum";

/// What names a row of any table.
pub const ROW: &str = "ctid";

/// As many zero bytes.
pub fn zeros(count: &str) -> String {
    format!("decode(repeat('00', CAST({count} AS INTEGER)), 'hex')")
}
