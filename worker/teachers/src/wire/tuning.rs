//! How much a model thinks, in the words of the config, of the table of models and of each wire.

use serde::Deserialize;

use super::dialect::{Dialect, JsonMode, Sampling};

/// How much a model is wanted to think before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// Not at all, or as little as the model can.
    Off,
    /// As it likes.
    On,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// A lot.
    High,
}

/// How a model is told how much to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThinkingMode {
    /// It cannot think, or cannot be told.
    None,
    /// On or off (Ollama's `think`).
    Switch,
    /// By a word in `reasoning.effort`, `reasoning_effort` or Gemini's `thinkingLevel`.
    Level,
    /// By a number of tokens (`budget_tokens`, `thinkingBudget`).
    Budget,
    /// It decides itself, within an effort (Anthropic's `adaptive`).
    Adaptive,
}

/// A word for how much effort is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    Low,
    Medium,
    High,
}

impl Effort {
    /// The word that all wires use.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Tokens of thinking that go with it.
    pub(crate) const fn tokens(self) -> u32 {
        match self {
            Self::Low => 1_024,
            Self::Medium => 4_096,
            Self::High => 16_384,
        }
    }
}

impl Thinking {
    /// The effort meant; nothing means none.
    pub(crate) const fn effort(self) -> Option<Effort> {
        match self {
            Self::Off => None,
            Self::Low => Some(Effort::Low),
            Self::On | Self::Medium => Some(Effort::Medium),
            Self::High => Some(Effort::High),
        }
    }
}

/// What a wire is told of its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tuning {
    /// How much it is to think; nothing leaves it to the model.
    pub(crate) thinking: Option<Thinking>,
    /// How it is told.
    pub(crate) mode: ThinkingMode,
    /// The longest reply that it can give, thinking included.
    pub(crate) output: Option<u32>,
    /// How its reply is asked to be JSON.
    pub(crate) json: JsonMode,
    /// Whether temperature and seed may be chosen.
    pub(crate) samples: bool,
}

impl Tuning {
    /// The fullest form of a call to a wire that takes a schema as it is.
    pub(crate) fn fullest(&self) -> Dialect {
        let sampling = if self.samples { Sampling::Sent } else { Sampling::LeftOut };
        Dialect { json: self.json, sampling, ..Dialect::FULL }
    }

    /// The fullest form of a call to a wire that takes a schema in its provider's form only.
    pub(crate) fn fullest_fitted(&self) -> Dialect {
        let full = self.fullest();
        if full.json == JsonMode::Raw { Dialect { json: JsonMode::Schema, ..full } } else { full }
    }

    /// The word for the effort on the wires of OpenAI, where the model takes one and it is not left to the model.
    pub(crate) fn effort(&self) -> Option<&'static str> {
        let thinking = self.thinking.filter(|_| self.mode != ThinkingMode::None)?;
        Some(thinking.effort().map_or("none", Effort::word)).filter(|_| thinking != Thinking::On)
    }

    /// The limit to send for a reply of at most `reply` tokens: clouds count thinking as output, so there has to be
    /// room for it.
    pub(crate) fn output_limit(&self, reply: u32) -> u32 {
        let thinking = self.thinking.and_then(Thinking::effort).map_or(0, Effort::tokens);
        let room = match self.mode {
            ThinkingMode::None => 0,
            ThinkingMode::Switch | ThinkingMode::Level | ThinkingMode::Budget | ThinkingMode::Adaptive => {
                thinking
            }
        };
        let wanted = reply.saturating_add(room);
        self.output.map_or(wanted, |most| wanted.min(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_has_room_beside_the_reply_within_what_the_model_can() {
        let tuning = |thinking, mode| Tuning {
            thinking,
            mode,
            output: Some(8_192),
            json: JsonMode::Raw,
            samples: true,
        };
        for (thinking, mode, limit) in [
            (None, ThinkingMode::Level, 1_000),
            (Some(Thinking::Off), ThinkingMode::Level, 1_000),
            (Some(Thinking::Low), ThinkingMode::Budget, 2_024),
            (Some(Thinking::On), ThinkingMode::Adaptive, 5_096),
            (Some(Thinking::High), ThinkingMode::Level, 8_192),
            (Some(Thinking::High), ThinkingMode::None, 1_000),
        ] {
            assert_eq!(tuning(thinking, mode).output_limit(1_000), limit, "{thinking:?} {mode:?}");
        }
    }
}
