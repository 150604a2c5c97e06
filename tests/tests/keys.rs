//! The keys of `[training]` change what the factory does, not only what it stores.

use std::time::Duration;

use hafs_proto::people::{Page, Progress};
use hafs_proto::run::RunSpec;
use hafs_proto::sample::TemplateRef;
use hafs_proto::task::{Completion, TaskOutput};
use hafs_proto::verdict::{Criterion, CriterionVerdict, Opinion, RubricRef};
use hafs_proto::worker::ClaimedTask;
use hafs_proto::{BoundedText, Candidate, ContentHash, Sample, Score, TaskSpec};
use hafs_tests::client::{self, Hand, Office, generated, harvested, words};
use hafs_tests::process::until;

async fn ready(folder: &std::path::Path, seeds: u64, adjust: impl FnOnce(&mut RunSpec)) -> (Office, Hand) {
    let office = Office::open(folder, |_| {}).await;
    let hand = office.hire().await;
    office.start(adjust).await;
    let harvest = office.claim_one(&hand).await;
    office.complete(&hand, vec![harvested(&harvest, 0..seeds)]).await;
    (office, hand)
}

fn score(value: f64) -> Score {
    Score::new(value).expect("a score")
}

/// A sample whose output shares most of its words with those of its neighbours.
fn alike(claimed: &ClaimedTask, number: u64) -> Completion {
    let shared: String = (0..6).map(|at| format!("{} ", words(at))).collect();
    let candidate = Candidate {
        slot: 0,
        instruction: BoundedText::clipped("What does the list of the plant hold?"),
        input: BoundedText::clipped(""),
        output: BoundedText::clipped(&format!("It holds {shared}and at its end number {number}.")),
        call: 0,
    };
    let template =
        TemplateRef { name: "doc-qa".parse().expect("a name"), version: 1, hash: ContentHash::of(b"t") };
    client::completion(
        claimed,
        vec![client::call()],
        TaskOutput::Generate { candidates: vec![candidate], template },
    )
}

async fn accepted_of_two_alike(threshold: f64) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let (office, hand) =
        ready(folder.path(), 3, |spec| spec.policy.diversity_threshold = score(threshold)).await;
    for number in 0..2 {
        let claimed = office.claim_one(&hand).await;
        office.complete(&hand, vec![alike(&claimed, number)]).await;
    }
    let page: Page<Sample> = office.get("/v1/samples?state=accepted").await;
    office.close().await;
    page.items.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn diversity_threshold_decides_whether_a_similar_sample_is_taken() {
    assert_eq!(accepted_of_two_alike(0.5).await, 1);
    assert_eq!(accepted_of_two_alike(1.0).await, 2);
}

fn judged(claimed: &ClaimedTask, value: f64) -> Completion {
    let criterion = Criterion {
        id: BoundedText::clipped("grounded"),
        verdict: CriterionVerdict::Pass,
        why: BoundedText::clipped(""),
    };
    let rubric = RubricRef { name: "judge".parse().expect("a name"), version: 1 };
    let opinion = Opinion { rubric, score: score(value), criteria: vec![criterion] };
    let TaskSpec::Judge(spec) = &claimed.task.spec else { panic!("a judge's task") };
    let call = hafs_proto::CallRecord { teacher: spec.judge.clone(), ..client::call() };
    client::completion(claimed, vec![call], TaskOutput::Judge { opinion })
}

async fn state_at_quality(min_quality_score: f64) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (office, hand) = ready(folder.path(), 1, |spec| {
        spec.judges = vec!["scripted/judge".parse().expect("a teacher")];
        (spec.policy.agree, spec.policy.of) = (1, 1);
        spec.policy.min_quality_score = score(min_quality_score);
    })
    .await;
    let claimed = office.claim_one(&hand).await;
    office.complete(&hand, vec![generated(&claimed, 1)]).await;
    let claimed = office.claim_one(&hand).await;
    assert!(matches!(claimed.task.spec, TaskSpec::Judge(_)));
    office.complete(&hand, vec![judged(&claimed, 0.6)]).await;
    let page: Page<Sample> = office.get("/v1/samples").await;
    office.close().await;
    page.items[0].state.word().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn min_quality_score_decides_whether_a_judge_agrees() {
    assert_eq!(state_at_quality(0.5).await, "accepted");
    assert_eq!(state_at_quality(0.7).await, "rejected");
}

