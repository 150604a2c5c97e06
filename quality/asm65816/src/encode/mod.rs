//! From statements to bytes: which mode an operand means, whether its value fits, where everything lies.

mod bytes;
mod check;
mod layout;
mod modes;
mod select;
mod value;

#[cfg(test)]
mod tests;

pub use bytes::{Encoded, Options, encode};
pub use check::operands;
pub use layout::branches;
pub(crate) use layout::immediate_bytes;
pub use modes::{Modes, modes};
