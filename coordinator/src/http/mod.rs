//! The edge: accept loop, authentication, routes. A handler parses, calls one operation, maps the result.

pub mod caller;
pub mod errors;
pub mod events;
pub mod extract;
mod forwarded;
mod greet;
pub mod head;
pub mod health;
mod host;
pub mod listener;
pub mod pages;
pub mod people;
pub mod problem;
pub mod problems_page;
mod room;
pub mod router;
pub mod stall;
pub mod tokens;
pub mod workers;
