//! A lean teacher of fixed latency, in a process of its own: it reads no JSON and writes its replies from a hash
//! of the request, so that it costs as little of the machine as an HTTP server can.
//!
//! It keeps the first requests that it gets, so that the bare loop can make the same ones.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use hafs_proto::ContentHash;
use serde_json::json;
use tokio::net::TcpListener;

use crate::scripted::MODEL;

/// Requests that are kept.
const KEPT: usize = 256;
/// Words of a question and of an answer.
const QUESTION: usize = 10;
const ANSWER: usize = 40;

const JSON: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

struct Desk {
    latency: Duration,
    syllables: Vec<String>,
    kept: Mutex<Vec<Bytes>>,
}

/// Answers at `listen` until the process is ended.
///
/// # Errors
/// When the address cannot be had.
pub async fn serve(listen: SocketAddr, latency: Duration) -> anyhow::Result<()> {
    let desk = Desk { latency, syllables: syllables(), kept: Mutex::default() };
    let router = Router::new()
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(chat))
        .route("/kept", get(kept))
        .with_state(Arc::new(desk));
    let listener = TcpListener::bind(listen).await?.tap_io(|stream| {
        // Without it a reply could wait for an acknowledgement; the latency would still be the asked one at least.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

async fn models() -> Json<serde_json::Value> {
    Json(json!({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "bench"}]}))
}

async fn kept(State(desk): State<Arc<Desk>>) -> Json<Vec<String>> {
    let kept = desk.kept.lock().unwrap_or_else(PoisonError::into_inner);
    Json(kept.iter().map(|body| String::from_utf8_lossy(body).into_owned()).collect())
}

async fn chat(State(desk): State<Arc<Desk>>, body: Bytes) -> ([(HeaderName, &'static str); 1], String) {
    let reply = desk.reply(&body);
    desk.keep(body);
    tokio::time::sleep(desk.latency).await;
    (JSON, reply)
}

impl Desk {
    fn keep(&self, body: Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(body);
        }
    }

    /// A question and an answer of words that follow from the request; hardly two are alike.
    fn reply(&self, body: &[u8]) -> String {
        let mut words = Words { syllables: &self.syllables, seed: ContentHash::of(body), drawn: 0 };
        let (question, answer) = (words.some(QUESTION), words.some(ANSWER));
        let tokens = body.len() / 4;
        format!(
            r#"{{"id":"chatcmpl-bench","object":"chat.completion","created":0,"model":"{MODEL}","choices":[{{"index":0,"finish_reason":"stop","message":{{"role":"assistant","content":"{{\"question\": \"What is meant by {question}?\", \"answer\": \"The {answer}.\"}}"}}}}],"usage":{{"prompt_tokens":{tokens},"completion_tokens":96,"total_tokens":{}}}}}"#,
            tokens + 96
        )
    }
}

struct Words<'a> {
    syllables: &'a [String],
    seed: ContentHash,
    drawn: u64,
}

impl Words<'_> {
    fn some(&mut self, count: usize) -> String {
        let mut text = String::with_capacity(count * 8);
        while text.split(' ').count() <= count {
            let hash = ContentHash::keyed(self.seed.as_bytes(), &self.drawn.to_le_bytes());
            self.drawn += 1;
            for pair in hash.as_bytes().chunks_exact(2) {
                pair.iter()
                    .filter_map(|byte| self.syllables.get(usize::from(*byte)))
                    .for_each(|part| text += part);
                text.push(' ');
            }
        }
        let end = text.match_indices(' ').nth(count - 1).map_or(text.len(), |(at, _)| at);
        text.truncate(end);
        text
    }
}

/// 256 syllables, one for each byte.
fn syllables() -> Vec<String> {
    const ONSETS: [&str; 16] =
        ["b", "br", "d", "dr", "f", "g", "gl", "k", "l", "m", "n", "p", "pl", "s", "t", "v"];
    const RHYMES: [&str; 16] =
        ["a", "e", "i", "o", "u", "ai", "ea", "ou", "an", "er", "in", "ol", "ust", "ack", "end", "im"];
    ONSETS.iter().flat_map(|onset| RHYMES.iter().map(move |rhyme| format!("{onset}{rhyme}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk() -> Desk {
        Desk { latency: Duration::ZERO, syllables: syllables(), kept: Mutex::default() }
    }

    #[test]
    fn a_reply_is_json_in_json_and_follows_from_the_request_alone() {
        let desk = desk();
        let reply: serde_json::Value = serde_json::from_str(&desk.reply(b"one")).unwrap();
        let content = reply["choices"][0]["message"]["content"].as_str().unwrap();
        let content: serde_json::Value = serde_json::from_str(content).unwrap();
        assert_eq!(content["answer"].as_str().unwrap().split(' ').count(), ANSWER + 1);
        assert_eq!(desk.reply(b"one"), desk.reply(b"one"));
        assert_ne!(desk.reply(b"one"), desk.reply(b"two"));
    }

    #[test]
    fn only_the_first_requests_are_kept() {
        let desk = desk();
        (0..=KEPT).for_each(|number| desk.keep(Bytes::from(number.to_string())));
        assert_eq!(desk.kept.lock().unwrap().len(), KEPT);
    }
}