async fn hints_with(feedback: bool) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let (office, hand) = ready(folder.path(), 60, |spec| {
        spec.policy.feedback = feedback;
        spec.policy.min_output_chars = 5_000;
        spec.target = 4;
    })
    .await;
    // Samples that are too short, until later tasks know of it.
    let mut hints = 0;
    for number in 0..12 {
        let claimed = office.claim_one(&hand).await;
        if let TaskSpec::Generate(spec) = &claimed.task.spec {
            hints += spec.hints.len();
        }
        office.complete(&hand, vec![generated(&claimed, number)]).await;
    }
    office.close().await;
    hints
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_enabled_tells_teachers_what_was_rejected_before() {
    assert_eq!(hints_with(false).await, 0);
    assert!(hints_with(true).await > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn augmentation_ratio_asks_for_variants_of_accepted_samples() {
    let folder = tempfile::tempdir().expect("a folder");
    let (office, hand) = ready(folder.path(), 40, |spec| {
        spec.policy.augmentation_ratio = score(0.5);
        spec.target = 8;
    })
    .await;
    let mut kinds = Vec::new();
    for number in 0..20 {
        let reply = office.claim(&hand, 1, Duration::from_secs(3)).await;
        let Some(claimed) = reply.tasks.into_iter().next() else { break };
        kinds.push(claimed.task.kind().word());
        let mut result = generated(&claimed, number);
        if let (TaskSpec::Augment(_), TaskOutput::Generate { candidates, template }) =
            (&claimed.task.spec, result.output.clone())
        {
            result.output = TaskOutput::Augment { candidates, template };
        }
        office.complete(&hand, vec![result]).await;
    }
    assert!(kinds.contains(&"augment"), "{kinds:?}");
    let page: Page<Sample> = office.get("/v1/samples?state=accepted").await;
    assert!(page.items.iter().any(|sample| sample.lineage.parent.is_some()));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoint_interval_says_when_the_library_is_backed_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let (office, hand) = ready(folder.path(), 10, |spec| spec.checkpoint_interval = 3).await;
    let backup = folder.path().join("backups/library.db");
    for number in 0..2 {
        let claimed = office.claim_one(&hand).await;
        office.complete(&hand, vec![generated(&claimed, number)]).await;
    }
    assert!(!backup.exists(), "two decisions are no checkpoint");
    let claimed = office.claim_one(&hand).await;
    office.complete(&hand, vec![generated(&claimed, 2)]).await;
    until("a backup", Duration::from_secs(20), || backup.exists().then_some(())).await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_stops_a_run_before_it_is_overspent() {
    let folder = tempfile::tempdir().expect("a folder");
    // Each call costs 7.
    let (office, hand) = ready(folder.path(), 30, |spec| spec.budget = Some(hafs_proto::MicroUsd(40))).await;
    let mut number = 0;
    loop {
        let reply = office.claim(&hand, 8, Duration::from_secs(3)).await;
        if reply.tasks.is_empty() {
            break;
        }
        let results = reply.tasks.iter().map(|claimed| {
            number += 1;
            generated(claimed, number)
        });
        let results = results.collect();
        office.complete(&hand, results).await;
    }
    let status: hafs_proto::people::Status = office.get("/v1/status").await;
    let progress: &Progress = &status.runs[0].progress;
    assert!(progress.cost.0 <= 40, "{progress:?}");
    assert!(progress.accepted >= 4, "{progress:?}");
    assert_eq!(status.runs[0].run.ended_because.as_deref(), Some("budget spent"));
    office.close().await;
}
