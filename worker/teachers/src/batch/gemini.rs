//! Gemini's batches: one call with all of them, and an operation that ends with all results.
//!
//! Source: the API reference of `models.batchGenerateContent` and `batches`; at most 20 MB within the call.

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::counter::{Counter, Ended, Ending, Item, Missed, Most, given_back, left_out};
use super::ticket::Ticket;
use crate::call::CallFailure;
use crate::http::{Endpoint, Limit, in_stream};

/// Pages of the list of batches that are looked through, of a hundred each.
const PAGES: usize = 10;

/// Where batches of one of Gemini's models are handed in.
pub(crate) struct Gemini {
    pub(crate) endpoint: Endpoint,
    pub(crate) model: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Operation {
    name: String,
    done: bool,
    metadata: Value,
    response: Value,
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Page {
    operations: Vec<Operation>,
    next_page_token: Option<String>,
}

#[async_trait]
impl Counter for Gemini {
    fn most(&self) -> Most {
        Most { items: 50_000, bytes: 19 * 1_000_000 }
    }

    async fn hand_in(&self, name: &str, items: &[Item], limit: Limit<'_>) -> Result<String, Missed> {
        let request = |item: &Item| json!({ "request": item.body, "metadata": { "key": item.id } });
        let requests: Vec<Value> = items.iter().map(request).collect();
        let input = json!({ "requests": { "requests": requests } });
        let body = json!({ "batch": { "displayName": name, "inputConfig": input } });
        let model = self.model.trim_start_matches("models/");
        let path = self.endpoint.versioned("v1beta", &format!("models/{model}:batchGenerateContent"));
        let made: Result<Operation, CallFailure> =
            self.endpoint.ask(Method::POST, &path, Some(&body), limit).await;
        match made.map_err(Missed::of)?.name {
            name if name.is_empty() => {
                Err(Missed::Unknown(CallFailure::transient("the provider took a batch and gave it no name")))
            }
            name => Ok(name),
        }
    }

    async fn find(&self, ticket: &Ticket, limit: Limit<'_>) -> Result<Vec<String>, CallFailure> {
        let path = self.endpoint.versioned("v1beta", "batches?pageSize=100");
        let mut next = String::new();
        for _ in 0..PAGES {
            let page: Page = self.endpoint.ask(Method::GET, &format!("{path}{next}"), None, limit).await?;
            let is_it = |operation: &&Operation| operation.metadata["displayName"] == ticket.name.as_str();
            if let Some(operation) = page.operations.iter().find(is_it) {
                return Ok(vec![operation.name.clone()]);
            }
            match page.next_page_token.filter(|token| !token.is_empty()) {
                Some(token) => next = format!("&pageToken={token}"),
                None => break,
            }
        }
        Ok(Vec::new())
    }

    async fn collect(&self, batch: &str, limit: Limit<'_>) -> Result<Option<Ended>, CallFailure> {
        let path = self.endpoint.versioned("v1beta", batch);
        let operation: Operation = self.endpoint.ask(Method::GET, &path, None, limit).await?;
        Ok(ended(operation))
    }
}

fn ended(mut operation: Operation) -> Option<Ended> {
    let state = operation.metadata["state"].as_str().unwrap_or_default();
    // Both `BATCH_STATE_…` and `JOB_STATE_…` are said.
    let rest = match state.rsplit('_').next() {
        Some("SUCCEEDED") => left_out(),
        Some("EXPIRED") => given_back("expired"),
        Some("CANCELLED") => given_back("was cancelled"),
        Some("FAILED") => failed(operation.error.as_ref()),
        Some(_) | None if operation.done => {
            operation.error.as_ref().map_or_else(left_out, |error| failed(Some(error)))
        }
        Some(_) | None => return None,
    };
    let listed = operation.response["inlinedResponses"]["inlinedResponses"].take();
    let listed = match listed {
        Value::Array(listed) => listed,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Vec::new(),
    };
    Some(Ended { items: listed.into_iter().filter_map(ending).collect(), rest })
}

fn failed(error: Option<&Value>) -> CallFailure {
    in_stream("the provider did not take the batch; it", error.unwrap_or(&Value::Null))
}

fn ending(mut listed: Value) -> Option<(String, Ending)> {
    let id = listed["metadata"]["key"].as_str()?.to_owned();
    let error = listed["error"].take();
    let ending = if error.is_null() {
        Ok(listed["response"].take())
    } else {
        Err(in_stream("a call of a batch", &error))
    };
    Some((id, ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(state: &str, done: bool) -> Operation {
        let good = json!({"metadata": {"key": "a"}, "response": {"x": 1}});
        let bad = json!({"metadata": {"key": "b"}, "error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}});
        Operation {
            done,
            metadata: json!({ "state": state }),
            response: json!({"inlinedResponses": {"inlinedResponses": [good, bad, {"response": {}}]}}),
            ..Operation::default()
        }
    }

    #[test]
    fn results_are_told_apart_by_their_keys_and_a_batch_under_way_has_none() {
        assert!(ended(operation("BATCH_STATE_RUNNING", false)).is_none());
        assert!(ended(Operation::default()).is_none());
        for state in ["BATCH_STATE_SUCCEEDED", "JOB_STATE_SUCCEEDED", "WHATEVER"] {
            let ended = ended(operation(state, true)).expect("ended");
            assert_eq!(ended.items["a"], Ok(json!({"x": 1})));
            assert_eq!(ended.items["b"].as_ref().expect_err("refused").status, Some(400));
            assert_eq!((ended.items.len(), ended.rest), (2, left_out()), "one without a key is nobody's");
        }
        assert_eq!(ended(operation("JOB_STATE_EXPIRED", true)).expect("ended").rest, given_back("expired"));
    }
}
