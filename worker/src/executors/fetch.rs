//! Fetching a model that a provider does not have.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use hafs_teachers::{Connector, Offer, PullProgress, TeacherKind};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::TeacherSettings;

/// The longest that a model may take to come: 12 GB over a line of 1 MB a second.
const LONGEST: Duration = Duration::from_secs(4 * 3_600);
/// A step of the progress that is told, in percent.
const STEP: u64 = 10;

/// Fetches the model if it is missing and the configuration allows it; gives what the provider offers after that, if
/// anything has changed.
pub(super) async fn fetch(connector: &Connector, settings: &TeacherSettings, offer: &Offer) -> Option<Offer> {
    let config = &settings.config;
    let is_missing = offer.find(&config.model).is_none();
    if !settings.pull || !is_missing || config.kind != TeacherKind::Ollama {
        return None;
    }
    let server = connector.ollama(config).ok()?;
    let (model, provider) = (&config.model, &config.provider);
    info!("{provider} does not have {model}: fetching it");
    let told = Mutex::new(None);
    let tell = |progress: PullProgress| {
        if let Some(percent) = news(&mut told.lock().unwrap_or_else(PoisonError::into_inner), &progress) {
            info!(percent, "fetching {model}: {percent} % of {}", progress.status);
        }
    };
    match server.pull(model, LONGEST, &CancellationToken::new(), &tell).await {
        Ok(()) => info!("{provider} has {model} now"),
        Err(failure) => {
            warn!(why = %failure, "{model} could not be fetched");
            return None;
        }
    }
    connector.probe(config).await.ok()
}

/// The percentage that is worth telling: a tenth more than was told, or of another layer.
fn news(told: &mut Option<(String, u64)>, progress: &PullProgress) -> Option<u64> {
    let (done, total) = (progress.completed?, progress.total.filter(|total| *total > 0)?);
    let percent = done.saturating_mul(100) / total / STEP * STEP;
    let is_old = told.as_ref().is_some_and(|(status, last)| *status == progress.status && percent <= *last);
    (!is_old).then(|| {
        *told = Some((progress.status.clone(), percent));
        percent
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_tenths_and_layer_by_layer() {
        let mut told = None;
        let mut at = |status: &str, completed| {
            news(&mut told, &PullProgress { status: status.to_owned(), total: Some(1_000), completed })
        };
        assert_eq!(at("one", Some(0)), Some(0));
        assert_eq!(at("one", Some(99)), None);
        assert_eq!(at("one", Some(345)), Some(30));
        assert_eq!(at("one", Some(345)), None);
        assert_eq!(at("two", Some(10)), Some(0));
        assert_eq!(at("two", None), None);
    }
}
