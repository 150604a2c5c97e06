//! How each sealed table's rows are derived again.

use hafs_proto::{ContentHash, SampleId, TeacherName};

use super::seals::{Derived, Sealed};
use crate::db::{Row, Tx};
use crate::error::StoreError;
use crate::seal::seal;
use crate::tables::{
    attempts, checks, claims, credentials, datasets, decisions, duplicates, quarantine, receipts, recheck,
    reviews, runs, samples, seeds, tasks, trust, verdicts,
};

type Outcome = Result<Derived, StoreError>;

fn only(seal: Result<ContentHash, StoreError>) -> Outcome {
    Ok(Derived { seal: seal?, disagreements: Vec::new() })
}

/// The columns of `pairs` that are not what they should be.
fn disagreements(pairs: &[(&'static str, bool)]) -> Vec<&'static str> {
    pairs.iter().filter(|(_, agrees)| !agrees).map(|(column, _)| *column).collect()
}

pub(super) const RUN: Sealed = Sealed {
    table: "run",
    key: &["id"],
    select: || format!("SELECT {} FROM run", runs::COLUMNS),
    derive: |_, row| only(runs::facts(&runs::run(row)?)),
};

pub(super) const SEED: Sealed = Sealed {
    table: "seed",
    key: &["id"],
    select: || format!("SELECT {}, rewrites FROM seed", seeds::COLUMNS),
    derive: |_, row| {
        let seed = seeds::seed(row)?;
        let origin = &seed.draft.provenance;
        let rewrites: String = row.get("rewrites")?;
        let disagreements = disagreements(&[
            ("content_hash", seed.content_hash == seed.draft.content_hash()),
            ("source", row.get::<String>("source")? == origin.source.as_str()),
            ("group_key", row.get::<String>("group_key")? == origin.group.as_str()),
            // Seeds from before there was the column may have none.
            ("rewrites", rewrites.is_empty() || rewrites == seeds::rewrites(&seed.draft)),
        ]);
        Ok(Derived { seal: seal(&seed)?, disagreements })
    },
};

pub(super) const TASK: Sealed = Sealed {
    table: "task",
    key: &["id"],
    select: || format!("SELECT {} {}", tasks::COLUMNS, tasks::FROM),
    derive: task,
};

fn task(_: &mut dyn Tx, row: &Row) -> Outcome {
    let task = tasks::stored(row)?.task;
    let subject = tasks::Subject::of(&task.spec);
    let disagreements = disagreements(&[
        ("kind", row.get::<String>("kind")? == task.kind().word()),
        ("route", row.get::<String>("route")? == task.route().to_string()),
        ("seed", row.get("seed").ok() == Some(subject.seed)),
        ("sample", row.get("sample").ok() == Some(subject.sample)),
        ("generator", row.get("generator").ok() == Some(subject.generator.cloned())),
        ("teacher", row.get("teacher").ok() == Some(subject.teacher.cloned())),
        ("round", row.get("round").ok() == Some(subject.round)),
    ]);
    Ok(Derived { seal: seal(&task)?, disagreements })
}

pub(super) const ATTEMPT: Sealed = Sealed {
    table: "attempt",
    key: &["id"],
    select: || format!("SELECT {} FROM attempt", attempts::COLUMNS),
    derive: |tx, row| only(attempts::facts(&attempts::read(tx, row)?)),
};

pub(super) const SAMPLE: Sealed = Sealed {
    table: "sample",
    key: &["id"],
    select: || format!("SELECT {} FROM sample", samples::COLUMNS),
    derive: |tx, row| only(samples::facts(&samples::sample(tx, row)?)),
};

pub(super) const CHECK: Sealed = Sealed {
    table: "check_result",
    key: &["sample", "seq"],
    select: || {
        "SELECT sample, seq, name, version, checked_by, outcome, detail, at, seal, tool FROM check_result"
            .to_owned()
    },
    derive: |_, row| {
        let view = checks::view(row)?;
        let agrees = row.get::<String>("outcome")? == view.check.outcome.word();
        let seal = checks::facts(row.get("sample")?, row.get("seq")?, &view)?;
        Ok(Derived { seal, disagreements: disagreements(&[("outcome", agrees)]) })
    },
};

pub(super) const VERDICT: Sealed = Sealed {
    table: "verdict",
    key: &["id"],
    select: || format!("SELECT {} FROM verdict", verdicts::COLUMNS),
    derive: |_, row| only(seal(&verdicts::verdict(row)?)),
};

pub(super) const DECISION: Sealed = Sealed {
    table: "decision",
    key: &["sample", "seq"],
    select: || format!("SELECT {} FROM decision", decisions::COLUMNS),
    derive: |_, row| only(decisions::facts(row.get("seq")?, &decisions::decision(row)?)),
};

pub(super) const SIGNATURE: Sealed = Sealed {
    table: "signature",
    key: &["sample"],
    select: || "SELECT sample, seal FROM signature".to_owned(),
    derive: |tx, row| {
        let sample: SampleId = row.get("sample")?;
        let signature =
            duplicates::get(tx, sample)?.ok_or_else(|| StoreError::missing("signature of", sample))?;
        only(duplicates::facts(sample, &signature))
    },
};

pub(super) const EMBEDDING: Sealed = Sealed {
    table: "embedding",
    key: &["sample", "model"],
    select: || "SELECT sample, model, dims, vector, at, seal FROM embedding".to_owned(),
    derive: |_, row| {
        let (model, bytes): (TeacherName, Vec<u8>) = (row.get("model")?, row.get("vector")?);
        let agrees = bytes.len() == row.get::<u32>("dims")? as usize * size_of::<f32>();
        let seal = crate::tables::embeddings::facts(row.get("sample")?, &model, &bytes, row.get("at")?)?;
        Ok(Derived { seal, disagreements: disagreements(&[("dims", agrees)]) })
    },
};

pub(super) const CREDENTIAL: Sealed = Sealed {
    table: "credential",
    key: &["id"],
    select: || format!("SELECT {} FROM credential", credentials::COLUMNS),
    derive: |_, row| only(credentials::facts(&credentials::credential(row)?)),
};

pub(super) const RECEIPT: Sealed = Sealed {
    table: "receipt",
    key: &["credential", "key"],
    select: || format!("SELECT {} FROM receipt", receipts::COLUMNS),
    derive: |_, row| {
        let receipt = receipts::receipt(row)?;
        let disagreements = disagreements(&[
            ("key", row.get("key").ok() == Some(receipt.answer.key)),
            ("task", row.get("task").ok() == Some(receipt.answer.task)),
            ("answer", row.word("answer").ok() == Some(receipt.answer.answer)),
        ]);
        Ok(Derived { seal: receipts::facts(&receipt)?, disagreements })
    },
};

pub(super) const DATASET: Sealed = Sealed {
    table: "dataset",
    key: &["id"],
    select: || format!("SELECT {} FROM dataset", datasets::COLUMNS),
    derive: |_, row| {
        let request: hafs_proto::people::ExportRequest = row.json("request")?;
        only(seal(&(&datasets::dataset(row)?, &request)))
    },
};

pub(super) const TRUST: Sealed = Sealed {
    table: "worker_trust",
    key: &["worker"],
    select: || format!("SELECT {} FROM worker_trust", trust::COLUMNS),
    derive: |_, row| only(trust::facts(row.get("worker")?, &trust::trust(row)?)),
};

pub(super) const QUARANTINE: Sealed = Sealed {
    table: "quarantine",
    key: &["id"],
    select: || format!("SELECT {} FROM quarantine", quarantine::COLUMNS),
    derive: |_, row| only(quarantine::facts(&quarantine::stored(row)?.view)),
};

pub(super) const CHECK_CLAIM: Sealed = Sealed {
    table: "check_claim",
    key: &["sample", "seq"],
    select: || "SELECT sample, seq, worker, task, at, seal FROM check_claim".to_owned(),
    derive: |_, row| only(claims::facts(&claims::claim(row)?)),
};

pub(super) const RECHECK: Sealed = Sealed {
    table: "recheck",
    key: &["id"],
    select: || format!("SELECT {} FROM recheck", recheck::COLUMNS),
    derive: |_, row| only(recheck::facts(&recheck::stored(row)?.view)),
};

pub(super) const REVIEW: Sealed = Sealed {
    table: "review",
    key: &["id"],
    select: || format!("SELECT {} FROM review", reviews::COLUMNS),
    derive: |_, row| only(reviews::facts(&reviews::review(row)?, row.get("body_hash")?)),
};

pub(super) const QUARANTINE_SAMPLE: Sealed = Sealed {
    table: "quarantine_sample",
    key: &["quarantine", "sample"],
    select: || {
        "SELECT quarantine, sample, mark, state_before, decided_before, why_before, seal FROM quarantine_sample"
            .to_owned()
    },
    derive: |_, row| {
        let before = quarantine::Before {
            state: row.get("state_before")?,
            decided_at: row.get("decided_before")?,
            why: row.get("why_before")?,
        };
        let (quarantine, sample) = (row.get("quarantine")?, row.get("sample")?);
        only(quarantine::mark_facts(quarantine, sample, row.get("mark")?, &before))
    },
};
