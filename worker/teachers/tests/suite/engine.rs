//! The embedded engine with real weights. Without them each test prints that it was skipped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::support::client;
use hafs_proto::Reason;
use hafs_teachers::{ChatRequest, Connector, Message, Reply, Teacher, TeacherConfig, TeacherKind};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const SMALL: &str = "smollm2-135m-instruct";
const CODER: &str = "qwen2.5-coder-0.5b-instruct";
const MINILM: &str = "all-minilm-l6-v2";

fn models_dir() -> PathBuf {
    let named = std::env::var_os("HAFS_TEST_MODELS").map(PathBuf::from);
    named.unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/hafs-factory/models")
    })
}

fn config(model: &str) -> TeacherConfig {
    TeacherConfig { num_ctx: 2_048, ..TeacherConfig::new(TeacherKind::Embedded, "embedded", model) }
}

fn teacher(model: &str) -> Option<Arc<dyn Teacher>> {
    match Connector::new(client(), models_dir()).teacher(&config(model)) {
        Ok(teacher) => Some(teacher),
        Err(error) => {
            println!("SKIPPED: {error}");
            None
        }
    }
}

fn ask(text: &str, max_tokens: u32) -> ChatRequest {
    ChatRequest {
        system: "You answer briefly and truthfully, in plain words.".to_owned(),
        messages: vec![Message::user(text)],
        schema: None,
        max_tokens,
        temperature: 0.0,
        seed: 1,
        num_ctx: None,
        deadline: Duration::from_secs(300),
    }
}

async fn chat(teacher: &dyn Teacher, request: &ChatRequest) -> Reply {
    teacher.chat(request, &CancellationToken::new()).await
}

fn report(name: &str, reply: &Reply) {
    let usage = reply.record.usage;
    println!(
        "{name}: {} tokens read ({} remembered), {} written, {} ms: {:?}",
        usage.input,
        usage.cached_input,
        usage.output,
        reply.record.latency_ms,
        reply.outcome.as_ref().map_or_else(ToString::to_string, Clone::clone)
    );
}

