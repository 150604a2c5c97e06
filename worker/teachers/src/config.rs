//! How a teacher is reached. Where the values come from (files, variables) is the caller's affair.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::call::{Pricing, SecretSource};

/// The wire that a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TeacherKind {
    /// Ollama's own API.
    Ollama,
    /// OpenAI's chat completions, which most servers speak.
    OpenAi,
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
            Self::Embedded => "embedded",
        }
    }

    /// Where the provider usually listens; the embedded engine listens nowhere.
    #[must_use]
    pub const fn default_base_url(self) -> Option<&'static str> {
        match self {
            Self::Ollama => Some("http://127.0.0.1:11434"),
            Self::OpenAi => Some("https://api.openai.com/v1"),
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
    /// Where the provider listens; nothing means the kind's usual place.
    pub base_url: Option<String>,
    /// Where the API key is to be found, if one is needed.
    pub key: Option<SecretSource>,
    /// Prices per million tokens.
    pub pricing: Pricing,
    /// Context window in tokens. Changing it makes Ollama load the model anew.
    pub num_ctx: u32,
    /// Calls in flight at once.
    pub slots: NonZeroU32,
    /// The longest that an embedding call may take; a chat request has its own deadline.
    pub timeout: Duration,
    /// The longest silence inside an answer that has begun.
    pub idle_timeout: Duration,
    /// Bytes of the longest answer that is read.
    pub max_reply_bytes: usize,
    /// Whether a reasoning model reasons; nothing leaves it to the model. Ollama only.
    pub thinking: Option<bool>,
    /// How long Ollama keeps the model loaded after a call; nothing means for good.
    pub keep_alive: Option<Duration>,
}

impl TeacherConfig {
    /// A teacher with the usual settings: free of charge, a window of 8,192 tokens, one call at a time.
    #[must_use]
    pub fn new(kind: TeacherKind, provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            kind,
            model: model.to_owned(),
            served_as: Vec::new(),
            base_url: None,
            key: None,
            pricing: Pricing::default(),
            num_ctx: 8_192,
            slots: NonZeroU32::MIN,
            timeout: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(60),
            max_reply_bytes: 8 * 1024 * 1024,
            thinking: None,
            keep_alive: None,
        }
    }
}
