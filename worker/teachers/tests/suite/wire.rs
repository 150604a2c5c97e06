//! Answers of a real Ollama server, replayed: what is read from them, and what is sent for them.

use crate::support::{Act, Scripted, answer, client, config, connector, request};
use hafs_proto::task::FailureClass;
use hafs_proto::{Reason, StopReason};
use hafs_teachers::{Ability, OllamaServer, TeacherKind};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

fn recorded(name: &str) -> Vec<Act> {
    let all: Value = serde_json::from_str(include_str!("../fixtures/ollama-0.33.json")).expect("JSON");
    let case = &all["answers"][name];
    let body = match case["body"].as_array() {
        Some(lines) => lines
            .iter()
            .map(|line| if line.is_string() { String::new() } else { format!("{line}\n") })
            .collect::<String>(),
        None => case["body"].to_string(),
    };
    let status = u16::try_from(case["status"].as_u64().expect("a status")).expect("a status");
    answer(status, &[("content-type", case["content_type"].as_str().expect("a type"))], &body)
}

#[tokio::test]
async fn a_streamed_chat_is_put_together_with_its_counters() {
    let server = Scripted::start(vec![recorded("chat_stream")]);
    let teacher =
        connector().teacher(&config(TeacherKind::Ollama, "smollm2:135m", &server)).expect("a teacher");
    let reply = teacher.chat(&request(), &CancellationToken::new()).await;
    // The recording was stopped by its limit of 8 tokens.
    assert_eq!(reply.outcome.expect_err("cut").reason, Reason::Truncated);
    assert_eq!(reply.record.reply_excerpt.as_deref(), Some("I'm so glad you're here."));
    assert_eq!((reply.record.usage.input, reply.record.usage.output), (16, 8));
    assert_eq!(reply.record.served_model.as_deref(), Some("smollm2:135m"));
    let sent = server.requests();
    assert_eq!(sent[0]["stream"], true);
    assert_eq!(sent[0]["options"]["num_ctx"], 8192);
}

#[tokio::test]
async fn a_whole_chat_in_one_line_is_read_as_well() {
    let server = Scripted::start(vec![recorded("chat")]);
    let teacher =
        connector().teacher(&config(TeacherKind::Ollama, "smollm2:135m", &server)).expect("a teacher");
    let reply = teacher.chat(&request(), &CancellationToken::new()).await;
    assert!(reply.outcome.expect("a reply").starts_with("I'm so glad"));
    assert_eq!(reply.record.stop, StopReason::Complete);
    assert!(reply.record.usage.reported);
}

#[tokio::test]
async fn each_recorded_failure_has_its_own_class() {
    for (name, reason, class) in [
        ("chat_length_stop", Reason::Truncated, FailureClass::Invalid),
        ("chat_unknown_model", Reason::ProviderError, FailureClass::ModelMissing),
        ("chat_think_unsupported", Reason::ProviderError, FailureClass::Invalid),
        ("chat_empty_messages_loads_model", Reason::EmptyReply, FailureClass::Invalid),
    ] {
        let server = Scripted::start(vec![recorded(name)]);
        let teacher =
            connector().teacher(&config(TeacherKind::Ollama, "smollm2:135m", &server)).expect("a teacher");
        let reply = teacher.chat(&request(), &CancellationToken::new()).await;
        let failure = reply.outcome.expect_err(name);
        assert_eq!((failure.reason, failure.class), (reason, class), "{name}: {failure}");
        assert!(reply.record.error.is_some());
    }
}

#[tokio::test]
async fn a_server_says_what_it_has_and_what_is_loaded() {
    let server = Scripted::start(vec![recorded("version"), recorded("tags"), recorded("ps_loaded")]);
    let offer = connector().probe(&config(TeacherKind::Ollama, "any", &server)).await.expect("an offer");
    let coder = offer.find("qwen2.5-coder:0.5b").expect("it has it");
    assert_eq!((coder.context, coder.ability), (Some(32768), Ability::Chat));
    assert_eq!(coder.loaded.map(|loaded| loaded.context), Some(Some(2048)));
    assert!(coder.digest.as_deref().is_some_and(|digest| digest.len() == 64));
    assert_eq!(offer.find("all-minilm").map(|model| model.ability), Some(Ability::Embed));
    let facts = coder.facts("ollama").expect("facts");
    assert_eq!(facts.teacher.as_str(), "ollama/qwen2.5-coder:0.5b");
}

