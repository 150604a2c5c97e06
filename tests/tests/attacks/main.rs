//! The attack list from entry 17 on, against the real programs. `list` names every entry, what it does and what must
//! come of it; the other modules do it. No entry may cause an answer of 500, a panic in the log, or a change that it
//! does not speak of. Entries 1 to 16 stand in `attacks_auth.rs`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

mod crowds;
mod files;
mod leases;
mod list;
mod logs;
mod numbers;
mod raw;
mod requests;
mod schema;
mod site;
mod texts;
