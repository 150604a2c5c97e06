//! The calls.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hafs_proto::limits;
use hafs_proto::quota::Seen;
use hafs_proto::worker::{
    ClaimReply, ClaimRequest, CompleteReply, DeliveryAnswer, DrainRequest, FailReply, RegisterReply,
    RegisterRequest, ReleaseReply, ReleaseRequest, RenewReply, RenewRequest, RotateReply, RotateRequest,
    TeachersRequest, feature,
};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::reply;
use crate::agent::{Answered, CallTrouble, ParcelKind};

/// A call that needs no more than a look at the library.
const SHORT: Duration = Duration::from_secs(15);
/// A call that writes a batch.
const LONG: Duration = Duration::from_secs(60);
/// A claim may take this much longer than it is allowed to wait.
const CLAIM_MARGIN: Duration = Duration::from_secs(10);
/// Bytes of an answer that is read, claims apart.
const ANSWER_BYTES: usize = limits::REQUEST_BYTES;
/// Bytes of a claim's answer: as many tasks as it may hold, each with a seed of the largest size.
const CLAIM_BYTES: usize = limits::CLAIM_TASKS as usize * 4 * limits::SEED_TEXT_BYTES;

/// The coordinator, as a worker sees it.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    instance: HeaderValue,
    /// A bearer header's value, marked sensitive so that it is never shown. All copies of an `Api` share it, so that a
    /// new secret is used by all calls from then on.
    bearer: Arc<RwLock<HeaderValue>>,
}

impl Api {
    /// Calls to the coordinator at `base` (`https://host:port`), with this credential or join token, from this
    /// instance of the worker. `None` when one of them has characters that a header may not have.
    #[must_use]
    pub fn new(http: reqwest::Client, base: &str, token: &str, instance: &str) -> Option<Self> {
        let bearer = Arc::new(RwLock::new(bearer(token)?));
        let instance = HeaderValue::from_str(instance).ok()?;
        Some(Self { http, base: base.trim_end_matches('/').to_owned(), instance, bearer })
    }

    /// Uses another token from now on.
    pub fn adopt(&self, token: &str) {
        if let Some(bearer) = bearer(token) {
            *self.bearer.write().unwrap_or_else(PoisonError::into_inner) = bearer;
        }
    }

    /// Joins, or comes back.
    ///
    /// # Errors
    /// [`CallTrouble`], as for all calls.
    pub async fn register(&self, request: &RegisterRequest) -> Answered<RegisterReply> {
        self.post("register", request, SHORT, ANSWER_BYTES).await
    }

    /// Asks for tasks; waits as long as the request says.
    ///
    /// # Errors
    /// [`CallTrouble`].
    pub async fn claim(&self, request: &ClaimRequest) -> Answered<ClaimReply> {
        let wait = Duration::from_millis(request.wait_ms.min(limits::CLAIM_WAIT_MS));
        self.post("claim", request, wait + CLAIM_MARGIN, CLAIM_BYTES).await
    }

    /// Extends leases.
    ///
    /// # Errors
    /// [`CallTrouble`].
    pub async fn renew(&self, request: &RenewRequest) -> Answered<RenewReply> {
        self.post("renew", request, SHORT, ANSWER_BYTES).await
    }

    /// Hands tasks back.
    ///
    /// # Errors
    /// [`CallTrouble`].
    pub async fn release(&self, request: &ReleaseRequest) -> Answered<ReleaseReply> {
        self.post("release", request, SHORT, ANSWER_BYTES).await
    }

    /// Says that this worker is leaving.
    ///
    /// # Errors
    /// [`CallTrouble`].
    pub async fn drain(&self, request: &DrainRequest) -> Answered<()> {
        let body = reply::to_body(request);
        reply::text(self.send("drain", body, SHORT).await?, ANSWER_BYTES).await.map(|_| ())
    }

