//! The pure checks of a sample. Every gate that is registered runs and is recorded, whatever the others found; which
//! gates there are is data, in [`GATES`].
//!
//! Special tokens of chat templates are reported here and never block: they are legitimate content of samples about
//! chat templates. Making them harmless is the export's duty, which escapes them in every format that renders a
//! template.

mod assembly;
mod echo;
mod hidden;
mod limits;
mod links;
mod phrasing;
mod placeholder;
mod registry;
mod rewrite;
mod routine;
mod secrecy;
mod special_tokens;
mod sql;
mod syntax;
mod view;

#[cfg(test)]
mod tests;

pub use assembly::{assembly_snippets, is_assembly};
pub use registry::{GATES, Gate, Weight, run_all};
pub use special_tokens::{TOKENS as SPECIAL_TOKENS, find as find_special_tokens};
pub use view::{Demand, GatePolicy, SampleView};
