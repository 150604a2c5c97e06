//! Bearer tokens: the table of valid ones, and the brake on guessing.

mod guess;
mod table;

pub use hafs_proto::token::{BearerToken, TokenKind};

pub use guess::GuessBrake;
pub use table::{Entry, Identity, Table};
