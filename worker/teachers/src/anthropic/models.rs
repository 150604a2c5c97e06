//! What Anthropic offers, from `/v1/models`.

use serde::Deserialize;

use crate::call::CallFailure;
use crate::http::Endpoint;
use crate::probe::{Ability, Offer, OfferedModel, ask};

#[derive(Debug, Deserialize)]
struct Listed {
    data: Vec<Listing>,
}

#[derive(Debug, Deserialize)]
struct Listing {
    id: String,
    #[serde(default)]
    max_input_tokens: Option<u32>,
}

/// Asks what is offered.
pub(crate) async fn offer(endpoint: &Endpoint) -> Result<Offer, CallFailure> {
    let listed: Listed = ask(endpoint, &endpoint.versioned("v1", "models?limit=1000")).await?;
    let models = listed.data.into_iter().map(|listing| OfferedModel {
        name: listing.id,
        digest: None,
        bytes: None,
        context: listing.max_input_tokens,
        ability: Ability::Chat,
        quantization: None,
        loaded: None,
    });
    Ok(Offer { version: None, models: models.collect() })
}
