//! What a provider says went wrong, in whichever shape it says it.

use std::time::Duration;

use serde_json::Value;

use super::time_left::time_left;

/// Characters of a message that are kept.
const MESSAGE_CHARS: usize = 600;
/// Characters of the codes beside it.
const CODE_CHARS: usize = 400;

/// A provider's own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Said {
    /// For people.
    pub(crate) message: String,
    /// Every code beside it, in lower case with spaces between them: `type`, `code`, `status`, reasons and quotas.
    pub(crate) codes: String,
    /// When the next try is allowed, where the body says so.
    pub(crate) retry_after: Option<Duration>,
}

impl Said {
    /// Reads a body: `{"error": "…"}`, `{"error": {"message": "…"}}`, the same in a list, `{"message": "…"}`, or the
    /// beginning of the text.
    pub(crate) fn read(body: &str) -> Self {
        match serde_json::from_str(body) {
            Ok(json) => Self::of(&json),
            Err(_) => Self { message: clip(body.trim(), MESSAGE_CHARS), ..Self::default() },
        }
    }

    /// Reads JSON: the error itself, or what holds it.
    pub(crate) fn of(json: &Value) -> Self {
        let json = json.get(0).unwrap_or(json);
        let error = json.get("error").filter(|error| !error.is_null()).unwrap_or(json);
        let message = error.as_str().or_else(|| error.get("message")?.as_str());
        let message = message.map_or_else(|| error.to_string(), str::to_owned);
        let details = error.get("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut codes: Vec<String> =
            ["type", "code", "status"].iter().filter_map(|key| code(error, key)).collect();
        codes.extend(details.iter().take(16).flat_map(detail_codes));
        Self {
            message: clip(message.trim(), MESSAGE_CHARS),
            codes: clip(&codes.join(" ").to_lowercase(), CODE_CHARS),
            retry_after: details
                .iter()
                .find_map(|detail| time_left(detail.get("retryDelay")?.as_str()?, None)),
        }
    }

    /// Everything that a rule may look for, in lower case.
    pub(super) fn words(&self) -> String {
        format!("{} {}", self.message.to_lowercase(), self.codes)
    }
}

fn code(error: &Value, key: &str) -> Option<String> {
    let code = error.get(key)?;
    code.as_str().map(str::to_owned).or_else(|| code.as_u64().map(|number| number.to_string()))
}

/// Google's details: `ErrorInfo` has a reason, `QuotaFailure` the quotas that were passed.
fn detail_codes(detail: &Value) -> Vec<String> {
    let quotas = detail.get("violations").and_then(Value::as_array).into_iter().flatten();
    let quotas = quotas.take(16).filter_map(|quota| code(quota, "quotaId"));
    code(detail, "reason").into_iter().chain(quotas).collect()
}

fn clip(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_providers_words_are_found_in_every_usual_shape() {
        for (body, message, codes) in [
            (r#"{"error":"model 'x' not found"}"#, "model 'x' not found", ""),
            (r#"{"error":{"message":"bad","type":"t","code":null}}"#, "bad", "t"),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                "Overloaded",
                "overloaded_error",
            ),
            (
                r#"[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}]"#,
                "slow",
                "429 resource_exhausted",
            ),
            (r#"{"message":"plain"}"#, "plain", ""),
            ("<html>oops</html>", "<html>oops</html>", ""),
        ] {
            let said = Said::read(body);
            assert_eq!((said.message.as_str(), said.codes.as_str()), (message, codes));
        }
    }

    #[test]
    fn googles_details_say_when_and_which_quota() {
        let said = Said::read(
            r#"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[
            {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
            {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.074824224s"}]}}"#,
        );
        assert!(said.codes.contains("perdayperproject"), "{said:?}");
        assert_eq!(said.retry_after.map(|delay| delay.as_secs()), Some(34));
    }

    proptest! {
        #[test]
        fn no_body_makes_reading_panic_or_grow(body in "(\\{|\\[|\\}|\\]|\"error\"|\"message\"|\"details\"|:|,|\"retryDelay\"|\"9s\"|1|null){0,24}") {
            let said = Said::read(&body);
            prop_assert!(said.message.chars().count() <= MESSAGE_CHARS && said.codes.chars().count() <= CODE_CHARS);
        }
    }
}
