//! Teachers that misbehave, end to end: each fault is recorded under its own code, what was paid is recorded, and the
//! run ends as if nothing had happened.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use hafs_proto::task::FailureClass;
use hafs_proto::{Reason, TeacherName};
use hafs_tests::call::{factory, factory_with};
use hafs_tests::plant::{self, Plan, Tried};
use hafs_tests::scripted::{Fault, MODEL, Script, ScriptedTeacher};

/// A fault, and what the library must hold of it.
struct Case {
    fault: Fault,
    reason: Reason,
    /// The class of the failed attempt; none where the conversation goes on after the fault.
    class: Option<FailureClass>,
    /// What is said of the call.
    words: &'static str,
}

const fn case(fault: Fault, reason: Reason, class: Option<FailureClass>, words: &'static str) -> Case {
    Case { fault, reason, class, words }
}

/// Both wires tell the same faults by the same codes.
fn cases() -> Vec<Case> {
    use FailureClass::{Invalid, RateLimited, Transient};
    use Reason::{EmptyReply, ProviderError, Timeout, Truncated};
    vec![
        case(Fault::Slow, Timeout, Some(Transient), "within the deadline"),
        case(Fault::Drip, Timeout, Some(Transient), "within the deadline"),
        case(Fault::ServerError, ProviderError, Some(Transient), "500"),
        case(Fault::RateLimited(2), ProviderError, Some(RateLimited), "429"),
        case(Fault::RateLimitedUntil, ProviderError, Some(RateLimited), "429"),
        case(Fault::Cut, ProviderError, Some(Transient), ""),
        case(Fault::Prose, Reason::JsonUnparsable, None, ""),
        case(Fault::Empty, EmptyReply, Some(Invalid), "nothing"),
        case(Fault::Truncated, Truncated, Some(Invalid), "max_tokens"),
        case(Fault::OtherModel, ProviderError, Some(Invalid), "another-model"),
        case(Fault::Html, ProviderError, Some(Invalid), "base_url"),
        case(Fault::InvalidUtf8, ProviderError, Some(Invalid), ""),
        case(Fault::ErrorObject, ProviderError, Some(Transient), "the model has crashed"),
    ]
}

fn plan<'a>(home: &'a Path, teacher: &'a str, sections: usize) -> Plan<'a> {
    // More than there are sections, so that all are tried.
    let (target, listen) = (sections * 2, plant::free_address());
    Plan { home, teacher, sections, target, slots: 4, listen, more: "" }
}

/// One run with every fault in a conversation of its own.
async fn run_through_all(home: &Path, teacher: &ScriptedTeacher) -> Vec<Tried> {
    let cases = cases();
    let run = factory(home, &["run", "--no-export", "--json"]).await;
    assert_eq!(run.code, Some(0), "{run:?}");
    let progress = run.summary()["run"]["progress"].clone();
    assert_eq!(progress["accepted"], cases.len(), "every fault passes: {run:?}");
    assert_eq!((&progress["failed"], &progress["open_tasks"]), (&0.into(), &0.into()), "{progress}");
    assert_eq!(progress["calls"], teacher.calls(), "what was paid is recorded");
    factory(home, &["verify"]).await.says(0, &[]);
    plant::tried(home).await
}

/// Whether some attempt is what the case says.
fn recorded(case: &Case, tried: &[Tried]) -> bool {
    tried.iter().any(|tried| {
        let attempt = &tried.attempt;
        let error = attempt.calls.iter().find_map(|call| call.error.as_ref());
        attempt.failure == case.class
            && error.is_some_and(|error| error.reason == case.reason && error.message.contains(case.words))
    })
}

