//! Validators in a whole run: what does not compile or assemble is rejected with the reason, what could not be checked
//! is not accepted, and what passes carries the proof.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

use std::path::Path;
use std::time::Duration;

use hafs_proto::{Check, CheckedBy, Outcome, Reason, Sample, SampleState};
use hafs_tests::plant::{self, Plan};
use hafs_tests::process::Process;
use hafs_tests::scripted::{Script, ScriptedTeacher};

/// Runs a plant whose teacher gives these answers to one section each.
async fn run(answers: &[&str], more: &str) -> Vec<(Sample, Vec<Check>)> {
    let home = tempfile::tempdir().unwrap();
    let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
    let sections = answers.len();
    let teacher = ScriptedTeacher::start(Script { answers, ..Script::default() }).await.unwrap();
    let url = teacher.base_url();
    let plan = Plan {
        home: home.path(),
        teacher: &url,
        sections,
        target: sections * 2,
        slots: 1,
        listen: plant::free_address(),
        more,
    };
    let _ = plant::build(&plan);
    let mut process = Process::start("hafs-factory", home.path(), &["run", "--no-export", "--json"]);
    let (status, text) = process.output(Duration::from_secs(120)).await;
    assert!(status.code().is_some(), "{status}: {text}");
    plant::checked(home.path()).await
}

/// The sample whose output holds these words.
fn with<'a>(found: &'a [(Sample, Vec<Check>)], words: &str) -> &'a (Sample, Vec<Check>) {
    found
        .iter()
        .find(|(sample, _)| sample.output.contains(words))
        .unwrap_or_else(|| panic!("no {words}: {found:?}"))
}

fn of<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    checks.iter().find(|check| check.name.as_str() == name).unwrap_or_else(|| panic!("no {name}: {checks:?}"))
}

fn reasons(sample: &Sample) -> &[Reason] {
    match &sample.state {
        SampleState::Rejected { reasons, .. } => reasons,
        SampleState::Candidate | SampleState::Accepted { .. } | SampleState::Quarantined { .. } => &[],
    }
}

fn is_here(tool: &str) -> bool {
    let here = Path::new(tool).exists();
    if !here {
        println!("SKIPPED: no {tool}");
    }
    here
}

const CPP: &str =
    "domain = \"cpp\"\n[[validators]]\nname = \"cpp-compile\"\nkind = \"cpp\"\ndomains = [\"cpp\"]\n";
const GOOD_CPP: &str =
    "It adds two numbers:\n\n```cpp\nint add_two(int a, int b) {\n  return a + b;\n}\n```\n";
const BAD_CPP: &str = "It counts the steps of the plant:\n\n```cpp\nint count_steps() {\n  const int steps = 1;\n  steps = 2;\n  return steps;\n}\n```\n";
const LOST_CPP: &str = "It opens the valve of the third tank:\n\n```cpp\nValve open_valve(const Tank& tank) {\n  return tank.valve().open();\n}\n```\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cpp_that_compiles_is_accepted_with_its_proof_and_what_does_not_is_rejected() {
    if !is_here("/usr/bin/g++") {
        return;
    }
    let found = run(&[GOOD_CPP, BAD_CPP, LOST_CPP], CPP).await;
    let (good, checks) = with(&found, "add_two");
    assert_eq!(good.state.word(), "accepted", "{checks:?}");
    let check = of(checks, "cpp-compile");
    assert_eq!((check.by, &check.outcome), (CheckedBy::Worker, &Outcome::Pass));
    let tool = check.tool.as_ref().unwrap();
    assert!(tool.version.contains("g++") && !tool.sandbox.is_empty(), "{tool:?}");
    let (bad, checks) = with(&found, "count_steps");
    assert_eq!(reasons(bad), [Reason::CompileError], "{checks:?}");
    let (lost, checks) = with(&found, "open_valve");
    assert_eq!(lost.state.word(), "quarantined", "{checks:?}");
    assert!(matches!(of(checks, "cpp-compile").outcome, Outcome::Unchecked { .. }));
}

const GOOD_ASM: &str = "The screen is turned off like this:\n\n```ca65\nscreen_off:\n  sep #$20\n  lda #$8f\n  sta $2100\n  rts\n```\n";
const BAD_ASM: &str = "The counter of the sprites is cleared like this:\n\n```ca65\nsprites_clear:\n  stz $0200\n  .blahblah 3\n  rts\n```\n";

fn ca65(program: &str) -> String {
    format!(
        "domain = \"asm\"\n[[validators]]\nname = \"ca65\"\nkind = \"ca65\"\ndomains = [\"asm\"]\n{program}\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assembly_is_accepted_when_a_real_assembler_takes_it_and_rejected_when_not() {
    if !is_here("/usr/bin/ca65") {
        return;
    }
    let found = run(&[GOOD_ASM, BAD_ASM], &ca65("")).await;
    let (good, checks) = with(&found, "screen_off");
    assert_eq!(good.state.word(), "accepted", "{checks:?}");
    assert!(of(checks, "ca65").tool.as_ref().unwrap().notes.iter().any(|note| note.contains("our encoder")));
    let (bad, checks) = with(&found, "sprites_clear");
    assert_eq!(reasons(bad), [Reason::SyntaxError], "{checks:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_tool_a_sample_is_unchecked_and_accepted_only_where_the_policy_says_so() {
    let missing = ca65("program = \"/no/such/ca65\"");
    let found = run(&[GOOD_ASM], &missing).await;
    let (sample, checks) = with(&found, "screen_off");
    let SampleState::Quarantined { why, .. } = &sample.state else { panic!("{:?}", sample.state) };
    assert!(why.contains("ca65") && why.contains("no worker offers"), "{why}");
    let check = of(checks, "ca65");
    assert!(matches!(check.outcome, Outcome::Unchecked { .. }) && check.tool.is_none(), "{check:?}");
}
