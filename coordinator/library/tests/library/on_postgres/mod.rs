//! Libraries in databases.

#[path = "../both/mod.rs"]
mod both;
mod given;
mod lost;
mod moving;
mod opening;
