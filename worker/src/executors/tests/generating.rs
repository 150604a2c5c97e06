//! Generate and augment.

use hafs_proto::task::{AugmentMethod, AugmentSpec, FailureClass, TaskOutput};
use hafs_proto::{Candidate, Reason, SeedId, SeedKind, TaskSpec};
use hafs_teachers::CallFailure;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::fixture::*;
use crate::agent::Work;

const CODE: &str = "fn add(a: u8, b: u8) -> u8 {\n    let sum = a + b;\n    sum\n}\n";
const BOUNDED: &str = "fn first(a: u8) -> bool {\n    a < 3\n}";
const DIFF: &str = "diff --git a/x.rs b/x.rs\n@@ -1,3 +1,3 @@\n fn f() {\n-    1\n+    2\n }\n";

fn candidates(work: &Work) -> &[Candidate] {
    let Work::Done { output, .. } = work else { panic!("not done: {work:?}") };
    let (TaskOutput::Generate { candidates, .. } | TaskOutput::Augment { candidates, .. }) = output.as_ref()
    else {
        panic!("no candidates: {output:?}")
    };
    candidates
}

#[tokio::test]
async fn each_generator_makes_a_sample_of_its_parts() {
    for (name, seed, reply, expected) in [
        (
            "explain-code",
            seed(SeedKind::CodeUnit, CODE, &[]),
            r#"{"explanation": "It adds."}"#,
            ("", CODE, "It adds."),
        ),
        (
            "explain-change",
            seed(SeedKind::Commit, DIFF, &[("message", "Return two")]),
            r#"{"explanation": "It returns 2 now."}"#,
            ("", DIFF, "It returns 2 now."),
        ),
        (
            "write-change",
            seed(SeedKind::Commit, DIFF, &[("message", "Return two")]),
            r#"{"instruction": "Return 2 from f."}"#,
            ("Return 2 from f.", "@@ from line 1 @@\nfn f() {\n    1\n}\n", DIFF),
        ),
        (
            "doc-qa",
            seed(SeedKind::DocSection, "Run it with `--fast`.", &[("heading_path", "Guide > Speed")]),
            r#"{"question": "How is it run fast?", "answer": "With `--fast`."}"#,
            ("How is it run fast?", "", "With `--fast`."),
        ),
        (
            "complete-code",
            seed(SeedKind::CodeUnit, CODE, &[("signature", "fn add(a: u8, b: u8) -> u8")]),
            r#"{"instruction": "Add the numbers."}"#,
            ("Add the numbers.", "fn add(a: u8, b: u8) -> u8 {\n", "    let sum = a + b;\n    sum\n}\n"),
        ),
        (
            "write-code",
            seed(SeedKind::CodeUnit, CODE, &[("language", "rust")]),
            r#"{"instruction": "Add two bytes."}"#,
            (
                "Add two bytes.",
                "",
                "```rust\nfn add(a: u8, b: u8) -> u8 {\n    let sum = a + b;\n    sum\n}\n```",
            ),
        ),
        (
            "find-bug",
            seed(SeedKind::CodeUnit, BOUNDED, &[("language", "rust")]),
            r#"{"explanation": "The bound is off by one."}"#,
            (
                "",
                "fn first(a: u8) -> bool {\n    a <= 3\n}",
                "The bound is off by one.\n\n```rust\nfn first(a: u8) -> bool {\n    a < 3\n}\n```",
            ),
        ),
        (
            "write-routine",
            seed(SeedKind::Routine, "Double A.", &[("routine", "1/x/0"), ("brief", "Write a routine.")]),
            r#"{"code": "ASL A\nRTL"}"#,
            ("Write a routine.", "", "ASL A\nRTL"),
        ),
        (
            "optimise-code",
            seed(SeedKind::CodeUnit, "f:\n  INX\n  INX\n  RTL", &[("language", "asm")]),
            r#"{"code": "f:\n  INX\n  RTL"}"#,
            ("", "f:\n  INX\n  INX\n  RTL", "f:\n  INX\n  RTL"),
        ),
        (
            "hook-code",
            seed(SeedKind::CodeUnit, "f:\n  INX\n  RTL", &[("language", "asm")]),
            r#"{"code": "f:\n  JSL f_Hook\n  INX\n  RTL"}"#,
            ("", "f:\n  INX\n  RTL", "f:\n  JSL f_Hook\n  INX\n  RTL"),
        ),
    ] {
        let script = Script::new(vec![Line::Says(reply)]);
        let work = run(&with_teacher(&script), &generate(name, seed)).await;
        let candidate = &candidates(&work)[0];
        let (instruction, input, output) = expected;
        assert_eq!((candidate.input.as_str(), candidate.output.as_str()), (input, output), "{name}");
        assert!(candidate.instruction.len() > 10 && candidate.instruction.starts_with(instruction), "{name}");
        assert_eq!((candidate.slot, candidate.call), (0, 0));
        let asked = &script.asked.lock().expect("no panic")[0];
        assert!(asked.messages[0].content.contains("=== material "), "{name}");
        assert!(asked.schema.is_some() && asked.seed == 42);
    }
}

