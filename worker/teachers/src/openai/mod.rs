//! Any server that speaks OpenAI's chat completions: OpenAI, llama.cpp, vLLM, LM Studio, OpenRouter and others.
//!
//! They differ in what they accept. What a server refuses with a 400 is left out from then on and remembered for
//! as long as the teacher lives: see [`crate::wire::Dialect`].

mod embed;
mod models;
mod reply;
mod request;

pub(crate) use embed::OpenAiEmbedder;
pub(crate) use models::offer;
pub(crate) use request::Chat;

use crate::http::Endpoint;

/// The path of an API call.
fn api_path(endpoint: &Endpoint, call: &str) -> String {
    endpoint.versioned("v1", call)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_base_url_with_and_without_a_version_leads_to_the_same_call() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        for (base, full) in [
            ("http://h:1", "http://h:1/v1/models"),
            ("http://h:1/", "http://h:1/v1/models"),
            ("http://h:1/v1", "http://h:1/v1/models"),
            ("http://h:1/v1/", "http://h:1/v1/models"),
            ("http://h:1/api/v1beta", "http://h:1/api/v1beta/models"),
            ("http://h:1/proxy", "http://h:1/proxy/v1/models"),
        ] {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let endpoint = Endpoint::new(client, base, None, Duration::ZERO, 0).expect("an endpoint");
            assert_eq!(endpoint.url(&api_path(&endpoint, "models")).as_str(), full);
        }
    }
}
