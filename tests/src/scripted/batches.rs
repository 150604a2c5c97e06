//! Batches of three providers: taken at once, worked off when the script says so, answered in another order than they
//! were asked in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hafs_proto::Timestamp;
use hafs_runtime::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{self, Answer, End};
use super::wire::Wire;
use super::{MODEL, STRAGGLE, Server, fill};

/// What goes wrong with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchFault {
    /// It is taken, and whoever hands it in hears of an error of the server.
    LostAnswer,
    /// Nothing of it is answered within its day.
    Expires,
    /// It is refused as a whole, after it was taken.
    Fails,
    /// Of its calls one is refused, one expires, one is in no result, and the others are answered.
    Partly,
    /// It takes twenty times as long as others.
    Straggler,
}

/// How batches go.
#[derive(Debug, Clone, Default)]
pub struct BatchScript {
    /// How long one takes.
    pub takes: Duration,
    /// Which batches (numbered from 1) go wrong, and how.
    pub faults: BTreeMap<u64, BatchFault>,
}

/// Every batch, and the files of one provider.
#[derive(Debug, Default)]
pub(super) struct Desk {
    files: BTreeMap<String, String>,
    batches: Vec<Batch>,
    /// Nothing is worked off as long as this holds.
    pub(super) held: bool,
}

#[derive(Debug, Clone)]
struct Batch {
    id: String,
    name: Value,
    wire: Wire,
    items: Vec<(String, Value)>,
    created: Timestamp,
    ready: Instant,
    fault: Option<BatchFault>,
}

/// What became of one call.
enum Came {
    Answered(Value),
    Refused,
    Expired,
    Nothing,
}

impl Desk {
    /// Calls in each batch.
    pub(super) fn sizes(&self) -> Vec<usize> {
        self.batches.iter().map(|batch| batch.items.len()).collect()
    }
}

impl Server {
    /// Takes a batch in; nothing where the answer to that is lost.
    fn take(&self, wire: Wire, name: Value, items: Vec<(String, Value)>) -> Option<Batch> {
        for (_, body) in &items {
            self.book().batched(fill::prompt(&wire.read(None, body)));
        }
        let mut desk = self.desk();
        let number = desk.batches.len() as u64 + 1;
        let fault = self.script.batches.faults.get(&number).copied();
        let late = if fault == Some(BatchFault::Straggler) { STRAGGLE } else { 1 };
        let batch = Batch {
            id: format!("batch_{number}"),
            name,
            wire,
            items,
            created: SystemClock.now(),
            ready: Instant::now() + self.script.batches.takes * late,
            fault,
        };
        desk.batches.push(batch.clone());
        (fault != Some(BatchFault::LostAnswer)).then_some(batch)
    }

    fn batch(&self, id: &str) -> Option<(Batch, bool)> {
        let desk = self.desk();
        let batch = desk.batches.iter().find(|batch| batch.id == id)?.clone();
        let ended = !desk.held && batch.ready <= Instant::now();
        Some((batch, ended))
    }

    fn all(&self, wire: &[Wire]) -> Vec<(Batch, bool)> {
        let ids: Vec<String> = self.desk().batches.iter().rev().map(|batch| batch.id.clone()).collect();
        let found = ids.iter().filter_map(|id| self.batch(id));
        found.filter(|(batch, _)| wire.contains(&batch.wire)).collect()
    }

    /// The results, last first.
    fn came(&self, batch: &Batch) -> Vec<(String, Came)> {
        let came = |(nth, (id, body)): (usize, &(String, Value))| {
            let came = match (batch.fault, nth) {
                (Some(BatchFault::Expires), _) | (Some(BatchFault::Partly), 1) => Came::Expired,
                (Some(BatchFault::Fails), _) | (Some(BatchFault::Partly), 2) => Came::Nothing,
                (Some(BatchFault::Partly), 0) => Came::Refused,
                (Some(BatchFault::Partly | BatchFault::LostAnswer | BatchFault::Straggler) | None, _) => {
                    Came::Answered(self.worked_off(batch.wire, body))
                }
            };
            (id.clone(), came)
        };
        batch.items.iter().enumerate().map(came).rev().collect()
    }

