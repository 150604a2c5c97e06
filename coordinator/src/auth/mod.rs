//! Bearer tokens: their form, the table of valid ones, and the brake on guessing.

mod guess;
mod table;
mod token;

pub use guess::GuessBrake;
pub use table::{Entry, Identity, Table};
pub use token::{BearerToken, TokenKind};
