//! What one file of code or prose says.

pub mod assembly;
pub mod code;
pub mod links;
