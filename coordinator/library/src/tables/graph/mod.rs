//! Knowledge graphs: sources and their facts.

mod read;
mod row;
mod store;

pub use read::{MAX_ENTITY_FACTS, entity, export, graphs, named, names, neighbours, sources, view};
pub(crate) use row::fact;
pub use store::{apply, hash_of, size};