fn check(tried: &[Tried], teacher: &ScriptedTeacher) {
    for case in cases() {
        assert!(recorded(&case, tried), "{:?} is not among {tried:#?}", case.fault);
    }
    let number = |fault: &Fault| cases().iter().position(|case| case.fault == *fault).unwrap() as u64 + 1;
    for limited in [Fault::RateLimited(2), Fault::RateLimitedUntil] {
        let pause = teacher.pause(number(&limited)).unwrap();
        assert!(pause >= Duration::from_secs(2), "{limited:?} was tried again after {pause:?}");
    }
    let slowest = tried.iter().flat_map(|tried| &tried.attempt.calls).map(|call| call.latency_ms).max();
    assert!(slowest.unwrap() < 5_000, "the deadline of 2 s holds: {slowest:?} ms");
}

fn script() -> Script {
    let faults: BTreeMap<u64, Vec<Fault>> = (1..).zip(cases().into_iter().map(|it| vec![it.fault])).collect();
    Script { faults, ..Script::default() }
}

const HURRIED: [(&str, &str); 2] =
    [("timeout_s = 20", "timeout_s = 2"), ("idle_timeout_s = 5", "idle_timeout_s = 4")];

fn hurry(config: &Path, more: &[(&str, &str)]) {
    let text = std::fs::read_to_string(config).unwrap();
    let changed = HURRIED.iter().chain(more).fold(text, |text, (old, new)| {
        assert!(text.contains(old), "{old} is not in the configuration");
        text.replacen(old, new, 1)
    });
    std::fs::write(config, changed).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_an_openai_compatible_server_is_recorded_and_passes() {
    let home = tempfile::tempdir().unwrap();
    let teacher = ScriptedTeacher::start(script()).await.unwrap();
    hurry(&plant::build(&plan(home.path(), &teacher.base_url(), cases().len())), &[]);
    let tried = run_through_all(home.path(), &teacher).await;
    check(&tried, &teacher);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_an_ollama_is_recorded_and_passes() {
    let home = tempfile::tempdir().unwrap();
    let teacher = ScriptedTeacher::start(script()).await.unwrap();
    let config = plant::build(&plan(home.path(), &teacher.ollama_url(), cases().len()));
    hurry(&config, &[("kind = \"openai\"", "kind = \"ollama\"")]);
    let tried = run_through_all(home.path(), &teacher).await;
    check(&tried, &teacher);
    let name: TeacherName = format!("scripted/{MODEL}").parse().unwrap();
    let calls = tried.iter().flat_map(|tried| &tried.attempt.calls);
    assert!(calls.clone().all(|call| call.teacher == name));
    assert!(calls.filter(|call| call.error.is_none()).all(|call| call.usage.reported), "usage is read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_teacher_whose_replies_are_never_any_good_costs_its_attempts_and_no_more() {
    let home = tempfile::tempdir().unwrap();
    let faults = (1..=3).map(|number| (number, vec![Fault::Truncated; 9])).collect();
    let teacher = ScriptedTeacher::start(Script { faults, ..Script::default() }).await.unwrap();
    let _ = plant::build(&plan(home.path(), &teacher.base_url(), 3));
    let run = factory(home.path(), &["run", "--no-export"]).await;
    run.says(3, &["there is nothing to export", "truncated", "tasks list --state dead"]);
    assert!(run.stdout.contains("generations that failed"), "{run:?}");
    assert_eq!(teacher.calls(), 9, "three attempts for each of three seeds");
    assert_eq!(plant::stock(home.path()).await.progress.calls, 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_teacher_that_is_down_at_the_start_is_told_and_nothing_is_begun() {
    let home = tempfile::tempdir().unwrap();
    let nobody = format!("http://{}/v1", plant::free_address());
    let config = plant::build(&plan(home.path(), &nobody, 3));
    factory(home.path(), &["run"])
        .await
        .says(5, &["scripted/scripted-1 cannot be had", "is the server running"]);
    assert!(!home.path().join("data/library.db").exists());
    hurry(&config, &[("kind = \"openai\"", "kind = \"ollama\"")]);
    factory_with(home.path(), &["run"], &[]).await.says(5, &["scripted/scripted-1 cannot be had"]);
    let doctor = factory(home.path(), &["doctor"]).await;
    assert!(doctor.stdout.contains("is the server running"), "{doctor:?}");
}
