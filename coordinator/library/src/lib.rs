//! The durable store of everything: SQL statements, the SQLite driver, migrations, backup and verification.
