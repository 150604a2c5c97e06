//! What is known of each model: a table that ships with the program, and a file by which people add to it.

mod book;
mod card;
mod entry;
mod price;

pub use book::{BookError, ModelBook};
pub use card::{ModelCard, Rank, Structured};
pub use price::known_pricing;
pub(crate) use price::{batch_pricing, pricing};
