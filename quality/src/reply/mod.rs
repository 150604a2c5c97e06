//! The strict reader of teachers' replies: typed records or one error code, never a partial result.
//!
//! A teacher answers with JSON wrapped in anything: prose, fences, reasoning, a list, an envelope, a Python
//! dictionary. The reader scans the reply from left to right; fences need no treatment, because a brace of the
//! answer is found by the scanner and a fence inside a string is read as part of that string. Repairs are made only
//! where exactly one reading exists, and each is reported. Anything else is an error: a second call costs less
//! than a sample with half an output.
//!
//! | module | does |
//! |---|---|
//! | `shape` | what a reply must hold, and its JSON schema for teachers that can enforce one |
//! | `scan` | finds JSON values in prose, skips reasoning |
//! | `value`, `string` | reads one value, strictly or with repairs |
//! | `fit` | turns values into records of the shape |

mod error;
mod fit;
mod record;
mod repair;
mod scan;
mod shape;
mod string;
mod value;

#[cfg(test)]
mod eight_shapes;
#[cfg(test)]
mod properties;

pub use error::ReplyError;
pub use record::{FieldValue, Parsed, Record};
pub use repair::Repair;
pub use shape::{FieldKind, FieldSpec, ReplyShape};

use crate::phrases;

/// The longest reply that is read, in bytes.
pub const MAX_REPLY_BYTES: usize = 1 << 20;

/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 32;

/// Reads every record of `shape` that a reply holds: one for an object, one per element for a list, one per
/// object for JSON lines. Reading takes time linear in the reply, with a hard cap for hostile input.
///
/// # Errors
/// [`ReplyError`]; its [`ReplyError::reason`] is the code to record. When any part of the reply that looks like
/// an answer cannot be read whole, the whole reply is an error.
pub fn parse_object(text: &str, shape: &ReplyShape) -> Result<Parsed, ReplyError> {
    if text.len() > MAX_REPLY_BYTES {
        return Err(ReplyError::TooLong { bytes: text.len(), max: MAX_REPLY_BYTES });
    }
    if text.trim().is_empty() {
        return Err(ReplyError::Empty);
    }
    read(text, shape).or_else(|error| match after_reasoning(text) {
        Some(answer) => read(answer, shape),
        None => Err(error),
    })
}

fn read(text: &str, shape: &ReplyShape) -> Result<Parsed, ReplyError> {
    match fit::records(scan::scan(text), shape) {
        Err(ReplyError::NoJson) if phrases::refuses(text) => Err(ReplyError::Refused),
        read => read,
    }
}

/// The text after a `</think>` that was never opened: some chat templates put the opening tag into the prompt.
fn after_reasoning(text: &str) -> Option<&str> {
    let (reasoning, answer) = text.split_once("</think>")?;
    (!reasoning.contains("<think>") && !answer.trim().is_empty()).then_some(answer)
}
