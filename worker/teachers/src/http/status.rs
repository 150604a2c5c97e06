//! From an HTTP status and the words beside it to what the queue should do.

use std::time::Duration;

use hafs_proto::Reason;
use hafs_proto::task::FailureClass;
use serde_json::Value;

use crate::call::CallFailure;

/// How long a key without money left is spared.
const NO_FUNDS_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The provider's own words in an error body: `{"error": "..."}`, `{"error": {"message": "..."}}`,
/// `{"message": "..."}` or the beginning of the text.
pub(crate) fn error_message(body: &str) -> String {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let said = json.as_ref().and_then(|json| {
        let error = json.get("error").unwrap_or(json);
        error.as_str().or_else(|| error.get("message")?.as_str())
    });
    said.unwrap_or(body).trim().chars().take(600).collect()
}

/// The failure for an answer that is not a success. `what` names the call, `said` is the provider's message.
pub(crate) fn failure(status: u16, what: &str, said: &str, retry_after: Option<Duration>) -> CallFailure {
    let (class, hint) = classify(status, &said.to_lowercase(), retry_after);
    let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
    let said = if said.is_empty() { "no message" } else { said };
    let message = format!("{what} answered {status}: {said}{hint}");
    let pause = match status {
        402 => Some(NO_FUNDS_PAUSE),
        429 if out_of_funds(&said.to_lowercase()) => {
            Some(retry_after.unwrap_or_default().max(NO_FUNDS_PAUSE))
        }
        _ => retry_after,
    };
    CallFailure::new(Reason::ProviderError, class, message).with_status(status).with_retry_after(pause)
}

fn out_of_funds(said: &str) -> bool {
    ["insufficient_quota", "enforced_spend_limit", "exceeded your current quota", "billing"]
        .iter()
        .any(|words| said.contains(words))
}

fn out_of_memory(said: &str) -> bool {
    ["out of memory", "more system memory", "cudamalloc", "failed to allocate"]
        .iter()
        .any(|words| said.contains(words))
}

fn too_long(said: &str) -> bool {
    ["context length", "maximum context", "context_length", "context size", "prompt is too long"]
        .iter()
        .any(|words| said.contains(words))
}

fn classify(status: u16, said: &str, retry_after: Option<Duration>) -> (FailureClass, &'static str) {
    use FailureClass as Class;
    match status {
        401 | 403 => (Class::ModelMissing, "check the API key and what it may use"),
        402 => (Class::RateLimited, "the account has no funds left"),
        404 => (Class::ModelMissing, "check the model's name and `base_url`, or pull the model"),
        429 | 529 => (Class::RateLimited, ""),
        503 if retry_after.is_some() || said.contains("busy") => (Class::RateLimited, ""),
        501 => (Class::ModelMissing, "the server cannot do this with this model"),
        408 | 425 => (Class::Transient, ""),
        413 => (Class::Poison, "the prompt is longer than the provider takes"),
        500..=599 if out_of_memory(said) => (Class::OutOfMemory, "use a smaller model or `num_ctx`"),
        500..=599 => (Class::Transient, ""),
        400..=499 if too_long(said) => (Class::Poison, "the prompt does not fit the model's context"),
        _ => (Class::Invalid, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_says_what_the_queue_does_next() {
        use FailureClass as Class;
        for (status, said, class) in [
            (401, "bad key", Class::ModelMissing),
            (404, "model 'nope:1b' not found", Class::ModelMissing),
            (429, "slow down", Class::RateLimited),
            (529, "overloaded", Class::RateLimited),
            (503, "server busy, please try again. maximum pending requests exceeded", Class::RateLimited),
            (503, "restarting", Class::Transient),
            (500, "model requires more system memory (9 GiB) than is available", Class::OutOfMemory),
            (500, "oops", Class::Transient),
            (400, "This model's maximum context length is 8192 tokens", Class::Poison),
            (400, "unknown field", Class::Invalid),
            (302, "", Class::Invalid),
        ] {
            assert_eq!(failure(status, "x", said, None).class, class, "{status} {said}");
        }
    }

    #[test]
    fn an_account_without_funds_is_spared_for_a_while() {
        let pause = |status, said| failure(status, "x", said, Some(Duration::from_secs(1))).retry_after;
        assert_eq!(pause(402, ""), Some(NO_FUNDS_PAUSE));
        assert_eq!(pause(429, "You exceeded your current quota"), Some(NO_FUNDS_PAUSE));
        assert_eq!(pause(429, "slow down"), Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_providers_words_are_found_in_every_usual_shape() {
        for (body, said) in [
            (r#"{"error":"model 'x' not found"}"#, "model 'x' not found"),
            (r#"{"error":{"message":"bad","type":"t"}}"#, "bad"),
            (r#"{"message":"plain"}"#, "plain"),
            ("<html>oops</html>", "<html>oops</html>"),
        ] {
            assert_eq!(error_message(body), said);
        }
    }
}
