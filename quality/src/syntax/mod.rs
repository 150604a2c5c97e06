//! Does code parse, and what units is it made of. Grammars are tree-sitter's; every parse is bounded by the size of
//! its input and by its steps, so no text can hold a thread.

mod balance;
mod calls;
mod check;
mod extract;
mod language;
mod macros;
mod masking;
mod parse;
mod rest;
mod tokens;
mod units;
mod words;

pub use balance::is_balanced;
pub use calls::{Call, calls};
pub use check::{Syntax, SyntaxProblem, check};
pub use extract::{Snippet, snippets};
pub use language::Language;
pub use masking::without_macros;
pub(crate) use parse::parse;
pub use parse::{MAX_CODE_BYTES, Unparsed};
pub use rest::continued;
pub use units::{CodeUnit, UnitKind, units};
