//! Trust against the real programs: a poisoned worker is found, suspended, its samples are set aside, the data set that
//! holds them is named, and the next one is free of them; a quarantine outlives whoever carries it out.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use hafs_proto::people::{
    AuditReport, DatasetView, Page, QuarantinePreview, QuarantineState, QuarantineView, WorkerView,
};
use hafs_proto::task::Completion;
use hafs_proto::worker::Answer;
use hafs_proto::{Sample, SampleState, TaskSpec, TrustState};
use hafs_tests::call::factory;
use hafs_tests::client::{self, generated, harvested};
use hafs_tests::far::{Far, Hand};
use hafs_tests::plant::{self, Plan};
use hafs_tests::stock;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

fn build(home: &Path) {
    let listen = plant::free_address();
    let teacher = "http://127.0.0.1:9";
    let _ = plant::build(&Plan { home, teacher, sections: 1, target: 1, slots: 1, listen, more: "" });
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// Ids of the accepted samples in a data set.
fn in_data_set(home: &Path, view: &DatasetView) -> BTreeSet<String> {
    let folder = home.join(view.path.as_str()).join("alpaca");
    let mut ids = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        ids.extend(
            text.lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned()),
        );
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poisoned_worker_is_found_suspended_and_set_aside_and_the_next_data_set_is_free_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    build(home);
    let far = Far::start(home).await;
    let (honest, liar) = (far.hire().await, far.hire().await);
    let why = ["--reason", "it stands in our own room"];
    let honest_id = honest.id.to_string();
    factory(home, &[&["workers", "trust", &honest_id, "trusted"], &why[..]].concat()).await.says(0, &[]);
    let spec = hafs_proto::RunSpec { target: 30, ..client::spec() };
    let run =
        far.post(&far.token, "/v1/runs", &json!({"spec": spec, "config_fingerprint": spec_hash()})).await;
    let harvest = far.claim(&honest, 1).await.tasks.remove(0);
    assert_eq!(far.complete(&honest, vec![harvested(&harvest, 0..60)]).await, [Answer::Accepted]);

    // Both work; the liar keeps one result back.
    let held = far.tasks(&liar, 11).await;
    let lies: Vec<Completion> = held.iter().zip(100..).map(|(task, n)| generated(task, n)).collect();
    let (late, now) = lies.split_first().unwrap();
    assert!(far.complete(&liar, now.to_vec()).await.iter().all(|answer| *answer == Answer::Accepted));
    let work = far.tasks(&honest, 12).await;
    let truths = work.iter().zip(200..).map(|(task, n)| generated(task, n)).collect();
    far.complete(&honest, truths).await;
    let first: DatasetView =
        read(factory(home, &["export", "--name", "first", "--format", "alpaca", "--json"]).await.document());
    assert!(first.samples == 22 && first.tainted.is_none(), "{first:?}");
    let head: AuditReport = read(factory(home, &["audit", "verify", "--json"]).await.document());

    // It is found: five times it shows tokens that were never signed for it.
    let stolen = far.tasks(&honest, 1).await.remove(0);
    for n in 0..5 {
        assert_eq!(far.complete(&liar, vec![generated(&stolen, 300 + n)]).await, [Answer::Invalid]);
    }
    let workers: Page<WorkerView> = read(factory(home, &["workers", "list", "--json"]).await.document());
    let of = |hand: &Hand| workers.items.iter().find(|it| it.id == hand.id).unwrap().trust.clone().unwrap();
    assert_eq!((of(&liar).state, of(&honest).state), (TrustState::Suspended, TrustState::Trusted));
    assert!(of(&liar).why.contains("5 forged lease tokens"), "{:?}", of(&liar));
    let nothing = far.claim(&liar, 1).await;
    assert!(nothing.tasks.is_empty() && nothing.reasons[0].message.contains("suspended"), "{nothing:?}");
    let liar_id = liar.id.to_string();
    let said = factory(home, &["why", &liar_id]).await.stdout;
    assert!(said.contains("suspended") && said.contains("5 forged lease tokens"), "{said}");

    // What it still hands in is taken, and set aside.
    assert_eq!(far.complete(&liar, vec![late.clone()]).await, [Answer::Accepted]);
    let of_liar = |samples: Vec<Sample>| -> Vec<Sample> {
        samples.into_iter().filter(|sample| sample.lineage.worker == liar.id).collect()
    };
    let aside = of_liar(far.samples().await);
    let is_aside = |sample: &&Sample| matches!(sample.state, SampleState::Quarantined { .. });
    assert_eq!((aside.len(), aside.iter().filter(is_aside).count()), (11, 1));

    // Everything that it made before is set aside too, after a look at what that means.
    let select = ["quarantine", "--worker", &liar_id, "--reason", "poisoned worker", "--json"];
    let preview = factory(home, &[&select[..], &["--dry-run"]].concat()).await.document();
    let preview: QuarantinePreview = read(preview);
    assert_eq!((preview.samples, preview.accepted, preview.tainted.len()), (11, 10, 1));
    factory(home, &["quarantine", "--reason", "everything"]).await.says(2, &["nothing is selected"]);
    let done: QuarantineView = read(factory(home, &select).await.document());
    assert_eq!((done.state, done.samples, done.kept), (QuarantineState::Done, 11, 0));
    assert_eq!(done.tainted.iter().map(|set| set.id).collect::<Vec<_>>(), [first.id]);
    assert_eq!(of_liar(far.samples().await).iter().filter(is_aside).count(), 11);

    // The data set that holds it is named everywhere; the run plans what is missing now.
    let list: Page<DatasetView> = read(factory(home, &["exports", "list", "--json"]).await.document());
    assert_eq!(list.items[0].tainted.as_ref().map(|taint| (taint.samples, taint.certain)), Some((10, true)));
    let show = factory(home, &["exports", "show", &first.id.to_string(), "--json"]).await.document();
    assert_eq!(show["fallen"].as_array().unwrap().len(), 10);
    let verified = factory(home, &["verify", first.path.as_str()]).await;
    assert!(
        verified.code == Some(6) && verified.stdout.contains("TAINTED: 10 of its samples"),
        "{verified:?}"
    );
    let progress = far.get(&format!("/v1/runs/{}/progress", run["id"].as_str().unwrap())).await;
    assert_eq!((&progress["accepted"], &progress["quarantined"]), (&json!(12), &json!(11)));
    let more = far.tasks(&honest, 18).await;
    assert!(more.iter().all(|task| matches!(task.task.spec, TaskSpec::Generate(_))), "18 are missing to 30");

    // The next data set is free of it, and everything still agrees.
    let second: DatasetView =
        read(factory(home, &["export", "--name", "second", "--format", "alpaca", "--json"]).await.document());
    let poison: BTreeSet<String> = aside.iter().map(|sample| sample.id.to_string()).collect();
    assert_eq!(in_data_set(home, &first).intersection(&poison).count(), 10);
    assert_eq!((in_data_set(home, &second).intersection(&poison).count(), second.samples), (0, 12));
    factory(home, &["verify", second.path.as_str()]).await.says(0, &[]);
    factory(home, &["verify"]).await.says(0, &[]);
    factory(home, &["audit", "verify", "--expect", &head.head]).await.says(0, &[]);

    // Taken back, every sample is what it was; what came late stays with the quarantine of its own.
    let lifted = factory(home, &["quarantine", "lift", &done.id.to_string(), "--json"]).await.document();
    assert_eq!((read::<QuarantineView>(lifted)).state, QuarantineState::Lifted);
    let now = of_liar(far.samples().await);
    assert_eq!(now.iter().filter(|sample| matches!(sample.state, SampleState::Accepted { .. })).count(), 10);
    factory(home, &["verify", first.path.as_str()]).await.says(0, &[]);
    factory(home, &["verify"]).await.says(0, &[]);
}

