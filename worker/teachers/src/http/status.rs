//! From an HTTP status and the words beside it to what the queue should do.

use std::time::Duration;

use hafs_proto::Reason;
use hafs_proto::task::FailureClass;
use serde_json::Value;

use super::said::Said;
use crate::call::CallFailure;

/// How long a key without money left, or at the end of its day, is spared.
const NO_FUNDS_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The failure for an answer that is not a success. `what` names the call, `retry_after` is what the headers say.
pub(crate) fn failure(status: u16, what: &str, said: &Said, retry_after: Option<Duration>) -> CallFailure {
    let retry_after = retry_after.max(said.retry_after);
    let words = said.words();
    let spent = status == 402 || matches!(status, 400 | 403 | 429) && out_of_funds(&words, said);
    let (class, hint) = match spent {
        true => (FailureClass::RateLimited, "the account has no funds or quota left"),
        false => classify(status, &words, retry_after),
    };
    let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
    let told = if said.message.is_empty() { "no message" } else { &said.message };
    let codes = if said.codes.is_empty() { String::new() } else { format!(" ({})", said.codes) };
    let message = format!("{what} answered {status}: {told}{codes}{hint}");
    // Each provider has a number of its own for an account without money; here it is one. A day's quota comes back by
    // itself.
    let status = if spent && !words.contains("perday") { 402 } else { status };
    let pause = if spent { Some(retry_after.unwrap_or_default().max(NO_FUNDS_PAUSE)) } else { retry_after };
    CallFailure::new(Reason::ProviderError, class, message).with_status(status).with_retry_after(pause)
}

/// The failure for an answer inside another one, that has a status of its own.
pub(crate) fn of_status(status: u16, what: &str, body: &Value) -> CallFailure {
    failure(status, what, &Said::of(body), None)
}

/// The failure for an error that came inside an answer that had begun as a success.
pub(crate) fn in_stream(what: &str, error: &Value) -> CallFailure {
    let said = Said::of(error);
    failure(meant(&said), what, &said, None)
}

/// The status that a provider would have answered with, had it not begun already.
fn meant(said: &Said) -> u16 {
    const STATUSES: [(&str, u16); 14] = [
        ("overloaded", 529),
        ("rate_limit", 429),
        ("insufficient_quota", 429),
        ("resource_exhausted", 429),
        ("authentication", 401),
        ("permission", 403),
        ("billing", 402),
        ("not_found", 404),
        ("too_large", 413),
        ("timeout", 408),
        ("context_length", 400),
        ("invalid", 400),
        ("unavailable", 503),
        ("server_error", 500),
    ];
    let named = STATUSES.iter().find(|(word, _)| said.codes.contains(word)).map(|(_, status)| *status);
    let numbered = || said.codes.split(' ').find_map(|code| code.parse().ok());
    named.or_else(numbered).filter(|status| (400..600).contains(status)).unwrap_or(500)
}

fn any(words: &str, wanted: &[&str]) -> bool {
    wanted.iter().any(|wanted| words.contains(wanted))
}

/// No money, or no quota for today: waiting a minute does not help. Anthropic says it with a 400 or 429. Gemini has the
/// same message for a spent minute as OpenAI for a spent account, but says beside it when to come back.
fn out_of_funds(words: &str, said: &Said) -> bool {
    const SPENT: [&str; 6] = [
        "insufficient_quota",
        "enforced_spend_limit",
        "credit balance is too low",
        "billing_hard_limit",
        "billing_error",
        "perday",
    ];
    any(words, &SPENT) || said.retry_after.is_none() && words.contains("exceeded your current quota")
}

fn out_of_memory(words: &str) -> bool {
    any(words, &["out of memory", "more system memory", "cudamalloc", "failed to allocate"])
}

fn too_long(words: &str) -> bool {
    any(
        words,
        &[
            "context length",
            "maximum context",
            "context_length",
            "context size",
            "context limit",
            "context window",
            "prompt is too long",
            "input token count",
        ],
    )
}

/// A key that is no key: Gemini says it with a 400.
fn bad_key(words: &str) -> bool {
    any(
        words,
        &["api_key_invalid", "api key not valid", "invalid api key", "invalid_api_key", "api key expired"],
    )
}

/// A model that is none: proxies and routers say it with a 400.
fn no_model(words: &str) -> bool {
    any(words, &["invalid model", "model_not_found", "not a valid model", "unknown model", "no such model"])
}

