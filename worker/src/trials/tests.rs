use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use hafs_proto::{CallRecord, ContentHash, MicroUsd, StopReason, TeacherName, Usage};
use hafs_teachers::{TeacherConfig, TeacherKind};

use super::*;

/// A teacher that says one thing.
struct Scripted {
    name: TeacherName,
    says: Result<&'static str, FailureClass>,
    asked: AtomicUsize,
}

#[async_trait]
impl Teacher for Scripted {
    fn name(&self) -> &TeacherName {
        &self.name
    }

    async fn chat(&self, request: &ChatRequest, _: &CancellationToken) -> Reply {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let failure = |class| CallFailure::new(Reason::ProviderError, class, "it says no");
        let outcome = self.says.map(str::to_owned).map_err(failure);
        let record = CallRecord {
            teacher: self.name.clone(),
            served_model: Some(BoundedText::clipped("large")),
            request_id: Some(BoundedText::clipped("req_1")),
            stop: StopReason::Complete,
            usage: Usage::default(),
            latency_ms: 7,
            cost: MicroUsd(3),
            prompt_hash: request.prompt_hash(&self.name),
            reply_hash: Some(ContentHash::of(b"x")),
            reply_excerpt: Some(BoundedText::clipped("a long text")),
            error: outcome.as_ref().err().map(CallFailure::to_call_error),
        };
        Reply { record, outcome }
    }
}

fn teacher(says: Result<&'static str, FailureClass>) -> Scripted {
    let name = TeacherName::new("cloud", "large").expect("a name");
    Scripted { name, says, asked: AtomicUsize::new(0) }
}

fn settings(preflight: Preflight) -> TeacherSettings {
    let mut config = TeacherConfig::new(TeacherKind::OpenAi, "cloud", "large");
    config.base_url = Some("http://127.0.0.1:1/v1".to_owned());
    TeacherSettings {
        config,
        embeds: false,
        preflight,
        memory: None,
        pull: false,
        temperature: 0.7,
        prompt_tokens: 700,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000).expect("a time")
}

#[tokio::test]
async fn what_was_answered_is_asked_once_in_six_hours_whatever_the_number_of_starts() {
    let (folder, wanted) = (tempfile::tempdir().expect("a folder"), settings(Preflight::Call));
    let teacher = teacher(Ok("{\"ok\": true}"));
    for (start, asked) in [(0, 1), (60, 1), (6 * 3_600 - 1, 1), (6 * 3_600, 2), (100, 3)] {
        let facts = Trials::open(folder.path(), at(start)).facts(&teacher, &wanted).await.expect("facts");
        let trial = facts.trial.expect("tried");
        assert!(trial.structured && facts.withheld.is_none());
        assert_eq!(trial.call.reply_excerpt, None, "texts are not told");
        assert_eq!(teacher.asked.load(Ordering::Relaxed), asked, "after {start} s");
    }
}

#[tokio::test]
async fn who_is_not_there_or_refuses_the_key_is_withheld_and_who_is_only_busy_is_offered() {
    for (class, withheld) in [
        (FailureClass::ModelMissing, true),
        (FailureClass::Invalid, true),
        (FailureClass::Transient, false),
        (FailureClass::RateLimited, false),
        (FailureClass::Refused, false),
    ] {
        let (folder, teacher) = (tempfile::tempdir().expect("a folder"), teacher(Err(class)));
        for asked in 1..=2 {
            let mut trials = Trials::open(folder.path(), at(0));
            let facts = trials.facts(&teacher, &settings(Preflight::Call)).await.expect("facts");
            assert_eq!(facts.withheld.is_some(), withheld, "{class:?}");
            assert_eq!(teacher.asked.load(Ordering::Relaxed), asked, "what failed is not believed");
        }
    }
}

#[tokio::test]
async fn words_in_another_form_are_an_answer_that_is_not_structured() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut trials = Trials::open(folder.path(), at(0));
    let facts = trials.facts(&teacher(Ok("Yes.")), &settings(Preflight::Call)).await.expect("facts");
    assert!(facts.withheld.is_none() && !facts.trial.expect("tried").structured);
}

#[tokio::test]
async fn nobody_is_asked_unless_the_configuration_wants_it() {
    let (folder, teacher) = (tempfile::tempdir().expect("a folder"), teacher(Ok("{}")));
    for preflight in [Preflight::List, Preflight::Off] {
        let mut trials = Trials::open(folder.path(), at(0));
        assert_eq!(trials.facts(&teacher, &settings(preflight)).await.expect("facts").trial, None);
    }
    assert_eq!(teacher.asked.load(Ordering::Relaxed), 0);
}

#[test]
fn a_file_of_trials_that_is_broken_holds_none() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(FILE), b"{\"cloud/large@x\": 1}").expect("writes");
    assert!(Trials::open(folder.path(), at(0)).kept.is_empty());
}
