//! What the coordinator does with the library, in the transactions in which it does it.

use hafs_library::tables::seeds::Inserted;
use hafs_library::tables::{
    attempts, audit, checks, credentials, datasets, decisions, duplicates, embeddings, harvest,
    metric_points, receipts, runs, samples, seeds, tasks, trust, verdicts, workers,
};
use hafs_library::{StoreError, Tx};
use hafs_proto::check::{Field, Finding};
use hafs_proto::people::{DatasetView, ExportFormat, ExportRequest, Scope, SplitRatios};
use hafs_proto::worker::Answer;
use hafs_proto::*;

use crate::world::*;

type Done = Result<(), StoreError>;

/// A run, the worker and its credential.
pub fn begin(tx: &mut dyn Tx, budget: Option<u64>) -> Done {
    runs::create(tx, &run(1, budget))?;
    workers::register(tx, &registration(), at(0))?;
    let mut own = credential(CREDENTIAL, vec![Scope::Work], None);
    own.worker = Some(id(WORKER));
    credentials::insert(tx, &own)?;
    let trust = trust::StoredTrust {
        state: TrustState::Probation,
        since: at(1),
        why: text("a first result was confirmed"),
        confirmed: 3,
        forged: 0,
        invalid: 0,
        invited_by: Some(id(CREDENTIAL)),
    };
    trust::put(tx, id(WORKER), &trust)
}

/// A seed and a task to make samples from it; both get the number `n`.
pub fn plan(tx: &mut dyn Tx, n: u128) -> Done {
    let seed = seed(n);
    assert_eq!(seeds::insert(tx, seed.id, &seed.draft, seed.created_at)?, Inserted::New(seed.id));
    tasks::insert(tx, &generate(n, id(1), seed, 0)).map(drop)
}

/// What is stored after so many failures.
pub fn tried(failures: u32) -> tasks::StoredTries {
    tasks::StoredTries { failures, ..tasks::StoredTries::default() }
}

/// The result of task `n`: samples `n * 100 + slot`.
pub fn generated(tx: &mut dyn Tx, n: u128, slots: u16) -> Done {
    let task = tasks::get(tx, id(n))?;
    let attempt = attempt(n, &task, "accepted");
    attempts::insert(tx, &attempt)?;
    assert_eq!(tasks::finish(tx, task.task.id, at(4))?, tasks::Closed::Now);
    for slot in 0..slots {
        let sample = sample(n * 100 + u128::from(slot), &task.task, &attempt, slot);
        assert_eq!(samples::insert(tx, &sample)?, samples::Stored::New);
        checks::insert(tx, sample.id, &[passed("limits"), failed("hedge")], at(4))?;
        let signature = signature(sample.canon_hash);
        duplicates::insert(tx, sample.id, &signature)?;
    }
    receipts::insert(tx, &receipt(n, &attempt, Answer::Accepted))
}

/// A signature of four bands from a hash.
pub fn signature(of: ContentHash) -> duplicates::Signature {
    let (numbers, _) = of.as_bytes().as_chunks::<8>();
    let bands = numbers.iter().map(|number| u64::from_le_bytes(*number)).collect();
    duplicates::Signature { version: 1, bytes: of.as_bytes().to_vec(), bands }
}

pub fn passed(check: &str) -> Check {
    Check { name: name(check), version: 1, by: CheckedBy::Coordinator, outcome: Outcome::Pass, tool: None }
}

pub fn failed(check: &str) -> Check {
    let finding = Finding::new(Reason::Hedge, Field::Output, "I am only").at(0..4);
    Check {
        name: name(check),
        version: 2,
        by: CheckedBy::Worker,
        outcome: Outcome::from_findings(vec![finding]),
        tool: None,
    }
}

/// A judge's opinion on a sample: task, attempt and verdict `n`.
pub fn judged(tx: &mut dyn Tx, n: u128, on: SampleId) -> Done {
    let task = judge(n, &samples::get(tx, on)?);
    tasks::insert(tx, &task)?;
    let stored = tasks::get(tx, task.id)?;
    let attempt = attempt(n, &stored, "accepted");
    attempts::insert(tx, &attempt)?;
    tasks::finish(tx, task.id, at(5))?;
    verdicts::insert(tx, &verdict(n, &task, &attempt))?;
    receipts::insert(tx, &receipt(n, &attempt, Answer::Accepted))
}

/// A library with at least one row of every sealed table.
pub fn everything(tx: &mut dyn Tx) -> Done {
    begin(tx, Some(1_000))?;
    for n in [11, 12, 13] {
        plan(tx, n)?;
    }
    generated(tx, 11, 3)?;
    judged(tx, 21, id(1_100))?;
    decisions::insert(tx, &decision(id(1_100), vec![]))?;
    decisions::insert(tx, &decision(id(1_101), vec![Reason::Hedge, Reason::TooShort]))?;
    embeddings::insert(tx, id(1_100), &name("embedded/minilm"), &[0.5, -1.0], at(6))?;
    let dead = task::DeadReason { reason: Reason::Timeout, detail: text("no answer") };
    tasks::bury(tx, id(12), &dead, at(6))?;
    hafs_library::tables::budget::reserve(tx, id(1), id(13), MicroUsd(50), at(6))?;
    harvest::record(tx, &page())?;
    metric_points::put(tx, "acceptance", "", metric_points::Point { at: at(1), value: 0.5 })?;
    let (view, request) = dataset();
    datasets::insert(tx, &view, &request)?;
    datasets::record_samples(tx, view.id, &[id(1_100)], &[id(1_101)])?;
    let worker = id::<WorkerId>(WORKER).to_string();
    let trust = trust::moved(TrustState::New, TrustState::Probation, "confirmed");
    for (action, object, detail) in
        [("run.create", "run_1", ""), ("token.create", "run_1", ""), (audit::TRUST, &worker, trust.as_str())]
    {
        audit::append(tx, &audit::Entry { at: at(1), actor: "cred_1", action, object, detail })?;
    }
    Ok(())
}

pub fn page() -> harvest::HarvestedPage {
    harvest::HarvestedPage {
        run: id(1),
        source: name("repo"),
        next_cursor: Some(text("page 2")),
        seeds: 3,
        known: 1,
        skipped: [("binary".to_owned(), 2)].into(),
        at: at(1),
    }
}

pub fn dataset() -> (DatasetView, ExportRequest) {
    let request = ExportRequest {
        name: text("first"),
        formats: vec![ExportFormat::Alpaca],
        runs: vec![id(1)],
        domains: vec![],
        splits: SplitRatios { train: 800, val: 100, test: 100 },
        seed: 1,
        unverified_share: None,
    };
    let view = DatasetView {
        id: id(31),
        name: text("first"),
        path: text("datasets/first"),
        manifest_sha256: text(&"0".repeat(64)),
        inputs: ContentHash::of(b"inputs"),
        samples: 1,
        created_at: at(7),
        tainted: None,
    };
    (view, request)
}
