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

/// As it stands in a source: the second value is loaded once too often.
const SLOW: &str = "Clear_Room:\n  LDA #$00\n  STA $10\n  LDA #$00\n  STA $11\n  LDX #$05\n- STA $0200,x\n  DEX\n  BPL -\n  RTS";
const FAST: &str =
    "Clear_Room:\n  LDA #$00\n  STA $10\n  STA $11\n  LDX #$05\n- STA $0200,x\n  DEX\n  BPL -\n  RTS";
/// It forgets $11.
const LESS: &str = "Clear_Room:\n  LDA #$00\n  STA $10\n  LDX #$05\n- STA $0200,x\n  DEX\n  BPL -\n  RTS";
const HOOKED: &str = "Clear_Room:\n  PHP\n  REP #$30\n  PHA\n  PHX\n  PHY\n  JSL Clear_Room_Hook\n  REP #$30\n  PLY\n  PLX\n  PLA\n  \
                      PLP\n  LDA #$00\n  STA $10\n  LDA #$00\n  STA $11\n  LDX #$05\n- STA $0200,x\n  DEX\n  BPL -\n  RTS";
/// The caller's A is gone.
const CARELESS: &str = "Clear_Room:\n  JSL Clear_Room_Hook\n  LDA #$00\n  STA $10\n  LDA #$00\n  STA $11\n  LDX #$05\n- STA $0200,x\n  \
                        DEX\n  BPL -\n  RTS";

/// What a run came to.
struct Ran {
    found: Vec<(Sample, Vec<Check>)>,
    /// What the teacher was asked last.
    asked: String,
    calls: u64,
}

/// Runs one generator on a source with these answers, one for each try.
async fn run(source: &str, generator: &str, answers: [&str; 2]) -> Ran {
    let home = tempfile::tempdir().unwrap();
    let script = Script { answers: answers.map(str::to_owned).to_vec(), ..Script::default() };
    let teacher = ScriptedTeacher::start(script).await.unwrap();
    let url = teacher.base_url();
    let listen = plant::free_address();
    let plan = Plan { home: home.path(), teacher: &url, sections: 1, target: 1, slots: 1, listen, more: "" };
    let config = plant::build(&plan);
    // Only the routine is for these generators; the other code must be left alone.
    std::fs::write(home.path().join("docs/room.asm"), format!("org $808000\n\n{SLOW}\n")).unwrap();
    let other =
        "pub fn add(a: u8, b: u8) -> u8 {\n    let sum = a + b;\n    println!(\"{sum}\");\n    sum\n}\n";
    std::fs::write(home.path().join("docs/add.rs"), other).unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text
        .replace("kind = \"folder\"\npath = \"docs\"", source)
        .replace("doc-qa", generator)
        .replace("repairs = 0", "repairs = 1");
    std::fs::write(config, text).unwrap();
    let mut process = Process::start("hafs-factory", home.path(), &["run", "--no-export", "--json"]);
    let (status, text) = process.output(Duration::from_secs(120)).await;
    assert!(status.code().is_some(), "{status}: {text}");
    let asked = teacher.last().map(|asked| asked.texts.join("\n")).unwrap_or_default();
    Ran { found: plant::checked(home.path()).await, asked, calls: teacher.calls() }
}

fn outcome<'a>(checks: &'a [Check], gate: &str) -> &'a Outcome {
    &checks.iter().find(|check| check.name.as_str() == gate).unwrap().outcome
}

/// The samples of two answers, which must be there.
fn both(found: &[(Sample, Vec<Check>)], answers: [&str; 2]) -> [(Sample, Vec<Check>); 2] {
    answers.map(|code| found.iter().find(|(sample, _)| sample.output.as_str() == code).unwrap().clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_routine_that_gives_a_wrong_result_is_rejected_and_its_right_repair_is_accepted_with_the_proof() {
    let ran = run("kind = \"routines\"\nmax_tasks = 1", "write-routine", [WRONG, RIGHT]).await;
    let [(wrong, checks), right] = both(&ran.found, [WRONG, RIGHT]);
    let SampleState::Rejected { reasons, .. } = &wrong.state else { panic!("{:?}", wrong.state) };
    assert_eq!(reasons.as_slice(), [Reason::WrongResult]);
    let Outcome::Fail { findings } = outcome(&checks, "routine") else { panic!("{checks:?}") };
    assert!(
        findings[0].message.contains("sum is $") && findings[0].message.contains("must be $FF"),
        "{findings:?}"
    );
    assert!(ran.asked.contains(&*findings[0].message), "the repair knows the inputs: {}", ran.asked);
    let (right, checks) = right;
    assert_eq!((right.state.word(), outcome(&checks, "routine")), ("accepted", &Outcome::Pass), "{checks:?}");
    assert!(right.instruction.contains("stops at 255") && right.instruction.contains("RTL"), "{right:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rewritten_routine_is_run_beside_the_one_of_the_source_and_its_repair_knows_what_differed() {
    let folder = "kind = \"folder\"\npath = \"docs\"";
    for (generator, bad, good, differs) in
        [("optimise-code", LESS, FAST, "$7E0011"), ("hook-code", CARELESS, HOOKED, "behind one")]
    {
        let ran = run(folder, generator, [bad, good]).await;
        let [(bad, checks), (good, passed)] = both(&ran.found, [bad, good]);
        let SampleState::Rejected { reasons, .. } = &bad.state else { panic!("{:?}", bad.state) };
        assert_eq!(reasons.as_slice(), [Reason::WrongResult], "{generator}");
        let Outcome::Fail { findings } = outcome(&checks, "rewrite") else { panic!("{checks:?}") };
        assert!(findings[0].message.contains(differs), "{generator}: {findings:?}");
        assert!(ran.asked.contains("entered with A = $"), "{generator}: {}", ran.asked);
        assert_eq!(
            (good.state.word(), outcome(&passed, "rewrite")),
            ("accepted", &Outcome::Pass),
            "{passed:?}"
        );
        assert_eq!((good.input.as_str(), ran.calls), (SLOW, 2), "{generator}: nothing else was asked for");
    }
}
