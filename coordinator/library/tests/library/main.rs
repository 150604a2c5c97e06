//! The library as its users see it.

mod backup;
mod damage;
mod full;
mod kill;
mod on_postgres;
mod on_sqlite;
mod opening;
mod operations;
mod world;
