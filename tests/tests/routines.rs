//! Verified generation in a whole run: what a teacher writes is run against the reference that the task came with.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::time::Duration;

use hafs_proto::{Check, Outcome, Reason, Sample, SampleState};
use hafs_tests::plant::{self, Plan};
use hafs_tests::process::Process;
use hafs_tests::scripted::{Script, ScriptedTeacher};

/// It forgets that the sum may not wrap around.
const WRONG: &str = "STX $00 ; the second byte\nCLC\nADC $00\nRTL";
const RIGHT: &str =
    "STX $00 ; the second byte\nCLC\nADC $00\nBCC +\nLDA #$FF ; no more than a byte holds\n+ RTL";

/// Runs the first routine of the catalogue with these answers, one for each try.
async fn run(answers: [&str; 2]) -> Vec<(Sample, Vec<Check>)> {
    let home = tempfile::tempdir().unwrap();
    let script = Script { answers: answers.map(str::to_owned).to_vec(), ..Script::default() };
    let teacher = ScriptedTeacher::start(script).await.unwrap();
    let url = teacher.base_url();
    let listen = plant::free_address();
    let plan = Plan { home: home.path(), teacher: &url, sections: 0, target: 1, slots: 1, listen, more: "" };
    let config = plant::build(&plan);
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text
        .replace("kind = \"folder\"\npath = \"docs\"", "kind = \"routines\"\nmax_tasks = 1")
        .replace("doc-qa", "write-routine")
        .replace("repairs = 0", "repairs = 1");
    std::fs::write(config, text).unwrap();
    let mut process = Process::start("hafs-factory", home.path(), &["run", "--no-export", "--json"]);
    let (status, text) = process.output(Duration::from_secs(120)).await;
    assert!(status.code().is_some(), "{status}: {text}");
    plant::checked(home.path()).await
}

fn reference(checks: &[Check]) -> &Outcome {
    &checks.iter().find(|check| check.name.as_str() == "routine").unwrap().outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_routine_that_gives_a_wrong_result_is_rejected_and_its_right_repair_is_accepted_with_the_proof() {
    let found = run([WRONG, RIGHT]).await;
    let [wrong, right] =
        [WRONG, RIGHT].map(|code| found.iter().find(|(sample, _)| sample.output.as_str() == code));
    let (wrong, checks) = wrong.unwrap();
    let SampleState::Rejected { reasons, .. } = &wrong.state else { panic!("{:?}", wrong.state) };
    assert_eq!(reasons.as_slice(), [Reason::WrongResult]);
    let Outcome::Fail { findings } = reference(checks) else { panic!("{checks:?}") };
    assert!(
        findings[0].message.contains("sum is $") && findings[0].message.contains("must be $FF"),
        "{findings:?}"
    );
    let (right, checks) = right.unwrap();
    assert_eq!((right.state.word(), reference(checks)), ("accepted", &Outcome::Pass), "{checks:?}");
    assert!(right.instruction.contains("stops at 255") && right.instruction.contains("RTL"), "{right:?}");
}
