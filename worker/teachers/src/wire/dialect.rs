//! What a server understands, learned from what it refuses.

use std::sync::{Mutex, PoisonError};

/// How the reply is asked to be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonMode {
    /// By the schema as it is.
    Raw,
    /// By the schema in the form that the provider takes.
    Schema,
    /// Any JSON object, with the schema in the prompt.
    Object,
    /// Only the schema in the prompt.
    Prompt,
}

/// The name of the field that bounds the reply of chat completions.
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

/// Whether the reasoning may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reasoning {
    /// What the model's tuning says is sent.
    Sent,
    /// The server refuses it.
    LeftOut,
}

/// How the answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Streaming {
    /// Event by event, with the tokens counted at the end.
    Counted,
    /// Event by event; the server does not know how to be asked for the counts.
    Plain,
    /// In one piece.
    Off,
}

/// What is sent to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) json: JsonMode,
    pub(crate) limit: LimitField,
    pub(crate) sampling: Sampling,
    pub(crate) reasoning: Reasoning,
    pub(crate) streaming: Streaming,
}

impl Dialect {
    /// The fullest form.
    pub(crate) const FULL: Self = Self {
        json: JsonMode::Raw,
        limit: LimitField::MaxTokens,
        sampling: Sampling::Sent,
        reasoning: Reasoning::Sent,
        streaming: Streaming::Counted,
    };

    /// Refusals after which there is nothing left to leave out: three JSON modes, one limit field, the sampling, the
    /// reasoning, two ways of streaming.
    pub(crate) const STEPS: usize = 8;

    /// What to try after a 400 with these words; nothing if the words blame none of what can be left out.
    pub(crate) fn after_refusal(self, said: &str, wants_json: bool) -> Option<Self> {
        let said = said.to_lowercase();
        let blames = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if self.limit == LimitField::MaxTokens && blames(&["max_completion_tokens"]) {
            return Some(Self { limit: LimitField::MaxCompletionTokens, ..self });
        }
        if self.sampling == Sampling::Sent && blames(&["temperature", "'seed'", "\"seed\"", "`seed`"]) {
            return Some(Self { sampling: Sampling::LeftOut, ..self });
        }
        if self.streaming == Streaming::Counted && blames(&["stream_options", "include_usage"]) {
            return Some(Self { streaming: Streaming::Plain, ..self });
        }
        if self.streaming != Streaming::Off && blames(&["streaming", "'stream'", "\"stream\"", "`stream`"]) {
            return Some(Self { streaming: Streaming::Off, ..self });
        }
        if self.reasoning == Reasoning::Sent
            && blames(&["thinking", "reasoning", "effort", "does not support think"])
        {
            return Some(Self { reasoning: Reasoning::LeftOut, ..self });
        }
        self.plainer_json(blames(&SCHEMA_WORDS)).filter(|_| wants_json && blames(&FORMAT_WORDS))
    }

    /// A server that blames this schema may take it in another form; one that knows no schemas takes none.
    fn plainer_json(self, blames_this_schema: bool) -> Option<Self> {
        let json = match self.json {
            JsonMode::Raw if blames_this_schema => JsonMode::Schema,
            JsonMode::Raw | JsonMode::Schema => JsonMode::Object,
            JsonMode::Object => JsonMode::Prompt,
            JsonMode::Prompt => return None,
        };
        Some(Self { json, ..self })
    }
}

/// Words by which servers blame the form of the reply.
const FORMAT_WORDS: [&str; 5] = ["format", "json_object", "schema", "grammar", "mime"];

/// Words by which they blame the schema itself.
const SCHEMA_WORDS: [&str; 5] =
    ["invalid schema", "invalid_json_schema", "unrecognized schema", "conversion failed", "is not permitted"];

/// The dialect of one teacher, shared by its calls.
#[derive(Debug)]
pub(crate) struct DialectMemory(Mutex<Dialect>);

impl DialectMemory {
    pub(crate) const fn new(fullest: Dialect) -> Self {
        Self(Mutex::new(fullest))
    }

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
        let full = Dialect { json: JsonMode::Schema, ..Dialect::FULL };
        for (said, next) in [
            ("Unknown response_format type json_schema", Dialect { json: JsonMode::Object, ..full }),
            ("output_config.format: not supported by this model", Dialect { json: JsonMode::Object, ..full }),
            (
                "Use 'max_completion_tokens' instead",
                Dialect { limit: LimitField::MaxCompletionTokens, ..full },
            ),
            ("Unsupported value: 'temperature'", Dialect { sampling: Sampling::LeftOut, ..full }),
            ("Unknown field stream_options", Dialect { streaming: Streaming::Plain, ..full }),
            ("Streaming is not supported", Dialect { streaming: Streaming::Off, ..full }),
            ("\"m\" does not support thinking", Dialect { reasoning: Reasoning::LeftOut, ..full }),
            (
                "Unrecognized request argument: reasoning_effort",
                Dialect { reasoning: Reasoning::LeftOut, ..full },
            ),
        ] {
            assert_eq!(full.after_refusal(said, true), Some(next), "{said}");
        }
        let raw = Dialect::FULL;
        let invalid = "Invalid schema for response_format 'reply': 'required' is required to be supplied";
        assert_eq!(raw.after_refusal(invalid, true), Some(full), "another form of the schema is tried");
        let prompt = Dialect { json: JsonMode::Prompt, ..full };
        assert_eq!(prompt.after_refusal("response_format", true), None, "there is nothing plainer");
        assert_eq!(full.after_refusal("response_format", false), None, "none was sent");
        assert_eq!(full.after_refusal("bad request", true), None);
    }

    #[test]
    fn learning_ends_after_a_fixed_number_of_steps() {
        const ALL: &str =
            "max_completion_tokens temperature stream_options streaming thinking invalid schema";
        let mut dialect = Some(Dialect::FULL);
        for _ in 0..Dialect::STEPS {
            dialect = dialect.and_then(|d| d.after_refusal(ALL, true));
            assert!(dialect.is_some());
        }
        assert_eq!(dialect.and_then(|d| d.after_refusal(ALL, true)), None);
    }
}