    fn worked_off(&self, wire: Wire, body: &Value) -> Value {
        let asked = wire.read(None, body);
        let text = fill::reply(&asked, fill::prompt(&asked), self.script.bad_every);
        let written = answer::write(&asked, &Answer { text: &text, end: End::Complete, model: MODEL });
        serde_json::from_str(&written.pieces.concat()).unwrap_or_default()
    }
}

fn broken() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"error": {"message": "try again"}}))).into_response()
}

fn unknown() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": {"message": "no such batch", "type": "not_found"}})))
        .into_response()
}

fn lines(lines: impl Iterator<Item = Value>) -> Response {
    lines.map(|line| format!("{line}\n")).collect::<String>().into_response()
}

// OpenAI.

/// A form with a file: whatever stands between the last empty line and the last boundary.
pub(super) async fn upload(State(server): State<Arc<Server>>, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body);
    let file = text.rsplit_once("\r\n\r\n").map_or("", |(_, rest)| rest);
    let file = file.rsplit_once("\r\n--").map_or("", |(file, _)| file);
    let mut desk = server.desk();
    let id = format!("file-{}", desk.files.len() + 1);
    desk.files.insert(id.clone(), file.to_owned());
    Json(json!({"id": id, "object": "file", "purpose": "batch"})).into_response()
}

pub(super) async fn open_openai(State(server): State<Arc<Server>>, Json(body): Json<Value>) -> Response {
    let file = body["input_file_id"].as_str().and_then(|id| server.desk().files.get(id).cloned());
    let Some(file) = file else { return unknown() };
    let wire = if body["endpoint"] == "/v1/responses" { Wire::Responses } else { Wire::Chat };
    let item = |line: &str| {
        let mut line: Value = serde_json::from_str(line).ok()?;
        Some((line["custom_id"].as_str()?.to_owned(), line["body"].take()))
    };
    let items = file.lines().filter_map(item).collect();
    let taken = server.take(wire, body["metadata"].clone(), items);
    taken.map_or_else(broken, |batch| Json(openai(&batch, false)).into_response())
}

fn openai(batch: &Batch, ended: bool) -> Value {
    let status = match (ended, batch.fault) {
        (false, _) => "in_progress",
        (true, Some(BatchFault::Expires)) => "expired",
        (true, Some(BatchFault::Fails)) => "failed",
        (true, Some(BatchFault::LostAnswer | BatchFault::Partly | BatchFault::Straggler) | None) => {
            "completed"
        }
    };
    let file = (ended && batch.fault != Some(BatchFault::Fails)).then(|| format!("results-{}", batch.id));
    json!({"id": batch.id, "object": "batch", "status": status, "metadata": batch.name, "output_file_id": file,
        "error_file_id": null, "errors": {"data": [{"code": "token_limit_exceeded", "message": "too many tokens are waiting"}]}})
}

pub(super) async fn list_openai(State(server): State<Arc<Server>>) -> Response {
    let all = server.all(&[Wire::Chat, Wire::Responses]);
    let data: Vec<Value> = all.iter().map(|(batch, ended)| openai(batch, *ended)).collect();
    Json(json!({"data": data, "has_more": false})).into_response()
}