fn spec_hash() -> hafs_proto::ContentHash {
    hafs_proto::ContentHash::of(b"test")
}

const MANY: u64 = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarantine_of_five_thousand_samples_outlives_a_kill_in_its_middle() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    build(home);
    let worker = stock::fill(&home.join("data"), MANY).await.unwrap();
    let mut far = Far::start(home).await;
    let request = far
        .client
        .post(format!("{}/v1/quarantines", far.url))
        .bearer_auth(&far.token)
        .json(&json!({"selection": {"worker": worker}, "reason": "poisoned"}));
    let call = TaskTracker::new().spawn(request.send());
    let began = tokio::time::Instant::now();
    let at_kill = loop {
        let page: Page<QuarantineView> = read(far.get("/v1/quarantines").await);
        match page.items.first() {
            Some(view) if view.samples >= MANY / 10 => break view.clone(),
            Some(_) | None => assert!(began.elapsed() < Duration::from_secs(60), "it does not begin"),
        }
    };
    far.process.kill();
    assert!(call.await.unwrap().is_err(), "the call was cut off");
    assert_eq!(at_kill.state, QuarantineState::Running);
    assert!(at_kill.samples < MANY, "it was killed in the middle, at {}", at_kill.samples);

    let far = Far::start(home).await;
    let again = tokio::time::Instant::now();
    let done = loop {
        let view: QuarantineView = read(far.get(&format!("/v1/quarantines/{}", at_kill.id)).await);
        if view.state == QuarantineState::Done {
            break view;
        }
        assert!(again.elapsed() < Duration::from_secs(60), "{view:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    println!(
        "killed with {} of {MANY} samples set aside; the next coordinator was done {:.2} s after it came up",
        at_kill.samples,
        again.elapsed().as_secs_f64()
    );
    assert_eq!(done.samples, MANY);
    let run = far.get("/v1/status").await["runs"][0]["progress"].clone();
    assert_eq!((&run["quarantined"], &run["accepted"]), (&json!(MANY), &json!(0)));
    let begun = factory(home, &["audit", "list", "--action", "quarantine.begin", "--json"]).await.document();
    assert_eq!(begun["items"].as_array().unwrap().len(), 1, "one act, one entry");
    factory(home, &["verify"]).await.says(0, &[]);
}
