//! Anthropic's message batches: one call with all of them, and a stream of results.
//!
//! Source: the API reference of `/v1/messages/batches`; at most 100,000 calls and 256 MB. A batch has no name of its
//! maker's, so one that may have been handed in is looked for by its time and its number of calls; its results say whose
//! it is.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use hafs_proto::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::counter::{Counter, Ended, Ending, Item, Missed, Most, given_back, left_out};
use super::ticket::Ticket;
use crate::call::CallFailure;
use crate::http::{Endpoint, Limit, in_stream};

/// How far two clocks may differ.
const SKEW: Duration = Duration::from_secs(120);
/// How long after a ticket was written its batch may have arrived.
const ARRIVAL: Duration = Duration::from_secs(15 * 60);

/// Where message batches are handed in.
pub(crate) struct Anthropic {
    pub(crate) endpoint: Endpoint,
}

#[derive(Debug, Deserialize)]
struct Batch {
    id: String,
    #[serde(default)]
    processing_status: String,
    #[serde(default)]
    created_at: Option<Timestamp>,
    #[serde(default)]
    request_counts: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Batch>,
}

#[async_trait]
impl Counter for Anthropic {
    fn most(&self) -> Most {
        Most { items: 100_000, bytes: 256 * 1_000_000 }
    }

    async fn hand_in(&self, _: &str, items: &[Item], limit: Limit<'_>) -> Result<String, Missed> {
        let request = |item: &Item| json!({ "custom_id": item.id, "params": item.body });
        let body = json!({ "requests": items.iter().map(request).collect::<Vec<_>>() });
        let made: Result<Batch, CallFailure> =
            self.endpoint.ask(Method::POST, &self.path(""), Some(&body), limit).await;
        made.map(|batch| batch.id).map_err(Missed::of)
    }

    async fn find(&self, ticket: &Ticket, limit: Limit<'_>) -> Result<Vec<String>, CallFailure> {
        let page: Page = self.endpoint.ask(Method::GET, &self.path("?limit=1000"), None, limit).await?;
        Ok(page.data.into_iter().filter(|batch| may_be(batch, ticket)).map(|batch| batch.id).collect())
    }

    async fn collect(&self, batch: &str, limit: Limit<'_>) -> Result<Option<Ended>, CallFailure> {
        let path = self.path(&format!("/{batch}"));
        let found: Batch = self.endpoint.ask(Method::GET, &path, None, limit).await?;
        if found.processing_status != "ended" {
            return Ok(None);
        }
        let mut items = BTreeMap::new();
        self.endpoint.lines(&format!("{path}/results"), limit, |line| items.extend(ending(line))).await?;
        Ok(Some(Ended { items, rest: left_out() }))
    }
}

impl Anthropic {
    fn path(&self, rest: &str) -> String {
        self.endpoint.versioned("v1", &format!("messages/batches{rest}"))
    }
}

fn may_be(batch: &Batch, ticket: &Ticket) -> bool {
    let in_time = batch.created_at.is_none_or(|at| {
        at.plus(SKEW) >= ticket.handed_in && at <= ticket.handed_in.plus(ARRIVAL).plus(SKEW)
    });
    in_time && batch.request_counts.values().sum::<u64>() == ticket.count
}

/// One line of the results.
fn ending(mut line: Value) -> Option<(String, Ending)> {
    let id = line["custom_id"].as_str()?.to_owned();
    let mut result = line["result"].take();
    let ending = match result["type"].as_str() {
        Some("succeeded") => Ok(result["message"].take()),
        Some("expired") => Err(given_back("expired")),
        Some("canceled") => Err(given_back("was cancelled")),
        Some(_) | None => Err(in_stream("a call of a batch", &result["error"])),
    };
    Some((id, ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_taken_for_ours_by_its_time_and_its_number_of_calls() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).expect("a time");
        let ticket = Ticket {
            name: String::new(),
            items: ["a".to_owned(), "b".to_owned()].into(),
            count: 2,
            handed_in: at(10_000),
            batches: Vec::new(),
        };
        let batch = |seconds, processing, succeeded| Batch {
            id: "x".to_owned(),
            processing_status: String::new(),
            created_at: Some(at(seconds)),
            request_counts: [("processing".to_owned(), processing), ("succeeded".to_owned(), succeeded)]
                .into(),
        };
        assert!(may_be(&batch(10_001, 2, 0), &ticket) && may_be(&batch(9_900, 0, 2), &ticket));
        for other in [batch(10_001, 3, 0), batch(9_000, 2, 0), batch(12_000, 2, 0)] {
            assert!(!may_be(&other, &ticket), "{other:?}");
        }
    }

    #[test]
    fn each_line_is_an_answer_a_refusal_or_given_back() {
        let read = |result| ending(json!({"custom_id": "a", "result": result})).expect("an id").1;
        assert_eq!(read(json!({"type": "succeeded", "message": {"x": 1}})), Ok(json!({"x": 1})));
        assert_eq!(read(json!({"type": "expired"})), Err(given_back("expired")));
        let error = json!({"type": "error", "error": {"type": "invalid_request_error", "message": "no"}});
        assert_eq!(read(json!({"type": "errored", "error": error})).expect_err("refused").status, Some(400));
        assert!(read(json!({})).is_err());
    }
}
