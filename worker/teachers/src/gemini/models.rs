//! What Gemini offers, from `/v1beta/models`.

use serde::Deserialize;

use crate::call::CallFailure;
use crate::http::Endpoint;
use crate::probe::{Ability, Offer, OfferedModel, ask};

#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(default)]
    models: Vec<Listing>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    name: String,
    #[serde(default)]
    input_token_limit: Option<u32>,
    #[serde(default)]
    supported_generation_methods: Vec<String>,
}

/// Asks what is offered.
pub(crate) async fn offer(endpoint: &Endpoint) -> Result<Offer, CallFailure> {
    let listed: Listed = ask(endpoint, &endpoint.versioned("v1beta", "models?pageSize=1000")).await?;
    Ok(Offer { version: None, models: listed.models.into_iter().map(offered).collect() })
}

fn offered(listing: Listing) -> OfferedModel {
    let can = |method: &str| listing.supported_generation_methods.iter().any(|known| known == method);
    let ability = match (can("generateContent"), can("embedContent")) {
        (true, _) => Ability::Chat,
        (false, true) => Ability::Embed,
        (false, false) => Ability::Unknown,
    };
    OfferedModel {
        name: listing.name.trim_start_matches("models/").to_owned(),
        digest: None,
        bytes: None,
        context: listing.input_token_limit,
        ability,
        quantization: None,
        loaded: None,
    }
}
