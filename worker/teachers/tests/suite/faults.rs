//! Providers that misbehave: each fault ends in time, under its own code, and is recorded.

use std::time::Duration;

use crate::support::{Act, Scripted, answer, config, connector, head, request};
use hafs_proto::task::FailureClass;
use hafs_proto::{Reason, StopReason};
use hafs_teachers::{ChatRequest, Reply, SecretSource, TeacherKind};
use serde_json::json;
use tokio_util::sync::CancellationToken;

async fn ask(kind: TeacherKind, scripts: Vec<Vec<Act>>, request: &ChatRequest) -> Reply {
    let server = Scripted::start(scripts);
    let teacher = connector().teacher(&config(kind, "m:1b", &server)).expect("a teacher");
    let reply = teacher.chat(request, &CancellationToken::new()).await;
    server.requests();
    reply
}

fn line(json: &str) -> Act {
    Act::Send(format!("{json}\n").into_bytes())
}

fn completion(content: &str, finish: &str, model: &str) -> String {
    json!({"model": model, "choices": [{"message": {"content": content}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2}})
    .to_string()
}

#[tokio::test]
async fn a_server_error_and_a_rate_limit_say_when_to_come_back() {
    for kind in [TeacherKind::Ollama, TeacherKind::OpenAi] {
        let reply = ask(kind, vec![answer(500, &[], r#"{"error":"boom"}"#)], &request()).await;
        let failure = reply.outcome.expect_err("500");
        assert_eq!((failure.class, failure.status), (FailureClass::Transient, Some(500)));
        assert!(failure.message.contains("boom"), "{failure}");

        let limited = answer(429, &[("retry-after", "7")], r#"{"error":{"message":"slow down"}}"#);
        let failure = ask(kind, vec![limited], &request()).await.outcome.expect_err("429");
        assert_eq!(failure.class, FailureClass::RateLimited);
        assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
    }
}

#[tokio::test]
async fn a_drip_ends_at_the_deadline_and_silence_at_the_idle_limit() {
    let mut hurried = request();
    hurried.deadline = Duration::from_millis(400);
    let drip = vec![head(), Act::Drip(b' ', Duration::from_millis(20))];
    let failure = ask(TeacherKind::Ollama, vec![drip], &hurried).await.outcome.expect_err("drip");
    assert_eq!((failure.reason, failure.class), (Reason::Timeout, FailureClass::Transient));

    let begun = line(r#"{"model":"m:1b","message":{"content":"half"},"done":false}"#);
    let reply = ask(TeacherKind::Ollama, vec![vec![head(), begun, Act::Stall]], &request()).await;
    let failure = reply.outcome.expect_err("silence");
    assert!(failure.message.contains("fell silent"), "{failure}");
    assert_eq!(reply.record.reply_excerpt.as_deref(), Some("half"), "what was said is kept");
    assert_eq!(reply.record.stop, StopReason::Error);

    let mut hurried = request();
    hurried.deadline = Duration::from_millis(200);
    let failure =
        ask(TeacherKind::OpenAi, vec![vec![Act::Stall]], &hurried).await.outcome.expect_err("no head");
    assert_eq!(failure.reason, Reason::Timeout);
}

#[tokio::test]
async fn a_body_that_is_cut_is_never_taken_for_an_answer() {
    let whole = completion("hello", "stop", "m:1b");
    let cut = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
        whole.len(),
        &whole[..whole.len() / 2]
    );
    let reply = ask(TeacherKind::OpenAi, vec![vec![Act::Send(cut.into_bytes())]], &request()).await;
    assert_eq!(reply.outcome.expect_err("cut").class, FailureClass::Transient);

    let stream = vec![head(), line(r#"{"model":"m:1b","message":{"content":"half"},"done":false}"#)];
    let failure = ask(TeacherKind::Ollama, vec![stream], &request()).await.outcome.expect_err("cut");
    assert!(failure.message.contains("before the line that says it is done"), "{failure}");
}

#[tokio::test]
async fn prose_html_and_oversized_answers_are_refused() {
    for kind in [TeacherKind::Ollama, TeacherKind::OpenAi] {
        let prose = answer(200, &[], "Sure! Here is your answer.");
        let failure = ask(kind, vec![prose], &request()).await.outcome.expect_err("prose");
        assert_eq!(failure.class, FailureClass::Invalid, "{failure}");
        let page = answer(200, &[("content-type", "text/html")], "<html>login</html>");
        let failure = ask(kind, vec![page], &request()).await.outcome.expect_err("a page");
        assert!(failure.message.contains("base_url"), "{failure}");
    }
    let server = Scripted::start(vec![answer(200, &[], &completion(&"x".repeat(9_000), "stop", "m:1b"))]);
    let mut small = config(TeacherKind::OpenAi, "m:1b", &server);
    small.max_reply_bytes = 4_000;
    let teacher = connector().teacher(&small).expect("a teacher");
    let failure = teacher.chat(&request(), &CancellationToken::new()).await.outcome.expect_err("too long");
    assert!(failure.message.contains("longer than the limit"), "{failure}");
}

#[tokio::test]
async fn another_models_answer_and_an_empty_and_a_cut_one_have_their_own_codes() {
    for (body, reason, words) in [
        (completion("hi", "stop", "m:70b"), Reason::ProviderError, "m:70b"),
        (completion("", "stop", "m:1b"), Reason::EmptyReply, "nothing"),
        (completion("half", "length", "m:1b"), Reason::Truncated, "max_tokens"),
        (completion("", "content_filter", "m:1b"), Reason::Refused, "filter"),
    ] {
        let reply = ask(TeacherKind::OpenAi, vec![answer(200, &[], &body)], &request()).await;
        let failure = reply.outcome.expect_err(words);
        assert_eq!(failure.reason, reason);
        assert!(failure.message.contains(words), "{failure}");
        assert_eq!(reply.record.usage.output, 2, "it was paid for");
    }
}

#[tokio::test]
async fn an_error_line_in_a_stream_and_a_character_in_two_chunks_are_read_right() {
    let broken = vec![
        head(),
        line(r#"{"model":"m:1b","message":{"content":"a"},"done":false}"#),
        line(r#"{"error":"llama runner process has terminated"}"#),
    ];
    let failure = ask(TeacherKind::Ollama, vec![broken], &request()).await.outcome.expect_err("an error");
    assert!(failure.message.contains("runner process"), "{failure}");

    let text =
        "{\"model\":\"m:1b\",\"message\":{\"content\":\"é🦀\"},\"done\":true,\"done_reason\":\"stop\"}\n";
    let pieces = text.bytes().map(|byte| Act::Send(vec![byte]));
    let script = std::iter::once(head()).chain(pieces).collect();
    let reply = ask(TeacherKind::Ollama, vec![script], &request()).await;
    assert_eq!(reply.outcome.as_deref(), Ok("é🦀"));
    assert!(!reply.record.usage.reported, "this server counted nothing");
}

#[tokio::test]
async fn a_cancelled_call_ends_at_once() {
    let server = Scripted::start(vec![vec![head(), Act::Stall]]);
    let teacher = connector().teacher(&config(TeacherKind::Ollama, "m:1b", &server)).expect("a teacher");
    let cancel = CancellationToken::new();
    let request = request();
    let (reply, ()) = tokio::join!(teacher.chat(&request, &cancel), async { cancel.cancel() });
    assert!(reply.outcome.expect_err("cancelled").message.contains("cancelled"));
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_with_a_remedy_and_costs_no_attempt() {
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    for address in [format!("http://127.0.0.1:{port}"), "http://no-such-host.invalid".to_owned()] {
        let mut config = hafs_teachers::TeacherConfig::new(TeacherKind::Ollama, "ollama", "m");
        config.base_url = Some(address);
        let teacher = connector().teacher(&config).expect("a teacher");
        let failure = teacher.chat(&request(), &CancellationToken::new()).await.outcome.expect_err("down");
        assert_eq!(failure.class, FailureClass::ModelMissing, "a class that does not count");
        assert!(failure.message.contains("is the server running"), "{failure}");
        assert!(connector().probe(&config).await.is_err());
    }
}

#[tokio::test]
async fn a_server_that_was_reached_and_broke_off_costs_an_attempt_and_is_asked_no_second_time() {
    for kind in [TeacherKind::OpenAi, TeacherKind::Ollama] {
        // Nobody listens after the first call, so a second one would be of the class of servers that are not there.
        let reply = ask(kind, vec![vec![Act::Close]], &request()).await;
        let failure = reply.outcome.expect_err("closed");
        assert_eq!(failure.class, FailureClass::Transient, "it may have worked on the prompt");
        assert_eq!(reply.record.error.expect("recorded").reason, failure.reason, "so the call is on record");
    }
}

#[tokio::test]
async fn a_key_is_sent_and_never_shown() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("key");
    let key = ["an", "invented", "key"].join("-");
    std::fs::write(&path, &key).expect("written");
    let echo = format!(r#"{{"error":{{"message":"Incorrect API key provided: {key}"}}}}"#);
    let server = Scripted::start(vec![answer(401, &[], &echo)]);
    let mut config = config(TeacherKind::OpenAi, "m", &server);
    config.key = Some(SecretSource::File(path));
    let teacher = connector().teacher(&config).expect("a teacher");
    let reply = teacher.chat(&request(), &CancellationToken::new()).await;
    let shown = format!("{reply:?} {config:?}");
    assert!(shown.contains("<redacted>") && !shown.contains(&key), "{shown}");
}

#[tokio::test]
async fn what_a_server_refuses_is_left_out_from_then_on() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let asked = ChatRequest { schema: Some(schema), ..request() };
    let good = || answer(200, &[], &completion(r#"{"a":"x"}"#, "stop", "m:1b"));
    let refusal =
        || answer(400, &[], r#"{"error":{"message":"response_format json_schema is not supported"}}"#);
    let server = Scripted::start(vec![refusal(), good(), good()]);
    let teacher = connector().teacher(&config(TeacherKind::OpenAi, "m:1b", &server)).expect("a teacher");
    for _ in 0..2 {
        let reply = teacher.chat(&asked, &CancellationToken::new()).await;
        assert_eq!(reply.outcome.as_deref(), Ok(r#"{"a":"x"}"#));
    }
    let formats: Vec<String> =
        server.requests().iter().map(|body| body["response_format"]["type"].to_string()).collect();
    assert_eq!(formats, ["\"json_schema\"", "\"json_object\"", "\"json_object\""]);
}

#[tokio::test]
async fn a_prompt_that_was_cut_by_the_window_fails_the_call() {
    let mut long = request();
    long.num_ctx = Some(1_024);
    long.messages[0].content = "word ".repeat(2_000);
    let done = r#"{"model":"m:1b","message":{"content":"ok"},"done":true,"done_reason":"stop","prompt_eval_count":700,"eval_count":1}"#;
    let failure =
        ask(TeacherKind::Ollama, vec![vec![head(), line(done)]], &long).await.outcome.expect_err("cut");
    assert!(failure.message.contains("num_ctx"), "{failure}");
}

#[cfg(not(feature = "embedded"))]
#[test]
fn a_program_without_the_engine_says_which_one_has_it() {
    let config =
        hafs_teachers::TeacherConfig::new(TeacherKind::Embedded, "embedded", "smollm2-135m-instruct");
    let error = connector().teacher(&config).err().expect("not built in");
    assert!(error.to_string().contains("hafs-factory"), "{error}");
}
