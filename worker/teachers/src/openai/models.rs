//! What a server offers, from `/models`.

use serde::Deserialize;

use super::api_path;
use crate::call::CallFailure;
use crate::http::Endpoint;
use crate::probe::{Ability, Offer, OfferedModel, ask};

#[derive(Debug, Deserialize)]
struct Listed {
    data: Vec<Listing>,
}

/// `meta` is llama.cpp's, `max_model_len` is vLLM's, `context_length` is OpenRouter's.
#[derive(Debug, Deserialize)]
struct Listing {
    id: String,
    #[serde(default)]
    meta: Option<Meta>,
    #[serde(default)]
    max_model_len: Option<u32>,
    #[serde(default)]
    context_length: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    #[serde(default)]
    n_ctx_train: Option<u32>,
    #[serde(default)]
    size: Option<u64>,
}

/// Asks a server what it offers.
pub(crate) async fn offer(endpoint: &Endpoint) -> Result<Offer, CallFailure> {
    let listed: Listed = ask(endpoint, &api_path(endpoint, "models")).await?;
    Ok(Offer { version: None, models: listed.data.into_iter().map(offered).collect() })
}

fn offered(listing: Listing) -> OfferedModel {
    let trained = listing.meta.as_ref().and_then(|meta| meta.n_ctx_train);
    OfferedModel {
        name: listing.id,
        digest: None,
        bytes: listing.meta.as_ref().and_then(|meta| meta.size),
        context: listing.max_model_len.or(listing.context_length).or(trained),
        ability: Ability::Unknown,
        quantization: None,
        loaded: None,
    }
}
