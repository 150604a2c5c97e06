//! A model's table as it is written. Everything may be left out, so that a person can correct one value.

use hafs_proto::{Limits, MicroUsd};
use serde::{Deserialize, Deserializer, de};

use super::card::{Rank, Structured};
use crate::call::PriceTags;
use crate::catalogue::Purpose;
use crate::config::TeacherKind;
use crate::wire::{Thinking, ThinkingMode};

/// One `[models."NAME"]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) maker: Option<String>,
    pub(super) family: Option<String>,
    pub(super) base: Option<String>,
    pub(super) best_for: Option<String>,
    pub(super) wire: Option<TeacherKind>,
    pub(super) purpose: Option<Purpose>,
    pub(super) rank: Option<Rank>,
    pub(super) context: Option<u32>,
    pub(super) output: Option<u32>,
    pub(super) dimensions: Option<u32>,
    pub(super) vram_gb: Option<u32>,
    pub(super) structured: Option<Structured>,
    pub(super) thinking: Option<ThinkingMode>,
    pub(super) think: Option<Thinking>,
    pub(super) samples: Option<bool>,
    pub(super) price: Option<Price>,
    pub(super) limits: Option<Limits>,
}

/// Prices and the day on which they were looked up.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    #[serde(deserialize_with = "dollars")]
    input: Option<MicroUsd>,
    #[serde(default, deserialize_with = "dollars")]
    cached: Option<MicroUsd>,
    #[serde(default, deserialize_with = "dollars")]
    cache_write: Option<MicroUsd>,
    #[serde(default, deserialize_with = "dollars")]
    output: Option<MicroUsd>,
    #[serde(default)]
    batch: Option<BatchPrice>,
    #[serde(deserialize_with = "day")]
    pub(super) looked_up: jiff::civil::Date,
}

/// Prices of calls that go in a batch.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchPrice {
    #[serde(deserialize_with = "dollars")]
    input: Option<MicroUsd>,
    #[serde(default, deserialize_with = "dollars")]
    cached: Option<MicroUsd>,
    #[serde(default, deserialize_with = "dollars")]
    cache_write: Option<MicroUsd>,
    #[serde(deserialize_with = "dollars")]
    output: Option<MicroUsd>,
}

impl Entry {
    /// This, and where nothing is said, `below`'s.
    pub(super) fn over(self, below: &Self) -> Self {
        let text = |own: Option<String>, other: &Option<String>| own.or_else(|| other.clone());
        Self {
            maker: text(self.maker, &below.maker),
            family: text(self.family, &below.family),
            base: text(self.base, &below.base),
            best_for: text(self.best_for, &below.best_for),
            wire: self.wire.or(below.wire),
            purpose: self.purpose.or(below.purpose),
            rank: self.rank.or(below.rank),
            context: self.context.or(below.context),
            output: self.output.or(below.output),
            dimensions: self.dimensions.or(below.dimensions),
            vram_gb: self.vram_gb.or(below.vram_gb),
            structured: self.structured.or(below.structured),
            thinking: self.thinking.or(below.thinking),
            think: self.think.or(below.think),
            samples: self.samples.or(below.samples),
            price: self.price.or_else(|| below.price.clone()),
            limits: self.limits.or(below.limits),
        }
    }
}

impl Price {
    /// What calls in a batch cost, where somebody has said it.
    pub(super) fn batch(&self) -> PriceTags {
        self.batch.as_ref().map(BatchPrice::tags).unwrap_or_default()
    }

    pub(super) const fn tags(&self) -> PriceTags {
        PriceTags {
            input: self.input,
            cached_input: self.cached,
            cache_write: self.cache_write,
            output: self.output,
        }
    }
}

impl BatchPrice {
    pub(super) const fn tags(&self) -> PriceTags {
        PriceTags {
            input: self.input,
            cached_input: self.cached,
            cache_write: self.cache_write,
            output: self.output,
        }
    }
}

fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<MicroUsd>, D::Error> {
    let written = toml::Value::deserialize(deserializer)?;
    let text = match &written {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        other @ (toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_)) => other.type_str().to_owned(),
    };
    let wrong = || de::Error::custom(format!("`{text}` is no amount of dollars with at most six decimals"));
    micro(&text).map(Some).ok_or_else(wrong)
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<jiff::civil::Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom(format!("`{text}` is no day in the form \"2026-01-31\"")))
}

/// Dollars in decimal notation, exactly.
fn micro(text: &str) -> Option<MicroUsd> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(part).map(MicroUsd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_exactly_or_not_at_all() {
        for (text, amount) in [
            ("10", Some(10_000_000)),
            ("0.125", Some(125_000)),
            ("1.000001", Some(1_000_001)),
            ("0.0000001", None),
            ("-1", None),
            ("1e3", None),
            ("", None),
            (".5", None),
        ] {
            assert_eq!(micro(text), amount.map(MicroUsd), "{text}");
        }
    }
}
