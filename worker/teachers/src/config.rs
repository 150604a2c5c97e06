//! How a teacher is reached. Where the values come from (files, variables) is the caller's affair.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use hafs_proto::{Limits, MicroUsd};
use serde::Deserialize;

use crate::batch::Rhythm;
use crate::call::{PriceTags, SecretSource};
use crate::wire::Thinking;

/// The wire that a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeacherKind {
    /// Ollama's own API.
    Ollama,
    /// OpenAI's chat completions, which most servers speak.
    #[serde(rename = "openai")]
    OpenAi,
    /// OpenAI's Responses.
    #[serde(rename = "openai-responses")]
    Responses,
    /// Anthropic's Messages.
    Anthropic,
    /// Gemini's generateContent.
    Gemini,
    /// The engine inside this process.
    Embedded,
}

impl TeacherKind {
    /// The word that the config uses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::OpenAi => "openai",
            Self::Responses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Embedded => "embedded",
        }
    }

    /// Where the provider usually listens; the embedded engine listens nowhere.
    #[must_use]
    pub const fn default_base_url(self) -> Option<&'static str> {
        match self {
            Self::Ollama => Some("http://127.0.0.1:11434"),
            Self::OpenAi | Self::Responses => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com"),
            Self::Embedded => None,
        }
    }
}

/// One teacher or embedder.
#[derive(Debug, Clone)]
pub struct TeacherConfig {
    /// The provider's name here: the part of the teacher's name before the `/`.
    pub provider: String,
    /// The wire.
    pub kind: TeacherKind,
    /// The model, as the provider calls it.
    pub model: String,
    /// Other names under which the provider may answer for this model.
    pub served_as: Vec<String>,
    /// When its calls may go in batches: how they are gathered and looked at. Nothing: never.
    pub batch: Option<Rhythm>,
    /// Where the provider listens; nothing means the kind's usual place.
    pub base_url: Option<String>,
    /// Where the API key is to be found, if one is needed.
    pub key: Option<SecretSource>,
    /// Prices for a million tokens; what is not said here is looked up in the table of models.
    pub pricing: PriceTags,
    /// The limits of its provider for this model and key; what is not said here is looked up in the table of models.
    pub limits: Limits,
    /// What all models of the provider may cost in one day.
    pub day_budget: Option<MicroUsd>,
    /// A file of `[models."NAME"]` tables that adds to the table of models, or corrects it.
    pub models_file: Option<PathBuf>,
    /// Context window in tokens. Changing it makes Ollama load the model anew.
    pub num_ctx: u32,
    /// Calls in flight at once.
    pub slots: NonZeroU32,
    /// The longest that an embedding call may take; a chat request has its own deadline.
    pub timeout: Duration,
    /// The longest wait for the beginning of an answer; nothing leaves it to the call's deadline.
    pub first_byte_timeout: Option<Duration>,
    /// The longest silence inside an answer that has begun.
    pub idle_timeout: Duration,
    /// Bytes of the longest answer that is read.
    pub max_reply_bytes: usize,
    /// How much a reasoning model thinks; nothing leaves it to the table of models, and then to the model.
    pub thinking: Option<Thinking>,
    /// How long Ollama keeps the model loaded after a call; nothing means for good.
    pub keep_alive: Option<Duration>,
}

impl TeacherConfig {
    /// A teacher with the usual settings: no prices of its own, a window of 8,192 tokens, one call at a time.
    #[must_use]
    pub fn new(kind: TeacherKind, provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            kind,
            model: model.to_owned(),
            served_as: Vec::new(),
            batch: None,
            base_url: None,
            key: None,
            pricing: PriceTags::default(),
            limits: Limits::default(),
            day_budget: None,
            models_file: None,
            num_ctx: 8_192,
            slots: NonZeroU32::MIN,
            timeout: Duration::from_secs(120),
            first_byte_timeout: None,
            idle_timeout: Duration::from_secs(60),
            max_reply_bytes: 8 * 1024 * 1024,
            thinking: None,
            keep_alive: None,
        }
    }
}
