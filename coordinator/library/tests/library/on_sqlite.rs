//! Libraries in files.

#[path = "both/mod.rs"]
mod both;
#[path = "given_sqlite.rs"]
mod given;
