//! Checks by workers are claims: a liar is found within a stated number of them, an honest fleet is never suspended, and
//! newer rules look again at what was decided before, also when the coordinator is killed in the middle.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::path::Path;
use std::time::Duration;

use hafs_proto::check::Field;
use hafs_proto::people::{
    DatasetView, Page, RecheckPreview, RecheckStage, RecheckView, Repetition, SampleDetail, WorkerView,
};
use hafs_proto::run::Needed;
use hafs_proto::task::{CheckSpec, TaskOutput};
use hafs_proto::worker::{Answer, ClaimedTask};
use hafs_proto::{
    BoundedText, Check, CheckedBy, ContentHash, Finding, Outcome, Reason, Run, RunSpec, Sample, SampleState,
    TaskSpec, ToolUse, TrustState,
};
use hafs_tests::call::factory;
use hafs_tests::client::{self, completion, generated, harvested};
use hafs_tests::far::{Far, Hand};
use hafs_tests::plant::{self, Plan};
use hafs_tests::stock;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

const CHECK: &str = "house";
/// How long a condition may take to come about on a slow machine.
const LONG: Duration = Duration::from_secs(120);

fn build(home: &Path) {
    let (listen, teacher) = (plant::free_address(), "http://127.0.0.1:9");
    let _ = plant::build(&Plan { home, teacher, sections: 1, target: 1, slots: 1, listen, more: "" });
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A run whose samples need the check, with one generate task done for each sample that is wanted.
async fn samples(far: &Far, count: u64) -> Run {
    let maker = far.hire().await;
    let mut spec = RunSpec { target: 1_000, ..client::spec() };
    spec.policy.validators = vec![Needed { check: CHECK.parse().unwrap(), domain: "docs".parse().unwrap() }];
    let body = json!({"spec": spec, "config_fingerprint": ContentHash::of(b"test")});
    let run = read(far.post(&far.token, "/v1/runs", &body).await);
    let harvest = far.tasks(&maker, 1).await.remove(0);
    assert_eq!(far.complete(&maker, vec![harvested(&harvest, 0..count)]).await, [Answer::Accepted]);
    let tasks = far.tasks(&maker, usize::try_from(count).unwrap()).await;
    let results = tasks.iter().zip(1..).map(|(task, number)| generated(task, number)).collect();
    assert!(far.complete(&maker, results).await.iter().all(|answer| *answer == Answer::Accepted));
    run
}

/// A worker that offers the check.
async fn checker(far: &Far, home: &Path, trusted: bool) -> Hand {
    let hand = far.hire_with(&["check/house"]).await;
    if trusted {
        let id = hand.id.to_string();
        factory(home, &["workers", "trust", &id, "trusted", "--reason", "it is ours"]).await.says(0, &[]);
    }
    hand
}

/// Whether a sample is bad: every third is, by a rule that only its checkers know.
fn is_bad(output: &str) -> bool {
    ContentHash::of(output.as_bytes()).as_bytes()[0].is_multiple_of(3)
}

fn truth(spec: &CheckSpec) -> Outcome {
    if is_bad(&spec.sample.output) { fails() } else { Outcome::Pass }
}

fn fails() -> Outcome {
    Outcome::Fail { findings: vec![Finding::new(Reason::CompileError, Field::Output, "it does not compile")] }
}

fn answered(
    claimed: &ClaimedTask,
    (outcome, tool): (Outcome, &str),
    version: u32,
) -> hafs_proto::task::Completion {
    let TaskSpec::Check(spec) = &claimed.task.spec else { panic!("{:?}", claimed.task.spec) };
    assert_eq!(spec.witness, None, "nobody is told that somebody looks");
    let tool = ToolUse {
        version: BoundedText::clipped(tool),
        hash: ContentHash::of(tool.as_bytes()),
        sandbox: BoundedText::clipped("landlock"),
        notes: Vec::new(),
    };
    let name = spec.check.clone();
    let check = Check { name, version, by: CheckedBy::Worker, outcome, tool: Some(tool) };
    completion(claimed, Vec::new(), TaskOutput::Check { check })
}

/// Lets a worker do what there is for it at the moment; how many checks those were.
async fn work(
    far: &Far,
    hand: &Hand,
    mut answer: impl FnMut(&CheckSpec) -> (Outcome, &'static str),
) -> usize {
    let claimed = far.claim_within(hand, 1, 50).await.tasks;
    for task in &claimed {
        let TaskSpec::Check(spec) = &task.task.spec else { panic!("{:?}", task.task.spec) };
        far.complete(hand, vec![answered(task, answer(spec), 1)]).await;
    }
    claimed.len()
}

async fn trust(far: &Far, hand: &Hand) -> TrustState {
    let workers: Page<WorkerView> = read(far.get("/v1/workers?limit=500").await);
    workers.items.iter().find(|worker| worker.id == hand.id).unwrap().trust.clone().unwrap().state
}

async fn detail(far: &Far, sample: &Sample) -> SampleDetail {
    read(far.get(&format!("/v1/samples/{}", sample.id)).await)
}

async fn in_state(far: &Far, word: &str) -> Vec<Sample> {
    far.samples().await.into_iter().filter(|sample| sample.state.word() == word).collect()
}

/// Whether a check of a sample is being repeated.
async fn is_awaited(far: &Far, sample: &str) -> bool {
    let detail: SampleDetail = read(far.get(&format!("/v1/samples/{sample}")).await);
    detail.claims.iter().any(|claim| claim.repetition == Repetition::Asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_lies_is_found_at_its_first_lie_among_ten_checks_and_nothing_of_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    build(home);
    let far = Far::start(home).await;
    let (honest, liar) = (checker(&far, home, true).await, checker(&far, home, false).await);
    samples(&far, 30).await;
    // The liar says six times what is true, and then the contrary.
    let deadline = tokio::time::Instant::now() + LONG;
    for (at, task) in far.tasks(&liar, 7).await.iter().enumerate() {
        assert_ne!(trust(&far, &liar).await, TrustState::Suspended, "it was honest {at} times");
        let TaskSpec::Check(spec) = &task.task.spec else { panic!("{:?}", task.task.spec) };
        let says_good = is_bad(&spec.sample.output) == (at == 6);
        let outcome = if says_good { Outcome::Pass } else { fails() };
        far.complete(&liar, vec![answered(task, (outcome, "tool 1"), 1)]).await;
        while is_awaited(&far, &spec.sample.id.to_string()).await {
            work(&far, &honest, |spec| (truth(spec), "tool 1")).await;
            assert!(tokio::time::Instant::now() < deadline, "nobody repeats it");
        }
    }
    assert_eq!(trust(&far, &liar).await, TrustState::Suspended, "the first lie is the last");
    assert_eq!(trust(&far, &honest).await, TrustState::Trusted);

    // Everything that it has checked is checked again by somebody else, and the run goes on.
    let deadline = tokio::time::Instant::now() + LONG;
    loop {
        work(&far, &honest, |spec| (truth(spec), "tool 1")).await;
        let rechecks: Page<RecheckView> = read(far.get("/v1/rechecks").await);
        let undecided = in_state(&far, "candidate").await;
        let done = rechecks.items.iter().all(|recheck| recheck.stage == RecheckStage::Done);
        if done && !rechecks.items.is_empty() && undecided.is_empty() {
            assert_eq!(rechecks.items[0].by.as_str(), "coordinator");
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{rechecks:?} {undecided:?}");
    }
    for sample in far.samples().await {
        let detail = detail(&far, &sample).await;
        let accepted = matches!(sample.state, SampleState::Accepted { .. });
        assert_eq!(accepted, !is_bad(&sample.output), "{detail:?}");
        assert!(detail.claims.iter().all(|claim| claim.void == (claim.worker == liar.id)), "{detail:?}");
        assert!(detail.claims.iter().any(|claim| claim.worker == honest.id));
    }
    let begun = factory(home, &["audit", "list", "--action", "recheck.begin", "--json"]).await.document();
    assert_eq!(begun["items"].as_array().unwrap().len(), 1, "one contradiction, one recheck");
    factory(home, &["verify"]).await.says(0, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_fleet_is_never_suspended_though_tools_time_out_and_one_worker_has_another_version() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    build(home);
    let far = Far::start(home).await;
    let fleet =
        [checker(&far, home, true).await, checker(&far, home, true).await, checker(&far, home, false).await];
    samples(&far, 60).await;
    let late = || Outcome::Unchecked { why: BoundedText::clipped("it took too long") };
    let mut turn = 0_u64;
    let deadline = tokio::time::Instant::now() + LONG;
    loop {
        let mut done = 0;
        for (hand, tool) in fleet.iter().zip(["tool 1", "tool 1", "tool 2"]) {
            done += work(&far, hand, |spec| {
                turn += 1;
                // One call in five is too slow, whatever it looks at.
                (if turn.is_multiple_of(5) { late() } else { truth(spec) }, tool)
            })
            .await;
        }
        if done == 0 && in_state(&far, "candidate").await.is_empty() {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline);
    }
    for hand in &fleet {
        assert_ne!(trust(&far, hand).await, TrustState::Suspended);
    }
    let mut seen = std::collections::BTreeMap::new();
    for sample in far.samples().await {
        let detail = detail(&far, &sample).await;
        detail.claims.iter().for_each(|claim| *seen.entry(claim.repetition.word()).or_insert(0) += 1);
        assert!(sample.state.word() != "accepted" || !is_bad(&sample.output), "{detail:?}");
    }
    println!("{turn} checks: {seen:?}");
    assert!(!seen.contains_key("contradicted"), "{seen:?}");
    for word in ["confirmed", "other_tool", "not_comparable", "repeats"] {
        assert!(seen.contains_key(word), "{word}: {seen:?}");
    }
    factory(home, &["verify"]).await.says(0, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_alone_is_not_repeated_and_its_samples_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    build(home);
    let far = Far::start(home).await;
    // Whoever says itself that it repeats others is not heard, and one that is not trusted is no witness.
    let alone = checker(&far, home, false).await;
    let _ = far.hire_with(&["check/house", &format!("witness/{}/house", alone.id)]).await;
    samples(&far, 3).await;
    let deadline = tokio::time::Instant::now() + LONG;
    while !in_state(&far, "candidate").await.is_empty() {
        work(&far, &alone, |_| (Outcome::Pass, "tool 1")).await;
        assert!(tokio::time::Instant::now() < deadline);
    }
    let accepted = in_state(&far, "accepted").await;
    assert_eq!(accepted.len(), 3);
    for sample in &accepted {
        let claims = detail(&far, sample).await.claims;
        assert_eq!((claims.len(), claims[0].worker), (1, alone.id));
        assert_eq!(claims[0].repetition, Repetition::NobodyElse);
    }
    let shown = factory(home, &["samples", "show", &accepted[0].id.to_string()]).await;
    assert!(shown.stdout.contains("no other trusted worker"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_validator_changes_decisions_keeps_every_check_and_taints_the_data_set() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    build(home);
    let far = Far::start(home).await;
    let hand = checker(&far, home, false).await;
    samples(&far, 6).await;
    let deadline = tokio::time::Instant::now() + LONG;
    while !in_state(&far, "candidate").await.is_empty() {
        work(&far, &hand, |_| (Outcome::Pass, "tool 1")).await;
        assert!(tokio::time::Instant::now() < deadline);
    }
    let export = ["export", "--name", "first", "--format", "alpaca", "--json"];
    let first: DatasetView = read(factory(home, &export).await.document());
    assert!(first.samples == 6 && first.tainted.is_none(), "{first:?}");

    let select = ["recheck", "--check", CHECK, "--reason", "a new version", "--json"];
    let preview: RecheckPreview =
        read(factory(home, &[&select[..], &["--dry-run"]].concat()).await.document());
    assert_eq!((preview.samples, preview.accepted), (6, 6));
    let begun: RecheckView = read(factory(home, &[&select[..], &["--no-wait"]].concat()).await.document());
    assert_eq!((begun.stage, begun.asked, begun.gates), (RecheckStage::Waiting, 6, 0));
    // While nobody has answered, what was decided stands.
    assert_eq!(in_state(&far, "accepted").await.len(), 6);
    let tasks = far.tasks(&hand, 6).await;
    let half = |at: usize| if at < 2 { fails() } else { Outcome::Pass };
    let results =
        tasks.iter().enumerate().map(|(at, task)| answered(task, (half(at), "tool 2"), 2)).collect();
    assert!(far.complete(&hand, results).await.iter().all(|answer| *answer == Answer::Accepted));
    let deadline = tokio::time::Instant::now() + LONG;
    let done = loop {
        let view: RecheckView = read(far.get(&format!("/v1/rechecks/{}", begun.id)).await);
        if view.stage == RecheckStage::Done {
            break view;
        }
        assert!(tokio::time::Instant::now() < deadline, "{view:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((done.changed, done.open, done.lost), (2, 0, 0));
    let fallen = in_state(&far, "rejected").await;
    assert_eq!((fallen.len(), in_state(&far, "accepted").await.len()), (2, 4));
    let versions: Vec<u32> = detail(&far, &fallen[0])
        .await
        .checks
        .iter()
        .filter(|view| view.check.name.as_str() == CHECK)
        .map(|view| view.check.version)
        .collect();
    assert_eq!(versions, [1, 2], "the earlier check is kept");
    let list: Page<DatasetView> = read(factory(home, &["exports", "list", "--json"]).await.document());
    assert_eq!(list.items[0].tainted.as_ref().map(|taint| (taint.samples, taint.certain)), Some((2, true)));
    let begun = factory(home, &["audit", "list", "--action", "recheck.begin", "--json"]).await.document();
    assert_eq!(begun["items"].as_array().unwrap().len(), 1, "one act, one entry");
    factory(home, &["verify"]).await.says(0, &[]);
}

const MANY: u64 = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recheck_of_three_thousand_samples_outlives_a_kill_in_its_middle() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    build(home);
    stock::fill(&home.join("data"), MANY).await.unwrap();
    let mut far = Far::start(home).await;
    let request = far
        .client
        .post(format!("{}/v1/rechecks", far.url))
        .bearer_auth(&far.token)
        .json(&json!({"reason": "a new release"}));
    let call = TaskTracker::new().spawn(request.send());
    let began = tokio::time::Instant::now();
    let at_kill = loop {
        let page: Page<RecheckView> = read(far.get("/v1/rechecks").await);
        match page.items.first() {
            Some(view) if view.samples >= MANY / 20 => break view.clone(),
            Some(_) | None => assert!(began.elapsed() < LONG, "it does not begin"),
        }
    };
    far.process.kill();
    assert!(call.await.unwrap().is_err(), "the call was cut off");
    assert!(at_kill.stage == RecheckStage::Running && at_kill.samples < MANY, "{at_kill:?}");

    let far = Far::start(home).await;
    let again = tokio::time::Instant::now();
    let done = loop {
        let view: RecheckView = read(far.get(&format!("/v1/rechecks/{}", at_kill.id)).await);
        if view.stage == RecheckStage::Done {
            break view;
        }
        assert!(again.elapsed() < LONG, "{view:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    println!(
        "killed at {} of {MANY}; the next coordinator was done {:.2} s after it came up, {} outcomes recorded",
        at_kill.samples,
        again.elapsed().as_secs_f64(),
        done.gates
    );
    assert_eq!((done.samples, done.meant), (MANY, MANY));
    // Every gate but the one that was on record, once for each sample.
    let gates = hafs_quality::gates::GATES.len() as u64;
    assert_eq!(done.gates, MANY * (gates - 1));
    factory(home, &["verify"]).await.says(0, &[]);
}
