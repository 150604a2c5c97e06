//! The library as its users see it.

#![expect(clippy::duplicate_mod, reason = "the same tests run on both databases")]

mod backup;
mod damage;
mod full;
mod kill;
mod on_postgres;
mod on_sqlite;
mod opening;
mod operations;
mod world;
