//! Which entities a text speaks of, where, and whether that agrees with the graph.

mod consistency;
mod mention;
mod words;

pub use consistency::{CHECK, CHECK_REQUIRED, VERSION, consistency};
pub use mention::{Mention, Standing, mentions};
