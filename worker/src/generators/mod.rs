//! Generators: what turns a seed into a prompt, and a reply into candidates. Everything here is pure.
//!
//! A prompt begins with a constant part (the same bytes each time, so that engines can reuse their work on it), then
//! come the mined texts, each inside a frame whose mark is new for every call: a text cannot close its own frame.

mod clip;
mod complete_code;
mod diff;
mod doc_qa;
mod error;
mod explain_change;
mod explain_code;
mod fenced;
mod find_bug;
mod frame;
mod generator;
mod hook_code;
mod optimise_code;
mod paraphrase;
mod plan;
mod prompts;
mod rewritten;
mod rubric;
mod template;
mod write_change;
mod write_code;
mod write_routine;

pub use clip::{bytes_of_tokens, clip};
pub use error::{PromptError, Unfit};
pub use frame::{MarkKey, Nonce, frame};
pub use generator::{Generator, Yield, find};
pub use paraphrase::Paraphrase;
pub use plan::{Ask, Draft, Part, Plan};
pub use prompts::{Prompt, Prompts};
pub use rubric::{Rubric, RubricError};