#[tokio::test]
async fn an_older_server_is_asked_for_each_models_facts() {
    let tags = r#"{"models":[{"name":"smollm2:135m","size":1,"digest":"d","details":{"family":"llama"}}]}"#;
    let server = Scripted::start(vec![
        recorded("version"),
        answer(200, &[], tags),
        recorded("ps_empty"),
        recorded("show"),
    ]);
    let offer = connector().probe(&config(TeacherKind::Ollama, "any", &server)).await.expect("an offer");
    assert_eq!(offer.models[0].context, Some(8192));
    assert_eq!(server.requests()[3]["model"], "smollm2:135m");
}

#[tokio::test]
async fn a_download_that_fails_inside_a_success_is_a_failure_with_its_words() {
    let server = Scripted::start(vec![recorded("pull_no_network_stream")]);
    let ollama = OllamaServer::new(client(), &server.base_url).expect("an address");
    let steps = std::sync::Mutex::new(Vec::new());
    let failure = ollama
        .pull("nope:1b", std::time::Duration::from_secs(5), &CancellationToken::new(), &|step| {
            steps.lock().expect("steps").push(step.status);
        })
        .await
        .expect_err("no network");
    assert!(failure.message.contains("no such host"), "{failure}");
    assert_eq!(*steps.lock().expect("steps"), ["pulling manifest"]);
}

#[tokio::test]
async fn vectors_come_in_order_and_the_wrong_models_error_is_kept() {
    let server = Scripted::start(vec![recorded("embed_batch")]);
    let embedder = connector().embedder(&config(TeacherKind::Ollama, "all-minilm", &server)).expect("one");
    let texts = ["a cat sat".to_owned(), "a dog ran".to_owned()];
    let embeddings = embedder.embed(&texts).await.expect("vectors");
    assert_eq!((embeddings.vectors.len(), embeddings.usage.input), (2, 10));
    for (name, class) in [
        ("embed_not_an_embedding_model", FailureClass::ModelMissing),
        ("embed_unknown_model", FailureClass::ModelMissing),
    ] {
        let server = Scripted::start(vec![recorded(name)]);
        let embedder = connector().embedder(&config(TeacherKind::Ollama, "x", &server)).expect("one");
        assert_eq!(embedder.embed(&texts).await.expect_err(name).class, class);
    }
}

#[tokio::test]
async fn the_same_server_is_understood_through_openais_wire() {
    let server = Scripted::start(vec![recorded("openai_chat_json_schema")]);
    let teacher =
        connector().teacher(&config(TeacherKind::OpenAi, "qwen2.5-coder:0.5b", &server)).expect("a teacher");
    let reply = teacher.chat(&request(), &CancellationToken::new()).await;
    assert!(reply.outcome.expect("a reply").contains("instruction"));
    assert_eq!((reply.record.usage.input, reply.record.usage.output), (35, 45));

    let server = Scripted::start(vec![recorded("openai_chat_unknown_model")]);
    let teacher = connector().teacher(&config(TeacherKind::OpenAi, "nope", &server)).expect("a teacher");
    let reply = teacher.chat(&request(), &CancellationToken::new()).await;
    assert_eq!(reply.outcome.expect_err("unknown").class, FailureClass::ModelMissing);

    let server = Scripted::start(vec![recorded("openai_models")]);
    let offer = connector().probe(&config(TeacherKind::OpenAi, "any", &server)).await.expect("an offer");
    assert_eq!(offer.models.len(), 3);

    let server = Scripted::start(vec![recorded("openai_embeddings")]);
    let embedder = connector().embedder(&config(TeacherKind::OpenAi, "all-minilm", &server)).expect("one");
    let embeddings = embedder.embed(&["a".to_owned(), "b".to_owned()]).await.expect("vectors");
    assert_eq!((embeddings.vectors.len(), embeddings.usage.input), (2, 6));
}
