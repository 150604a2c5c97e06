//! Reading answers: limited, typed, and with problem documents told from what a proxy may say.

use hafs_proto::Problem;
use reqwest::header::RETRY_AFTER;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::agent::{Answered, CallTrouble};

/// The JSON form of a request.
pub(super) fn to_body(request: &impl Serialize) -> Vec<u8> {
    // Proof: requests of the protocol are plain data with string keys.
    serde_json::to_vec(request).expect("plain data serialises")
}

/// The answer as the type that the protocol says.
pub(super) async fn json<A: DeserializeOwned>(response: reqwest::Response, limit: usize) -> Answered<A> {
    let text = text(response, limit).await?;
    serde_json::from_slice(&text).map_err(|error| {
        CallTrouble::Away(format!("its answer is not that of a coordinator of this version: {error}"))
    })
}

/// The body of a success. Only a problem document counts as the coordinator's own refusal: a proxy in between that
/// says 401 or 404 must not stop a worker for good.
pub(super) async fn text(response: reqwest::Response, limit: usize) -> Answered<Vec<u8>> {
    let status = response.status();
    let hint_s =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let body = limited(response, limit).await?;
    if status.is_success() {
        return Ok(body);
    }
    match serde_json::from_slice::<Problem>(&body) {
        Ok(mut problem) => {
            problem.retry_after_ms = problem.retry_after_ms.or(hint_s.map(|s| s.saturating_mul(1_000)));
            Err(CallTrouble::Problem(Box::new(problem)))
        }
        Err(_) => Err(CallTrouble::Away(format!(
            "something answered {status} without a problem document; is this the address of a coordinator?"
        ))),
    }
}

async fn limited(mut response: reqwest::Response, limit: usize) -> Answered<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| CallTrouble::Away(chain(&error)))? {
        if body.len() + chunk.len() > limit {
            return Err(CallTrouble::Away(format!("its answer is longer than {limit} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error with its causes.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