fn classify(status: u16, words: &str, retry_after: Option<Duration>) -> (FailureClass, &'static str) {
    use FailureClass as Class;
    match status {
        300..=399 => (Class::ModelMissing, "redirects are not followed; set `base_url` to the right address"),
        401 | 403 => (Class::ModelMissing, "check the API key and what it may use"),
        404 => (Class::ModelMissing, "check the model's name and `base_url`, or pull the model"),
        429 | 529 => (Class::RateLimited, ""),
        503 if retry_after.is_some() || any(words, &["busy", "overloaded"]) => (Class::RateLimited, ""),
        501 => (Class::ModelMissing, "the server cannot do this with this model"),
        408 | 425 => (Class::Transient, ""),
        413 => (Class::Poison, "the prompt is longer than the provider takes"),
        500..=599 if out_of_memory(words) => (Class::OutOfMemory, "use a smaller model or `num_ctx`"),
        500..=599 => (Class::Transient, ""),
        400..=499 if bad_key(words) => (Class::ModelMissing, "check the API key and what it may use"),
        400..=499 if no_model(words) => (Class::ModelMissing, "check the model's name and `base_url`"),
        400..=499 if too_long(words) => (Class::Poison, "the prompt does not fit the model's context"),
        _ => (Class::Invalid, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(message: &str) -> Said {
        Said { message: message.to_owned(), ..Said::default() }
    }

    #[test]
    fn each_status_says_what_the_queue_does_next() {
        use FailureClass as Class;
        for (status, words, class) in [
            (401, "bad key", Class::ModelMissing),
            (404, "model 'nope:1b' not found", Class::ModelMissing),
            (429, "slow down", Class::RateLimited),
            (529, "overloaded", Class::RateLimited),
            (503, "server busy, please try again. maximum pending requests exceeded", Class::RateLimited),
            (503, "The model is overloaded. Please try again later.", Class::RateLimited),
            (503, "restarting", Class::Transient),
            (500, "model requires more system memory (9 GiB) than is available", Class::OutOfMemory),
            (500, "oops", Class::Transient),
            (400, "This model's maximum context length is 8192 tokens", Class::Poison),
            (400, "The input token count (9) exceeds the maximum number of tokens allowed", Class::Poison),
            (400, "API key not valid. Please pass a valid API key.", Class::ModelMissing),
            (400, "Your credit balance is too low to access the API", Class::RateLimited),
            (400, "Invalid model name passed in model=x", Class::ModelMissing),
            (400, "unknown field", Class::Invalid),
            (302, "", Class::ModelMissing),
        ] {
            assert_eq!(failure(status, "x", &said(words), None).class, class, "{status} {words}");
        }
    }

    #[test]
    fn an_account_without_funds_is_spared_for_a_while() {
        let pause =
            |status, words| failure(status, "x", &said(words), Some(Duration::from_secs(1))).retry_after;
        assert_eq!(pause(402, ""), Some(NO_FUNDS_PAUSE));
        let status = |words| failure(429, "x", &said(words), None).status;
        assert_eq!(status("insufficient_quota"), Some(402), "someone has to act");
        assert_eq!(status("GenerateRequestsPerDay"), Some(429), "tomorrow it goes on");
        let quota = "You exceeded your current quota, please check your plan and billing details.";
        assert_eq!(pause(429, quota), Some(NO_FUNDS_PAUSE));
        assert_eq!(pause(429, "slow down"), Some(Duration::from_secs(1)));
        let minute = Said { retry_after: Some(Duration::from_secs(34)), ..said(quota) };
        assert_eq!(failure(429, "x", &minute, None).retry_after, Some(Duration::from_secs(34)));
    }

    #[test]
    fn an_error_inside_a_success_is_classed_like_its_status() {
        use FailureClass as Class;
        for (error, class, status) in [
            (json!({"type": "overloaded_error", "message": "Overloaded"}), Class::RateLimited, 529),
            (json!({"code": "rate_limit_exceeded", "message": "slow"}), Class::RateLimited, 429),
            (json!({"error": {"code": 503, "status": "UNAVAILABLE", "message": "m"}}), Class::Transient, 503),
            (json!({"code": "server_error", "message": "m"}), Class::Transient, 500),
            (json!("runner crashed"), Class::Transient, 500),
        ] {
            let failure = in_stream("x", &error);
            assert_eq!((failure.class, failure.status), (class, Some(status)), "{error}");
        }
    }
}