    /// Tells on which terms this worker's teachers can be used.
    ///
    /// # Errors
    /// [`CallTrouble`].
    pub async fn teachers(&self, request: &TeachersRequest) -> Answered<()> {
        let body = reply::to_body(request);
        reply::text(self.send("teachers", body, SHORT).await?, ANSWER_BYTES).await.map(|_| ())
    }

    /// Gives the credential a new secret.
    ///
    /// # Errors
    /// [`CallTrouble`].
    pub async fn rotate(&self, request: &RotateRequest) -> Answered<RotateReply> {
        self.post("rotate", request, SHORT, ANSWER_BYTES).await
    }

    /// Delivers results, each given as its JSON form, and what providers have said since the last delivery: nothing
    /// to a coordinator that does not know the feature `limits`.
    ///
    /// # Errors
    /// [`CallTrouble`].
    pub async fn deliver(
        &self,
        kind: ParcelKind,
        parcels: &[Vec<u8>],
        seen: &[Seen],
    ) -> Answered<Vec<DeliveryAnswer>> {
        let (call, field) = match kind {
            ParcelKind::Completion => ("complete", "results"),
            ParcelKind::Failure => ("fail", "failures"),
        };
        let response = self.send(call, batch(field, parcels, seen), LONG).await?;
        match kind {
            ParcelKind::Completion => {
                reply::json(response, ANSWER_BYTES).await.map(|reply: CompleteReply| reply.answers)
            }
            ParcelKind::Failure => {
                reply::json(response, ANSWER_BYTES).await.map(|reply: FailReply| reply.answers)
            }
        }
    }

    async fn post<Q, A>(&self, call: &str, request: &Q, deadline: Duration, limit: usize) -> Answered<A>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned,
    {
        let body = reply::to_body(request);
        reply::json(self.send(call, body, deadline).await?, limit).await
    }

    async fn send(&self, call: &str, body: Vec<u8>, deadline: Duration) -> Answered<reqwest::Response> {
        let bearer = self.bearer.read().unwrap_or_else(PoisonError::into_inner).clone();
        self.http
            .post(format!("{}/v1/workers/{call}", self.base))
            .header(AUTHORIZATION, bearer)
            .header(feature::INSTANCE_HEADER, self.instance.clone())
            .header(CONTENT_TYPE, "application/json")
            .timeout(deadline)
            .body(body)
            .send()
            .await
            .map_err(|error| CallTrouble::Away(reply::chain(&error)))
    }
}

fn bearer(token: &str) -> Option<HeaderValue> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    bearer.set_sensitive(true);
    Some(bearer)
}

/// `{"<field>":[…]}` of JSON texts that are ready: the bytes of a result are the same each time it is sent.
fn batch(field: &str, parcels: &[Vec<u8>], seen: &[Seen]) -> Vec<u8> {
    let mut body = Vec::with_capacity(parcels.iter().map(|parcel| parcel.len() + 1).sum::<usize>() + 32);
    body.extend_from_slice(format!("{{\"{field}\":[").as_bytes());
    body.extend(parcels.join(&b','));
    body.push(b']');
    if !seen.is_empty() {
        body.extend_from_slice(b",\"seen\":");
        body.extend(reply::to_body(&seen));
    }
    body.push(b'}');
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_the_json_of_its_parts() {
        let body = batch("results", &[b"{\"a\":1}".to_vec(), b"2".to_vec()], &[]);
        let value: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(value, serde_json::json!({"results": [{"a": 1}, 2]}));
    }

    #[test]
    fn the_token_stays_out_of_the_debug_form() {
        let token = ["not", "shown"].concat();
        let http = hafs_runtime::http::client(&Default::default(), &Default::default()).expect("a client");
        let api = Api::new(http.clone(), "http://127.0.0.1:1/", &token, "one").expect("an api");
        assert!(!format!("{api:?}").contains(&token));
        assert!(Api::new(http, "http://127.0.0.1:1", "a\nb", "one").is_none());
    }
}