#[tokio::test]
async fn the_constant_part_of_a_prompt_is_the_same_for_every_seed_and_the_mark_is_not() {
    let script = Script::new(vec![
        Line::Says(r#"{"explanation": "It adds two small numbers."}"#),
        Line::Says(r#"{"explanation": "b"}"#),
    ]);
    let executors = with_teacher(&script);
    for (number, code) in [CODE, "fn other() {\n    loop {}\n}\n"].into_iter().enumerate() {
        let mut task = generate("explain-code", seed(SeedKind::CodeUnit, code, &[]));
        task.id = hafs_proto::TaskId::from_uuid(Uuid::from_u128(number as u128));
        run(&executors, &task).await;
    }
    let asked = script.asked.lock().expect("no panic");
    assert_eq!(asked[0].system, asked[1].system);
    let mark = |at: usize| asked[at].messages[0].content.lines().next().expect("a line").to_owned();
    assert_ne!(mark(0), mark(1));
}

#[tokio::test]
async fn a_reply_that_cannot_be_read_is_asked_for_once_more_and_its_call_keeps_the_text() {
    let script =
        Script::new(vec![Line::Says("Sure! It adds."), Line::Says(r#"{"explanation": "It adds."}"#)]);
    let work =
        run(&with_teacher(&script), &generate("explain-code", seed(SeedKind::CodeUnit, CODE, &[]))).await;
    assert_eq!(candidates(&work)[0].call, 1);
    let Work::Done { calls, .. } = &work else { panic!("done") };
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].reply_excerpt.as_deref(), Some("Sure! It adds."));
    assert_eq!(calls[0].error.as_ref().map(|error| error.reason), Some(Reason::JsonUnparsable));
    let asked = script.asked.lock().expect("no panic");
    assert!(asked[1].temperature < asked[0].temperature);
    assert_eq!((asked[1].messages.len(), &asked[1].system), (3, &asked[0].system));
    assert_eq!(asked[1].messages[0], asked[0].messages[0], "the beginning stays the same");
}

#[tokio::test]
async fn a_reply_that_was_paid_before_the_process_ended_is_not_asked_for_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let task = generate("explain-code", seed(SeedKind::CodeUnit, CODE, &[]));
    let first = Script::new(vec![Line::Says("Sure! It adds."), Line::Waits]);
    let before = executors_in(dir.path(), equipped(&first));
    let cancel = CancellationToken::new();
    let watch = async {
        while first.asked.lock().expect("no panic").len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    // Killed in the middle of the second call: its future is never polled again.
    tokio::select! {
        work = before.run(&task, &cancel) => panic!("{work:?}"),
        () = watch => {}
    }
    drop(before);
    let second = Script::new(vec![Line::Says(r#"{"explanation": "It adds."}"#)]);
    let after = executors_in(dir.path(), equipped(&second));
    let Work::Done { calls, .. } = run(&after, &task).await else { panic!("not done") };
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].reply_excerpt.as_deref(), Some("Sure! It adds."), "reported once, as it was");
    let (asked_before, asked) =
        (first.asked.lock().expect("no panic"), second.asked.lock().expect("no panic"));
    assert_eq!(asked[0], asked_before[1], "it goes on with the second call");
}

#[tokio::test]
async fn a_reply_that_hands_the_prompts_own_words_back_is_asked_for_once_more() {
    let parroted =
        r#"{"question": "1 sentence", "answer": "write one sentence, under \"answer\" 2 to 8 sentences"}"#;
    let good = r#"{"question": "How is it run fast?", "answer": "With `--fast`."}"#;
    let script = Script::new(vec![Line::Says(parroted), Line::Says(good)]);
    let seed = seed(SeedKind::DocSection, "Run it with `--fast`.", &[]);
    let work = run(&with_teacher(&script), &generate("doc-qa", seed)).await;
    assert_eq!(candidates(&work)[0].output.as_str(), "With `--fast`.");
    let Work::Done { calls, .. } = work else { panic!("not done: {work:?}") };
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].error.as_ref().map(|error| error.reason), Some(Reason::InvalidInstruction));
}

#[tokio::test]
async fn two_unreadable_replies_are_a_failure_with_the_parsers_reason_and_both_calls() {
    let script = Script::new(vec![Line::Says("prose"), Line::Says(r#"{"explanation": "cut of"#)]);
    let work =
        run(&with_teacher(&script), &generate("explain-code", seed(SeedKind::CodeUnit, CODE, &[]))).await;
    let Work::Failed { calls, fault } = work else { panic!("{work:?}") };
    assert_eq!((fault.class, fault.reason, calls.len()), (FailureClass::Invalid, Reason::Truncated, 2));
    assert!(calls.iter().all(|call| call.reply_excerpt.is_some()));
}

#[tokio::test]
async fn a_failed_call_is_reported_in_the_providers_words_and_was_paid() {
    let failure = CallFailure {
        retry_after: Some(std::time::Duration::from_secs(9)),
        status: Some(429),
        ..CallFailure::new(Reason::ProviderError, FailureClass::RateLimited, "slow down")
    };
    let script = Script::new(vec![Line::Fails(failure)]);
    let work =
        run(&with_teacher(&script), &generate("explain-code", seed(SeedKind::CodeUnit, CODE, &[]))).await;
    let Work::Failed { calls, fault } = work else { panic!("{work:?}") };
    assert_eq!(
        (fault.class, fault.retry_after.map(|wait| wait.as_secs())),
        (FailureClass::RateLimited, Some(9))
    );
    assert_eq!((calls.len(), calls[0].cost.0), (1, 7));
}

#[tokio::test]
async fn what_can_never_be_done_is_poison_and_what_another_worker_may_have_is_missing() {
    let script = Script::new(Vec::new());
    let executors = with_teacher(&script);
    let mut elsewhere = generate("explain-code", seed(SeedKind::CodeUnit, CODE, &[]));
    if let TaskSpec::Generate(spec) = &mut elsewhere.spec {
        spec.teacher = "script/two".parse().expect("a teacher");
    }
    for (task, class) in [
        (generate("no-such", seed(SeedKind::CodeUnit, CODE, &[])), FailureClass::Poison),
        (generate("doc-qa", seed(SeedKind::CodeUnit, CODE, &[])), FailureClass::Poison),
        (generate("complete-code", seed(SeedKind::CodeUnit, "fn f() {}\n", &[])), FailureClass::Poison),
        (
            generate("complete-code", seed(SeedKind::CodeUnit, &"x\n".repeat(9_000), &[])),
            FailureClass::Poison,
        ),
        (elsewhere, FailureClass::ModelMissing),
    ] {
        let work = run(&executors, &task).await;
        let Work::Failed { calls, fault } = work else { panic!("{work:?}") };
        assert_eq!((fault.class, calls.len()), (class, 0), "{}", fault.detail);
    }
}

#[tokio::test]
async fn a_long_seed_is_cut_visibly_and_the_sample_shows_what_the_teacher_saw() {
    let script = Script::new(vec![Line::Says(r#"{"explanation": "Long."}"#)]);
    let text = "let x = 1;\n".repeat(2_000);
    let work =
        run(&with_teacher(&script), &generate("explain-code", seed(SeedKind::CodeUnit, &text, &[]))).await;
    let input = candidates(&work)[0].input.to_string();
    assert!(input.len() < 3_100 && input.contains("more lines left out"), "{}", input.len());
    assert!(script.asked.lock().expect("no panic")[0].messages[0].content.contains(&input));
}

#[tokio::test]
async fn called_off_work_still_reports_the_call_that_was_made() {
    let script = Script::new(vec![Line::Waits]);
    let executors = with_teacher(&script);
    let cancel = CancellationToken::new();
    let task = generate("explain-code", seed(SeedKind::CodeUnit, CODE, &[]));
    let (work, ()) = tokio::join!(executors.run(&task, &cancel), async {
        tokio::task::yield_now().await;
        cancel.cancel();
    });
    assert!(matches!(work, Work::Stopped { calls } if calls.len() == 1));
}

#[tokio::test]
async fn a_defect_ends_the_attempt_and_not_the_worker() {
    let script = Script::new(vec![Line::Panics]);
    let work =
        run(&with_teacher(&script), &generate("explain-code", seed(SeedKind::CodeUnit, CODE, &[]))).await;
    let Work::Failed { fault, .. } = work else { panic!("{work:?}") };
    assert_eq!(fault.class, FailureClass::Transient);
}

#[tokio::test]
async fn a_paraphrase_keeps_input_and_output_and_must_be_other_words() {
    let spec = AugmentSpec {
        sample: sample("fn add() {}"),
        seed: SeedId::from_uuid(Uuid::from_u128(1)),
        method: AugmentMethod::Paraphrase,
        teacher: teacher_name(),
        max_tokens: 100,
        sampling_seed: 1,
        lane: hafs_proto::task::Lane::Now,
    };
    let same = r#"{"instruction": "explain what  this code DOES."}"#;
    let other = r#"{"instruction": "Say in your words what the code is for."}"#;
    let script = Script::new(vec![Line::Says(same), Line::Says(other)]);
    let work = run(&with_teacher(&script), &task(TaskSpec::Augment(spec))).await;
    let candidate = &candidates(&work)[0];
    assert_eq!(
        (candidate.input.as_str(), candidate.output.as_str()),
        ("fn add() {}", "It adds two numbers.")
    );
    assert!(candidate.instruction.starts_with("Say in your words"));
}