fn sample_schema() -> Value {
    json!({"type": "object", "properties": {
        "instruction": {"type": "string", "minLength": 10, "maxLength": 200},
        "output": {"type": "string", "minLength": 10},
        "difficulty": {"enum": ["easy", "hard"]},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
    }, "required": ["instruction", "output", "difficulty", "score"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn both_architectures_answer_a_simple_question() {
    for (model, question, word) in [
        (SMALL, "What is the capital of France?", "Paris"),
        (CODER, "Which keyword declares a function in Rust?", "fn"),
    ] {
        let Some(teacher) = teacher(model) else { continue };
        let reply = chat(&*teacher, &ask(question, 48)).await;
        report(model, &reply);
        let said = reply.outcome.unwrap_or_else(|failure| {
            assert_eq!(failure.reason, Reason::Truncated, "{failure}");
            reply.record.reply_excerpt.map(String::from).unwrap_or_default()
        });
        assert!(said.contains(word), "{model}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smallest_model_writes_json_that_fits_whatever_it_is_asked() {
    let Some(teacher) = teacher(SMALL) else { return };
    for (seed, temperature) in [(1, 0.0), (3, 1.2)] {
        let request = ChatRequest {
            schema: Some(sample_schema()),
            temperature,
            seed,
            ..ask("Write a training sample about the Rust Option type as JSON.", 120)
        };
        let reply = chat(&*teacher, &request).await;
        report("SmolLM2 with a schema", &reply);
        match reply.outcome {
            Ok(text) => {
                let value: Value = serde_json::from_str(&text).expect("JSON");
                assert!(value["instruction"].as_str().is_some_and(|text| text.chars().count() >= 10));
                assert!(value["score"].as_f64().is_some_and(|score| (0.0..=1.0).contains(&score)));
            }
            Err(failure) => assert_eq!(failure.reason, Reason::Truncated, "{failure}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_common_beginning_is_read_once_and_changes_nothing() {
    let Some(teacher) = teacher(SMALL) else { return };
    let first = chat(&*teacher, &ask("Name a colour.", 12)).await;
    let other = chat(&*teacher, &ask("Name an animal.", 12)).await;
    let again = chat(&*teacher, &ask("Name a colour.", 12)).await;
    assert_eq!(first.record.usage.cached_input, 0);
    assert!(other.record.usage.cached_input >= 10, "the system prompt: {:?}", other.record.usage);
    assert_eq!(again.record.usage.cached_input + 1, again.record.usage.input, "all but the last token");
    assert_eq!(again.record.reply_hash, first.record.reply_hash, "remembering changes no reply");
    assert_eq!(again.record.prompt_hash, first.record.prompt_hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_a_short_deadline_and_a_long_prompt_end_in_time() {
    let Some(teacher) = teacher(SMALL) else { return };
    let cancel = CancellationToken::new();
    let request = ask("Tell a long story.", 1_000);
    let (reply, ()) = tokio::join!(teacher.chat(&request, &cancel), async { cancel.cancel() });
    assert!(reply.outcome.expect_err("cancelled").message.contains("cancelled"));

    let hurried = ChatRequest { deadline: Duration::from_millis(1), ..ask("Tell a long story.", 1_000) };
    let reply = chat(&*teacher, &hurried).await;
    assert_eq!(reply.outcome.expect_err("late").reason, Reason::Timeout);

    let reply = chat(&*teacher, &ask(&"word ".repeat(4_000), 10)).await;
    assert!(reply.outcome.expect_err("too long").message.contains("num_ctx"));
}

#[tokio::test(flavor = "multi_thread")]
async fn control_tokens_in_a_prompt_are_only_text() {
    let Some(teacher) = teacher(SMALL) else { return };
    let plain = chat(&*teacher, &ask("im_end", 1)).await.record.usage.input;
    let control = chat(&*teacher, &ask("<|im_end|>", 1)).await.record.usage.input;
    assert!(control > plain, "{control} tokens, as text and not as one token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_the_engine_cannot_obey_is_refused_before_anything_is_spent() {
    let Some(teacher) = teacher(SMALL) else { return };
    let schema = json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^x"}}});
    let reply = chat(&*teacher, &ChatRequest { schema: Some(schema), ..ask("x", 9) }).await;
    assert!(reply.outcome.expect_err("refused").message.contains("pattern"));
    assert_eq!(reply.record.usage.output, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_like_meaning_have_vectors_that_are_close() {
    let connector = Connector::new(client(), models_dir());
    let embedder = match connector.embedder(&config(MINILM)) {
        Ok(embedder) => embedder,
        Err(error) => return println!("SKIPPED: {error}"),
    };
    let texts = [
        "How do I read a file in Rust?",
        "Reading a file's content with Rust",
        "The cat sleeps on the sofa",
        "",
    ]
    .map(str::to_owned);
    let embeddings = embedder.embed(&texts).await.expect("vectors");
    assert_eq!(embeddings.dims, 384);
    let cosine = |a: usize, b: usize| -> f32 {
        embeddings.vectors[a].iter().zip(&embeddings.vectors[b]).map(|(x, y)| x * y).sum()
    };
    assert!((cosine(0, 0) - 1.0).abs() < 1e-3);
    assert!(cosine(0, 1) > 0.6 && cosine(0, 2) < 0.2, "{} and {}", cosine(0, 1), cosine(0, 2));
    let alone = embedder.embed(&texts[..1]).await.expect("a vector");
    let same: f32 = alone.vectors[0].iter().zip(&embeddings.vectors[0]).map(|(x, y)| x * y).sum();
    assert!(same > 0.9999, "padding changes nothing: {same}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_speed_is_printed() {
    if cfg!(debug_assertions) {
        return println!("SKIPPED: speeds say something in a release build only");
    }
    let long = "The factory keeps every sample with the place that it came from. ".repeat(14);
    for model in [SMALL, CODER] {
        let Some(teacher) = teacher(model) else { continue };
        let warm = chat(&*teacher, &ask("Hello", 1)).await;
        let read = chat(&*teacher, &ask(&long, 1)).await;
        let first = chat(&*teacher, &ask("Count from one to fifty in words.", 1)).await;
        let write = chat(&*teacher, &ask("Count from one to fifty in words.", 65)).await;
        let per_second = |tokens: u64, ms: u64| tokens * 1_000 / ms.max(1);
        let fresh = read.record.usage.input - read.record.usage.cached_input;
        println!(
            "{model}: load and first token {} ms, {} tokens/s read ({fresh}), {} tokens/s written",
            warm.record.latency_ms,
            per_second(fresh, read.record.latency_ms),
            per_second(
                write.record.usage.output - 1,
                write.record.latency_ms.saturating_sub(first.record.latency_ms)
            )
        );
    }
}
