//! What a teacher's tokens cost, if anybody knows.

use std::net::IpAddr;

use reqwest::Url;

use super::book::{BookError, ModelBook};
use super::card::ModelCard;
use crate::call::{PriceTags, Pricing};
use crate::config::{TeacherConfig, TeacherKind};

/// The prices of a teacher: the config's own, else the table's. What runs on hardware of one's own is free unless a
/// price is configured. Nothing when nobody has said a price, or a provider's price is said to be zero.
///
/// # Errors
/// [`BookError`] when the config's file of models cannot be used.
pub fn known_pricing(config: &TeacherConfig) -> Result<Option<Pricing>, BookError> {
    let book = ModelBook::with(config.models_file.as_deref())?;
    Ok(pricing(config, &book.card(&config.model, config.kind)))
}

pub(crate) fn pricing(config: &TeacherConfig, card: &ModelCard) -> Option<Pricing> {
    if is_own(config) {
        return config.pricing.pricing().or_else(|| unpriced(&config.pricing));
    }
    let pricing = config.pricing.over(card.prices).pricing();
    pricing.filter(|pricing| pricing.input.0 > 0 || pricing.output.0 > 0)
}

/// The prices of a teacher whose calls go in batches: the table's for batches, else half of what a call costs otherwise.
/// Nothing where the config wants none, for a wire that has none, and where nobody has said a price.
pub(crate) fn batch_pricing(config: &TeacherConfig, card: &ModelCard) -> Option<Pricing> {
    match config.kind {
        TeacherKind::Ollama | TeacherKind::Embedded => return None,
        TeacherKind::OpenAi | TeacherKind::Responses | TeacherKind::Anthropic | TeacherKind::Gemini => {}
    }
    pricing(config, card).filter(|_| config.batch.is_some())?;
    card.batch_prices.over(config.pricing.over(card.prices).half()).pricing()
}

/// Of one's own hardware, half a price is no price.
fn unpriced(tags: &PriceTags) -> Option<Pricing> {
    (*tags == PriceTags::default()).then(Pricing::default)
}

/// Whether a teacher runs on hardware of one's own: this machine, or the network that it is in.
fn is_own(config: &TeacherConfig) -> bool {
    match config.kind {
        TeacherKind::Ollama | TeacherKind::Embedded => true,
        TeacherKind::OpenAi | TeacherKind::Responses | TeacherKind::Anthropic | TeacherKind::Gemini => {
            config.base_url.as_deref().is_some_and(is_near)
        }
    }
}

fn is_near(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::MicroUsd;

    fn config(kind: TeacherKind, url: Option<&str>, prices: Option<(u64, u64)>) -> TeacherConfig {
        let mut config = TeacherConfig::new(kind, "p", "gpt-5.2");
        config.base_url = url.map(str::to_owned);
        config.pricing.input = prices.map(|(input, _)| MicroUsd(input));
        config.pricing.output = prices.map(|(_, output)| MicroUsd(output));
        config
    }

    #[test]
    fn own_hardware_is_free_and_a_clouds_price_is_known_or_unknown_but_never_zero() {
        let near = Some("http://127.0.0.1:8080/v1");
        for (kind, url, prices, cost) in [
            (TeacherKind::Ollama, None, None, Some(0)),
            (TeacherKind::OpenAi, near, None, Some(0)),
            (TeacherKind::OpenAi, near, Some((1, 2)), Some(2)),
            (TeacherKind::OpenAi, Some("http://192.168.1.7:8000/v1"), None, Some(0)),
            (TeacherKind::OpenAi, Some("http://[::1]:8000/v1"), None, Some(0)),
            (TeacherKind::OpenAi, Some("https://api.example.com/v1"), None, None),
            (TeacherKind::Responses, None, None, None),
            (TeacherKind::Responses, None, Some((0, 0)), None),
            (TeacherKind::Responses, None, Some((1, 2)), Some(2)),
        ] {
            let pricing = known_pricing(&config(kind, url, prices)).expect("a book");
            assert_eq!(pricing.map(|pricing| pricing.output.0), cost, "{kind:?} {url:?} {prices:?}");
        }
    }
}