pub(super) async fn see_openai(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Response {
    server.batch(&id).map_or_else(unknown, |(batch, ended)| Json(openai(&batch, ended)).into_response())
}

pub(super) async fn content(State(server): State<Arc<Server>>, Path(file): Path<String>) -> Response {
    let id = file.trim_start_matches("results-");
    let Some((batch, true)) = server.batch(id) else { return unknown() };
    let line = |(id, came): (String, Came)| match came {
        Came::Answered(body) => {
            let response = json!({"status_code": 200, "request_id": "req_1", "body": body});
            Some(json!({"custom_id": id, "response": response, "error": null}))
        }
        Came::Refused => {
            let body = json!({"error": {"message": "this prompt is not allowed", "code": "invalid_request"}});
            Some(json!({"custom_id": id, "response": {"status_code": 400, "body": body}, "error": null}))
        }
        Came::Expired => Some(json!({"custom_id": id, "response": null, "error": {"code": "batch_expired"}})),
        Came::Nothing => None,
    };
    lines(server.came(&batch).into_iter().filter_map(line))
}

// Anthropic.

pub(super) async fn open_messages(
    State(server): State<Arc<Server>>,
    Json(mut body): Json<Value>,
) -> Response {
    let requests = body["requests"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let item = |mut one: Value| Some((one["custom_id"].as_str()?.to_owned(), one["params"].take()));
    let taken = server.take(Wire::Messages, Value::Null, requests.into_iter().filter_map(item).collect());
    taken.map_or_else(broken, |batch| Json(messages(&batch, false)).into_response())
}

fn messages(batch: &Batch, ended: bool) -> Value {
    let counts = |name: &str| json!({ name: batch.items.len() });
    json!({"id": batch.id, "type": "message_batch", "created_at": batch.created,
        "processing_status": if ended { "ended" } else { "in_progress" },
        "request_counts": counts(if ended { "succeeded" } else { "processing" })})
}

pub(super) async fn list_messages(State(server): State<Arc<Server>>) -> Response {
    let all = server.all(&[Wire::Messages]);
    let data: Vec<Value> = all.iter().map(|(batch, ended)| messages(batch, *ended)).collect();
    Json(json!({"data": data, "has_more": false})).into_response()
}

pub(super) async fn see_messages(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Response {
    server.batch(&id).map_or_else(unknown, |(batch, ended)| Json(messages(&batch, ended)).into_response())
}

pub(super) async fn results(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Response {
    let Some((batch, true)) = server.batch(&id) else { return unknown() };
    let line = |(id, came): (String, Came)| {
        let result = match came {
            Came::Answered(message) => json!({"type": "succeeded", "message": message}),
            Came::Refused => json!({"type": "errored", "error": Wire::Messages.error(
                400, "invalid_request_error", "this prompt is not allowed", &Value::Null)}),
            Came::Expired => json!({"type": "expired"}),
            Came::Nothing => return None,
        };
        Some(json!({"custom_id": id, "result": result}))
    };
    lines(server.came(&batch).into_iter().filter_map(line))
}

// Gemini.

pub(super) fn open_gemini(server: &Server, body: &Value) -> Response {
    let batch = &body["batch"];
    let requests = batch["inputConfig"]["requests"]["requests"].as_array().cloned().unwrap_or_default();
    let item = |mut one: Value| Some((one["metadata"]["key"].as_str()?.to_owned(), one["request"].take()));
    let items = requests.into_iter().filter_map(item).collect();
    let taken = server.take(Wire::Gemini, batch["displayName"].clone(), items);
    taken.map_or_else(broken, |batch| Json(gemini(server, &batch, false)).into_response())
}

fn gemini(server: &Server, batch: &Batch, ended: bool) -> Value {
    let state = match (ended, batch.fault) {
        (false, _) => "BATCH_STATE_RUNNING",
        (true, Some(BatchFault::Expires)) => "BATCH_STATE_EXPIRED",
        (true, Some(BatchFault::Fails)) => "BATCH_STATE_FAILED",
        (true, Some(BatchFault::LostAnswer | BatchFault::Partly | BatchFault::Straggler) | None) => {
            "BATCH_STATE_SUCCEEDED"
        }
    };
    let one = |(id, came): (String, Came)| match came {
        Came::Answered(response) => Some(json!({"metadata": {"key": id}, "response": response})),
        Came::Refused => {
            let error =
                json!({"code": 400, "message": "this prompt is not allowed", "status": "INVALID_ARGUMENT"});
            Some(json!({"metadata": {"key": id}, "error": error}))
        }
        // What is not answered is not listed there.
        Came::Expired | Came::Nothing => None,
    };
    let listed: Vec<Value> =
        if ended { server.came(batch).into_iter().filter_map(one).collect() } else { Vec::new() };
    json!({"name": format!("batches/{}", batch.id), "done": ended,
        "metadata": {"displayName": batch.name, "state": state},
        "response": {"inlinedResponses": {"inlinedResponses": listed}}})
}

pub(super) async fn list_gemini(State(server): State<Arc<Server>>) -> Response {
    let all = server.all(&[Wire::Gemini]);
    let operations: Vec<Value> = all.iter().map(|(batch, ended)| gemini(&server, batch, *ended)).collect();
    Json(json!({ "operations": operations })).into_response()
}

pub(super) async fn see_gemini(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Response {
    server
        .batch(&id)
        .map_or_else(unknown, |(batch, ended)| Json(gemini(&server, &batch, ended)).into_response())
}
