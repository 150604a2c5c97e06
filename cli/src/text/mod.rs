//! Texts for people: escaped, counted, in tables.

mod csv;
mod escape;
mod length;
mod number;
mod table;

pub use csv::csv;
pub use escape::{escape, one_line};
pub use length::{length, parse_length};
pub use number::{bytes, count, share};
pub use table::{Grid, pairs, table};
