//! An independent implementation of Ollama's protocol (ollama-openai-proxy), over the scripted server and over a small
//! real model: somebody else's code accepts our requests, and we read its answers, streams and errors.

use std::sync::Arc;
use std::time::Duration;

use hafs_proto::StopReason;
use hafs_proto::task::FailureClass;
use hafs_teachers::{ChatRequest, Teacher, TeacherConfig, TeacherKind};
use hafs_tests::cache::cached;
use hafs_tests::engine::{Engine, smollm2};
use hafs_tests::scripted::{MODEL, Script};

use crate::support::{Foreign, ask, connector, request, start};

/// The peer in front of a server of OpenAI's protocol; nothing when it is not installed.
async fn peer(upstream: &str) -> Option<Foreign> {
    let mark = cached("HAFS_TEST_ENGINES", "engines")?.join("ollama-openai-proxy-0.7.0/installed");
    if !mark.exists() {
        println!("SKIPPED: no peer of Ollama's protocol is installed; `scripts/setup.sh` gets it");
        return None;
    }
    Some(Foreign::start("ollama-peer.sh", upstream.as_ref(), "/health").await)
}

fn teacher(peer: &Foreign, model: &str) -> Arc<dyn Teacher> {
    let mut config = TeacherConfig::new(TeacherKind::Ollama, "peer", model);
    config.base_url = Some(peer.url.clone());
    config.idle_timeout = Duration::from_secs(60);
    connector().teacher(&config).expect("a teacher")
}

#[tokio::test]
async fn a_peer_of_ollama_takes_our_calls_and_we_read_its_answers_and_errors() {
    let scripted = start(Script::default()).await;
    let Some(peer) = peer(&scripted.base_url()).await else { return };
    for structured in [true, false] {
        let request = ChatRequest { schema: request().schema.filter(|_| structured), ..request() };
        let reply = ask(teacher(&peer, MODEL).as_ref(), &request).await;
        let text = reply.outcome.unwrap_or_else(|failure| panic!("{structured}: {failure}"));
        assert!(!text.trim().is_empty());
        assert_eq!(reply.record.stop, StopReason::Complete);
        let asked = scripted.last().expect("a call");
        assert_eq!(asked.texts.last().map(String::as_str), Some("What is a lease, and why does it end?"));
    }
    scripted.want(Some("another"));
    let refused = ask(teacher(&peer, MODEL).as_ref(), &request()).await;
    let failure = refused.outcome.expect_err("the server behind it refuses its key");
    println!("{:?} {failure}", failure.class);
    assert_ne!(failure.class, FailureClass::Invalid, "{failure}");
}

#[tokio::test]
async fn a_small_real_model_behind_a_peer_of_ollama_answers() {
    let Some(engine) = smollm2().as_deref().and_then(Engine::start) else {
        return println!("SKIPPED: llama.cpp or its model is not there; `scripts/setup.sh` gets both");
    };
    let Some(peer) = peer(&format!("{}/v1", engine.url)).await else { return };
    let request =
        ChatRequest { schema: None, max_tokens: 48, deadline: Duration::from_secs(120), ..request() };
    let reply = ask(teacher(&peer, &engine.model).as_ref(), &request).await;
    println!("{:?} {:?} {:?}", reply.outcome, reply.record.stop, reply.record.usage);
    assert!(reply.record.reply_hash.is_some(), "something was written: {:?}", reply.record);
    assert!(matches!(reply.record.stop, StopReason::Complete | StopReason::Length), "{:?}", reply.record);
}
