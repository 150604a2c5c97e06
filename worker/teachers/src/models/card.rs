//! One model, with a careful guess for whatever nobody has said.

use hafs_proto::Limits;
use serde::Deserialize;

use super::entry::Entry;
use crate::call::PriceTags;
use crate::catalogue::Purpose;
use crate::config::TeacherKind;
use crate::wire::{JsonMode, Thinking, ThinkingMode};

/// Whether a model is taken first, or when the first is not to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// First.
    Primary,
    /// Otherwise.
    Fallback,
}

/// How a reply is asked to be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structured {
    /// By the schema as it is.
    Raw,
    /// By the schema in the form that the provider takes.
    Schema,
    /// Any JSON object, with the schema in the prompt.
    Object,
    /// Only the schema in the prompt.
    Prompt,
}

/// What is known of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// Its name.
    pub name: String,
    /// Whether the table has it; otherwise all of this is a careful guess.
    pub known: bool,
    /// Who makes it, for people.
    pub maker: Option<String>,
    /// What it is good for, for people.
    pub best_for: Option<String>,
    /// Models of one family share what they were trained on; guessed from the name where nobody has said it.
    pub family: String,
    /// Whether somebody has said the family.
    pub family_said: bool,
    /// The wire on which it is usually reached.
    pub wire: Option<TeacherKind>,
    /// Whether it answers prompts or embeds texts.
    pub purpose: Option<Purpose>,
    /// Whether it is taken first.
    pub rank: Option<Rank>,
    /// Longest prompt and reply together, in tokens.
    pub context: Option<u32>,
    /// Longest reply with its thinking, in tokens.
    pub output: Option<u32>,
    /// Numbers of a vector.
    pub dimensions: Option<u32>,
    /// Gigabytes that it needs on a GPU.
    pub vram_gb: Option<u32>,
    /// How a reply is asked to be JSON.
    pub structured: Structured,
    /// How it is told how much to think.
    pub thinking: ThinkingMode,
    /// How much it thinks unless configured.
    pub think: Option<Thinking>,
    /// Whether temperature and seed may be chosen.
    pub samples: bool,
    /// Prices for a million tokens.
    pub prices: PriceTags,
    /// Prices for a million tokens of calls that go in a batch, where they are not half of those.
    pub batch_prices: PriceTags,
    /// The day on which they were looked up.
    pub priced_on: Option<String>,
    /// Limits of its provider for one key.
    pub limits: Limits,
}

impl ModelCard {
    /// The card of a model that is reached by `kind`.
    pub(super) fn of(name: &str, entry: Option<Entry>, kind: TeacherKind) -> Self {
        let known = entry.is_some();
        let entry = entry.unwrap_or_default();
        let by_wire = match kind {
            TeacherKind::Ollama | TeacherKind::Embedded => (Structured::Raw, ThinkingMode::Switch),
            TeacherKind::OpenAi => (Structured::Raw, ThinkingMode::Level),
            TeacherKind::Responses | TeacherKind::Gemini => (Structured::Schema, ThinkingMode::Level),
            TeacherKind::Anthropic => (Structured::Schema, ThinkingMode::Budget),
        };
        Self {
            name: name.to_owned(),
            known,
            maker: entry.maker,
            best_for: entry.best_for,
            family_said: entry.family.is_some(),
            family: entry.family.unwrap_or_else(|| family(name)),
            wire: entry.wire,
            purpose: entry.purpose,
            rank: entry.rank,
            context: entry.context,
            output: entry.output,
            dimensions: entry.dimensions,
            vram_gb: entry.vram_gb,
            structured: entry.structured.unwrap_or(by_wire.0),
            thinking: entry.thinking.unwrap_or(by_wire.1),
            think: entry.think,
            samples: entry.samples.unwrap_or(true),
            limits: entry.limits.unwrap_or_default(),
            prices: entry.price.as_ref().map(super::entry::Price::tags).unwrap_or_default(),
            batch_prices: entry.price.as_ref().map(super::entry::Price::batch).unwrap_or_default(),
            priced_on: entry.price.map(|price| price.looked_up.to_string()),
        }
    }
}

impl Structured {
    /// The dialect's word for it.
    pub(crate) const fn mode(self) -> JsonMode {
        match self {
            Self::Raw => JsonMode::Raw,
            Self::Schema => JsonMode::Schema,
            Self::Object => JsonMode::Object,
            Self::Prompt => JsonMode::Prompt,
        }
    }
}

/// The family that a name speaks of: the letters that it begins with, after any path.
fn family(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let end = last.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(last.len());
    last[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_model_has_a_guessed_family_and_no_price() {
        let card = ModelCard::of("meta-llama/Llama-4:70b", None, TeacherKind::OpenAi);
        assert_eq!((card.family.as_str(), card.known, card.prices.pricing()), ("llama", false, None));
        assert_eq!((card.structured, card.think, card.output), (Structured::Raw, None, None));
    }
}
