//! How each provider wants its key.

use reqwest::RequestBuilder;

use crate::call::Secret;

/// The header that carries the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    /// `Authorization: Bearer`.
    Bearer,
    /// `x-api-key`, beside the version of the API, which is sent without a key too.
    Anthropic,
    /// `x-goog-api-key`.
    Google,
}

/// The version of Anthropic's API that is spoken.
const ANTHROPIC_VERSION: &str = "2023-06-01";

impl Auth {
    /// Adds the headers to a request.
    pub(super) fn add(self, request: RequestBuilder, key: Option<&Secret>) -> RequestBuilder {
        let request = match self {
            Self::Bearer | Self::Google => request,
            Self::Anthropic => request.header("anthropic-version", ANTHROPIC_VERSION),
        };
        let Some(key) = key else { return request };
        match self {
            Self::Bearer => request.bearer_auth(key.expose()),
            Self::Anthropic => request.header("x-api-key", key.expose()),
            Self::Google => request.header("x-goog-api-key", key.expose()),
        }
    }
}
