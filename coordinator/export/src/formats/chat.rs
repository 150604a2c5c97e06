//! Prompts and turns that several formats share.

use serde::{Deserialize, Serialize};

use super::{Meta, Triple};
use crate::special::Texts;

/// What stands between the parts of a text.
const GAP: &str = "\n\n";

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    User,
    Assistant,
}

/// One turn of the OpenAI form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    pub role: Role,
    pub content: String,
}

impl Message {
    /// What the user says.
    pub fn prompt(texts: &Texts<'_>) -> Self {
        Self { role: Role::User, content: prompt(texts) }
    }

    /// What the model should say.
    pub fn answer(texts: &Texts<'_>) -> Self {
        Self { role: Role::Assistant, content: texts.output.clone().into_owned() }
    }

    /// The text of a turn that must be one of `role`.
    pub fn said_by(&self, role: Role) -> Option<&str> {
        (self.role == role).then_some(&*self.content)
    }
}

/// The instruction and, if there is one, the input.
pub(crate) fn prompt(texts: &Texts<'_>) -> String {
    joined(&[&*texts.instruction, &*texts.input])
}

/// All three texts.
pub(crate) fn whole(texts: &Texts<'_>) -> String {
    joined(&[&*texts.instruction, &*texts.input, &*texts.output])
}

fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(GAP)
}

/// The three texts from a prompt and its answer. `None` when the prompt is not as long as the metadata says.
pub(crate) fn triple(prompt: &str, output: &str, meta: &Meta) -> Option<Triple> {
    let (instruction, input) = cut(prompt, meta)?;
    input.1.is_empty().then(|| Triple {
        instruction: instruction.to_owned(),
        input: input.0.to_owned(),
        output: output.to_owned(),
    })
}

/// The three texts from their joined form.
pub(crate) fn triple_of_whole(text: &str, meta: &Meta) -> Option<Triple> {
    let (instruction, (input, rest)) = cut(text, meta)?;
    let output = rest.strip_prefix(GAP)?.to_owned();
    Some(Triple { instruction: instruction.to_owned(), input: input.to_owned(), output })
}

/// The instruction, and the input with what follows it.
fn cut<'a>(text: &'a str, meta: &Meta) -> Option<(&'a str, (&'a str, &'a str))> {
    let (instruction, rest) = split_at_char(text, meta.instruction_chars)?;
    if meta.input_chars == 0 {
        return Some((instruction, ("", rest)));
    }
    Some((instruction, split_at_char(rest.strip_prefix(GAP)?, meta.input_chars)?))
}

fn split_at_char(text: &str, chars: u32) -> Option<(&str, &str)> {
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let at = ends.take(usize::try_from(chars).ok()?.checked_add(1)?).enumerate().last()?;
    (u32::try_from(at.0) == Ok(chars)).then(|| text.split_at(at.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_never_beyond_its_end() {
        assert_eq!(split_at_char("é🦀x", 2), Some(("é🦀", "x")));
        assert_eq!(split_at_char("é🦀x", 3), Some(("é🦀x", "")));
        assert_eq!(split_at_char("é🦀x", 4), None);
        assert_eq!(split_at_char("", 0), Some(("", "")));
    }
}
