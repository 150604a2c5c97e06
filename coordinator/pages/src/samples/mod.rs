//! Samples: the list, one with its whole chain, and what people may do with it.

mod acts;
mod diff;
mod lines;
mod list;
mod one;

pub use list::{Filter, list};
pub use one::{Similar, View, one};
