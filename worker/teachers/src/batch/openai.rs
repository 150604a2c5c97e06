//! OpenAI's batches: a file of calls, a batch of the file, and files of results.
//!
//! Source: the API reference of `/v1/files` and `/v1/batches`; at most 50,000 calls and 200 MB.

use std::collections::BTreeMap;

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::counter::{Counter, Ended, Ending, Item, Missed, Most, given_back, left_out};
use super::ticket::Ticket;
use crate::call::CallFailure;
use crate::http::{Endpoint, Limit, Payload, in_stream, of_status};

/// The key of the metadata by which a batch is found again.
const MARK: &str = "hafs_batch";
/// Pages of the list of batches that are looked through, of a hundred each.
const PAGES: usize = 10;

/// Where batches of one of OpenAI's wires are handed in.
pub(crate) struct OpenAi {
    pub(crate) endpoint: Endpoint,
    /// The path that every call of a batch goes to.
    pub(crate) url: &'static str,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Batch {
    id: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
    #[serde(default)]
    output_file_id: Option<String>,
    #[serde(default)]
    error_file_id: Option<String>,
    #[serde(default)]
    errors: Value,
}

#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Batch>,
    #[serde(default)]
    has_more: bool,
}

#[async_trait]
impl Counter for OpenAi {
    fn most(&self) -> Most {
        Most { items: 50_000, bytes: 200 * 1_000_000 }
    }

    async fn hand_in(&self, name: &str, items: &[Item], limit: Limit<'_>) -> Result<String, Missed> {
        // Without a batch of it the file is nothing.
        let file = self.upload(name, items, limit).await.map_err(Missed::Refused)?;
        let body = json!({
            "input_file_id": file, "endpoint": self.url, "completion_window": "24h", "metadata": { MARK: name },
        });
        let path = self.endpoint.versioned("v1", "batches");
        let made: Result<Named, CallFailure> =
            self.endpoint.ask(Method::POST, &path, Some(&body), limit).await;
        made.map(|batch| batch.id).map_err(Missed::of)
    }

    async fn find(&self, ticket: &Ticket, limit: Limit<'_>) -> Result<Vec<String>, CallFailure> {
        let path = self.endpoint.versioned("v1", "batches?limit=100");
        let mut after = String::new();
        for _ in 0..PAGES {
            let page: Page = self.endpoint.ask(Method::GET, &format!("{path}{after}"), None, limit).await?;
            let is_it = |batch: &&Batch| {
                let mark = batch.metadata.as_ref().and_then(|metadata| metadata.get(MARK));
                mark.is_some_and(|mark| *mark == ticket.name)
            };
            if let Some(batch) = page.data.iter().find(is_it) {
                return Ok(vec![batch.id.clone()]);
            }
            match page.data.last() {
                Some(last) if page.has_more => after = format!("&after={}", last.id),
                Some(_) | None => break,
            }
        }
        Ok(Vec::new())
    }

    async fn collect(&self, batch: &str, limit: Limit<'_>) -> Result<Option<Ended>, CallFailure> {
        let path = self.endpoint.versioned("v1", &format!("batches/{batch}"));
        let batch: Batch = self.endpoint.ask(Method::GET, &path, None, limit).await?;
        let rest = match batch.status.as_str() {
            "completed" => left_out(),
            "expired" => given_back("expired"),
            "cancelled" => given_back("was cancelled"),
            "failed" => {
                let first = batch.errors["data"].get(0).cloned().unwrap_or_default();
                in_stream("the provider did not take the batch; it", &first)
            }
            // Validating, in progress, finalizing, cancelling, and what may be said tomorrow.
            _ => return Ok(None),
        };
        let mut items = BTreeMap::new();
        for file in [batch.output_file_id, batch.error_file_id].into_iter().flatten() {
            let path = self.endpoint.versioned("v1", &format!("files/{file}/content"));
            self.endpoint.lines(&path, limit, |line| items.extend(ending(line))).await?;
        }
        Ok(Some(Ended { items, rest }))
    }
}

impl OpenAi {
    async fn upload(&self, name: &str, items: &[Item], limit: Limit<'_>) -> Result<String, CallFailure> {
        let line = |item: &Item| {
            json!({ "custom_id": item.id, "method": "POST", "url": self.url, "body": item.body }).to_string()
        };
        let lines = items.iter().map(line).collect::<Vec<_>>().join("\n");
        let payload = Payload::form(&[("purpose", "batch")], (&format!("{name}.jsonl"), &lines));
        let path = self.endpoint.versioned("v1", "files");
        let file: Named = self.endpoint.hand_over(&path, payload, limit).await?;
        Ok(file.id)
    }
}

/// One line of a file of results.
fn ending(mut line: Value) -> Option<(String, Ending)> {
    let id = line["custom_id"].as_str()?.to_owned();
    let error = line["error"].take();
    if error["code"] == "batch_expired" {
        return Some((id, Err(given_back("expired"))));
    }
    if error["code"] == "batch_cancelled" {
        return Some((id, Err(given_back("was cancelled"))));
    }
    let mut response = line["response"].take();
    let status = response["status_code"].as_u64().and_then(|status| u16::try_from(status).ok());
    let body = response["body"].take();
    tracing::debug!(teacher.request_id = response["request_id"].as_str(), "an answer of a batch was read");
    let ending = match status {
        Some(200) => Ok(body),
        Some(status) => Err(of_status(status, "a call of a batch", &body)),
        None => Err(in_stream("a call of a batch", &error)),
    };
    Some((id, ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_answer_a_refusal_or_given_back() {
        let read = |line| ending(line).expect("an id").1;
        let good =
            json!({"custom_id": "a", "response": {"status_code": 200, "body": {"x": 1}}, "error": null});
        assert_eq!(read(good), Ok(json!({"x": 1})));
        let refused = json!({"custom_id": "a", "error": null, "response": {"status_code": 400,
            "body": {"error": {"message": "no such field", "code": "invalid"}}}});
        assert_eq!(read(refused).expect_err("refused").status, Some(400));
        let late =
            json!({"custom_id": "a", "response": null, "error": {"code": "batch_expired", "message": "x"}});
        assert_eq!(read(late), Err(given_back("expired")));
        assert!(ending(json!({"error": null})).is_none(), "whose line it is has to be said");
        assert!(read(json!({"custom_id": "a"})).is_err());
    }
}
