//! What a server understands, learned from what it refuses.

use std::sync::{Mutex, PoisonError};

/// How the reply is asked to be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonMode {
    /// `response_format: json_schema`.
    Schema,
    /// `response_format: json_object`, with the schema in the prompt.
    Object,
    /// Only the schema in the prompt.
    Prompt,
}

/// The name of the field that bounds the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitField {
    /// What every compatible server knows.
    MaxTokens,
    /// What newer models of OpenAI insist on.
    MaxCompletionTokens,
}

/// Whether the sampling may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sampling {
    /// Temperature and seed are sent.
    Sent,
    /// Some reasoning models refuse both.
    LeftOut,
}

/// What is sent to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) json: JsonMode,
    pub(crate) limit: LimitField,
    pub(crate) sampling: Sampling,
}

impl Dialect {
    /// The fullest form, tried first.
    pub(crate) const FULL: Self =
        Self { json: JsonMode::Schema, limit: LimitField::MaxTokens, sampling: Sampling::Sent };

    /// Refusals after which there is nothing left to leave out: two JSON modes, one limit field, the sampling.
    pub(crate) const STEPS: usize = 4;

    /// What to try after a 400 with these words; nothing if the words blame none of what can be left out.
    pub(crate) fn after_refusal(self, said: &str, wants_json: bool) -> Option<Self> {
        let said = said.to_lowercase();
        let blames = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if self.limit == LimitField::MaxTokens && blames(&["max_completion_tokens"]) {
            return Some(Self { limit: LimitField::MaxCompletionTokens, ..self });
        }
        if self.sampling == Sampling::Sent && blames(&["temperature", "'seed'", "\"seed\""]) {
            return Some(Self { sampling: Sampling::LeftOut, ..self });
        }
        let json = match self.json {
            JsonMode::Schema => JsonMode::Object,
            JsonMode::Object => JsonMode::Prompt,
            JsonMode::Prompt => return None,
        };
        let blamed =
            blames(&["response_format", "json_schema", "json_object", "schema", "grammar", "format"]);
        (wants_json && blamed).then_some(Self { json, ..self })
    }
}

/// The dialect of one teacher, shared by its calls.
#[derive(Debug)]
pub(crate) struct DialectMemory(Mutex<Dialect>);

impl Default for DialectMemory {
    fn default() -> Self {
        Self(Mutex::new(Dialect::FULL))
    }
}

impl DialectMemory {
    pub(crate) fn recall(&self) -> Dialect {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn learn(&self, dialect: Dialect) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = dialect;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_leaves_out_what_it_blames_and_nothing_else() {
        let object = Dialect::FULL.after_refusal("Unknown response_format type json_schema", true);
        assert_eq!(object, Some(Dialect { json: JsonMode::Object, ..Dialect::FULL }));
        let prompt =
            object.and_then(|dialect| dialect.after_refusal("response_format is not supported", true));
        assert_eq!(prompt, Some(Dialect { json: JsonMode::Prompt, ..Dialect::FULL }));
        assert_eq!(prompt.and_then(|dialect| dialect.after_refusal("response_format", true)), None);
        let limit = Dialect::FULL.after_refusal("Use 'max_completion_tokens' instead", false);
        assert_eq!(limit, Some(Dialect { limit: LimitField::MaxCompletionTokens, ..Dialect::FULL }));
        assert_eq!(Dialect::FULL.after_refusal("response_format", false), None, "none was sent");
        assert_eq!(Dialect::FULL.after_refusal("bad request", true), None);
    }

    #[test]
    fn learning_ends_after_a_fixed_number_of_steps() {
        let mut dialect = Some(Dialect::FULL);
        for _ in 0..Dialect::STEPS {
            dialect = dialect
                .and_then(|d| d.after_refusal("max_completion_tokens temperature response_format", true));
            assert!(dialect.is_some());
        }
        assert_eq!(
            dialect.and_then(|d| d.after_refusal("max_completion_tokens temperature format", true)),
            None
        );
    }
}
