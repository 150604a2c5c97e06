//! What a database is to the statements: values in, rows out. Knows no driver.

mod field;
mod filter;
mod row;
mod tx;
mod value;

pub use field::Field;
pub(crate) use filter::Filter;
pub use row::Row;
pub(crate) use row::Shape;
pub use tx::{Dialect, Tx};
pub(crate) use tx::{args, one, scalar, tuples};
pub use value::Value;
pub(crate) use value::{json, word};
