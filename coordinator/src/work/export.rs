//! Exporting: one snapshot of the library goes into a folder of files.

use std::collections::{BTreeMap, BTreeSet};

use hafs_export::{
    CheckSummary, Counts, DatasetName, ExportRow, Inputs, JudgeUse, Reviewed, Settings, Votes, Written,
};
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::export::{self, Choice};
use hafs_library::tables::trust::StoredTrust;
use hafs_library::tables::{datasets, runs, taint, trust, verdicts};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{DatasetDetail, DatasetView, EventKind, ExportRequest};
use hafs_proto::{
    BoundedText, Check, DatasetId, Problem, ProblemType, Reason, Run, Sample, SampleState, TeacherName,
    TrustState, WorkerId,
};
use hafs_quality::gates::find_special_tokens;
use tracing::{info, warn};

use crate::app::Core;
use crate::events::News;
use crate::http::problem::{ProblemResponse, chain};
use crate::settings::SpecialTokens;

/// What an export is made from, as one transaction saw it.
struct Snapshot {
    rows: Vec<ExportRow>,
    counts: Counts,
    runs: Vec<Run>,
    judges: Vec<JudgeUse>,
}

/// Writes a data set and remembers it.
pub async fn export(app: &Core, actor: &str, request: ExportRequest) -> Result<DatasetView, ProblemResponse> {
    let settings = settings(app, &request)?;
    let wanted = request.clone();
    let snapshot = app.library.read(move |tx| snapshot(tx, &wanted)).await?;
    let (id, name) = (settings.id, request.name.clone());
    let undo = settings.clone();
    let written = tokio::task::spawn_blocking(move || write(&snapshot, &settings))
        .await
        .map_err(|error| ProblemResponse::internal(&error))??;
    let view = DatasetView {
        id,
        name,
        path: BoundedText::clipped(&written.path.to_string_lossy()),
        manifest_sha256: BoundedText::clipped(&written.manifest_sha256),
        inputs: written.manifest.inputs,
        samples: written.samples.len() as u64,
        created_at: app.clock.now(),
        tainted: None,
    };
    let record = Record { view: view.clone(), request: request.clone(), actor: actor.to_owned(), written };
    if let Err(error) = app.library.write(move |tx| record.store(tx)).await {
        withdraw(undo).await;
        return Err(error.into());
    }
    for format in &request.formats {
        app.metrics.exports.with_label_values(&[format.word()]).inc();
    }
    let message = format!("{} samples to {}", view.samples, view.path);
    app.events.publish(view.created_at, &News::new(EventKind::Exported, view.id, message));
    Ok(view)
}

/// A data set that is whole on disk, as the library is to know it.
struct Record {
    view: DatasetView,
    request: ExportRequest,
    actor: String,
    written: Written,
}

impl Record {
    fn store(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        datasets::insert(tx, &self.view, &self.request)?;
        datasets::record_samples(tx, self.view.id, &self.written.samples, &self.written.negatives)?;
        let object = self.view.id.to_string();
        let entry = Entry {
            at: self.view.created_at,
            actor: &self.actor,
            action: "dataset.export",
            object: &object,
            detail: &self.view.name,
        };
        audit::append(tx, &entry).map(drop)
    }
}

/// Data sets, newest first, each with what is to be said against it.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<DatasetView>, StoreError> {
    let mut taints = taint::all(tx)?;
    let sets = datasets::list(tx)?.into_iter();
    Ok(sets.map(|set| DatasetView { tainted: taints.remove(&set.id), ..set }).collect())
}

/// A data set with what was asked for and what is to be said against it.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn detail(tx: &mut dyn Tx, id: DatasetId) -> Result<DatasetDetail, StoreError> {
    let tainted = taint::all(tx)?.remove(&id);
    Ok(DatasetDetail {
        dataset: DatasetView { tainted, ..datasets::get(tx, id)? },
        request: datasets::request(tx, id)?,
        fallen: taint::fallen(tx, id)?,
    })
}

/// A data set that the library does not know of would be a folder that nobody can account for.
async fn withdraw(settings: Settings) {
    let name = settings.name.clone();
    let outcome = tokio::task::spawn_blocking(move || hafs_export::withdraw(&settings)).await;
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            warn!(dataset.name = %name, error = %chain(&error), "a data set that is not in the library could not be removed");
        }
        Err(error) => warn!(dataset.name = %name, error = %error, "removing a data set was cut short"),
    }
}

/// Removes what exports that died have left in the folder of data sets.
pub async fn tidy(app: &Core) {
    let parent = app.settings.output_dir.clone();
    match tokio::task::spawn_blocking(move || hafs_export::clean_partials(&parent)).await {
        Ok(Ok(removed)) => {
            for path in removed {
                info!(path = %path.display(), "removed what an export that died had left");
            }
        }
        Ok(Err(error)) => warn!(error = %chain(&error), "what exports have left could not be removed"),
        Err(error) => warn!(error = %error, "removing what exports have left was cut short"),
    }
}

fn settings(app: &Core, request: &ExportRequest) -> Result<Settings, ProblemResponse> {
    let invalid = |field: &str, message: String| {
        let problem = Problem::new(ProblemType::Invalid, "such a data set cannot be written");
        ProblemResponse::from(problem.field(field, message))
    };
    let name: DatasetName = request
        .name
        .as_str()
        .parse()
        .map_err(|error: hafs_export::DatasetNameError| invalid("name", error.to_string()))?;
    if request.formats.is_empty() {
        return Err(invalid("formats", "name at least one".to_owned()));
    }
    let unverified_share = request.unverified_share.unwrap_or(app.settings.unverified_share);
    if unverified_share > 1_000 {
        return Err(invalid("unverified_share", "0 to 1000 thousandths".to_owned()));
    }
    Ok(Settings {
        id: app.ids.mint(),
        name,
        parent: app.settings.output_dir.clone(),
        formats: request.formats.iter().copied().collect::<BTreeSet<_>>(),
        ratios: request.splits,
        seed: request.seed,
        unverified_share,
        special_tokens: match app.settings.special_tokens {
            SpecialTokens::Reject => hafs_export::SpecialTokens::Reject,
            SpecialTokens::Escape => hafs_export::SpecialTokens::Escape,
        },
    })
}

fn write(snapshot: &Snapshot, settings: &Settings) -> Result<Written, ProblemResponse> {
    let inputs = Inputs {
        rows: &snapshot.rows,
        counts: &snapshot.counts,
        runs: &snapshot.runs,
        judges: &snapshot.judges,
        code_version: env!("CARGO_PKG_VERSION"),
    };
    hafs_export::write(&inputs, settings, &find_special_tokens).map_err(|error| {
        let kind = if error.is_disk_full() { ProblemType::DiskFull } else { ProblemType::Conflict };
        ProblemResponse::new(kind, chain(&error))
    })
}

fn snapshot(tx: &mut dyn Tx, request: &ExportRequest) -> Result<Snapshot, StoreError> {
    let runs: Vec<Run> = runs::list(tx)?
        .into_iter()
        .filter(|run| request.runs.is_empty() || request.runs.contains(&run.id))
        .collect();
    let choice = Choice { runs: request.runs.clone(), domains: request.domains.clone() };
    let mut stored = Vec::new();
    export::each(tx, &choice, &mut |row| {
        stored.push(row);
        Ok(())
    })?;
    let trust = trust::all(tx)?;
    let rows: Vec<ExportRow> = stored
        .into_iter()
        .map(|row| ExportRow {
            // Whom a person has decided about, somebody has looked at.
            unverified: match row.decided_by {
                Some(_) => None,
                None => unverified(&trust, &row.sample, row.checks.iter().map(|view| &view.check)),
            },
            reviewed: reviewed(&row),
            checks: CheckSummary::of(row.checks.iter().map(|view| &view.check.outcome)),
            votes: row.decision.map_or_else(Votes::default, |it| Votes { agree: it.agree, of: it.of }),
            sample: row.sample,
            provenance: row.provenance,
        })
        .collect();
    let judges = judges(tx, &rows)?;
    let counts = counts(tx, &rows, &choice)?;
    Ok(Snapshot { rows, counts, runs, judges })
}

/// What people have done with a sample.
fn reviewed(row: &export::ExportRow) -> BTreeSet<Reviewed> {
    let decided = row.decided_by.iter().flat_map(|review| {
        let what = if review.reasons.is_empty() { Reviewed::Accepted } else { Reviewed::Rejected };
        [Some(what), review.despite_checks.then_some(Reviewed::DespiteChecks)]
    });
    decided.flatten().chain(row.edited.then_some(Reviewed::Edited)).collect()
}

/// Whose a sample is that nobody has verified: made by a worker that is not trusted yet, and not proved. Workers that
/// joined by one token are one identity, or who has a token for many workers could have many shares.
fn unverified<'a>(
    trust: &BTreeMap<WorkerId, StoredTrust>,
    sample: &Sample,
    checks: impl Iterator<Item = &'a Check>,
) -> Option<BoundedText<64>> {
    let worker = sample.lineage.worker;
    let noted = trust.get(&worker);
    match noted.map_or(TrustState::New, |noted| noted.state) {
        TrustState::Trusted => return None,
        TrustState::New | TrustState::Probation | TrustState::Suspended => {}
    }
    if hafs_domain::trust::proved(checks) {
        return None;
    }
    let token = noted.and_then(|noted| noted.invited_by);
    let identity = token.map_or_else(|| worker.to_string(), |token| token.to_string());
    Some(BoundedText::clipped(&identity))
}

/// Counted from the rows; what was given up has no rows and is counted by the library.
fn counts(tx: &mut dyn Tx, rows: &[ExportRow], choice: &Choice) -> Result<Counts, StoreError> {
    let mut counts = Counts { generated: rows.len() as u64, ..Counts::default() };
    for row in rows {
        match &row.sample.state {
            SampleState::Candidate => counts.candidates += 1,
            SampleState::Accepted { .. } => counts.accepted += 1,
            SampleState::Quarantined { .. } => counts.quarantined += 1,
            SampleState::Rejected { reasons, .. } => {
                counts.rejected += 1;
                let first = reasons.first().copied().unwrap_or(Reason::Other);
                *counts.rejected_by_first_reason.entry(first).or_default() += 1;
            }
        }
    }
    counts.failed_by_reason = export::given_up(tx, choice)?;
    counts.failed = counts.failed_by_reason.values().sum();
    Ok(counts)
}

fn judges(tx: &mut dyn Tx, rows: &[ExportRow]) -> Result<Vec<JudgeUse>, StoreError> {
    let mut uses: BTreeMap<TeacherName, JudgeUse> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.votes.of > 0) {
        for (verdict, served) in verdicts::served(tx, row.sample.id)? {
            let entry = uses.entry(verdict.clone()).or_insert_with(|| JudgeUse {
                judge: verdict,
                served_models: BTreeMap::new(),
                verdicts: 0,
            });
            entry.verdicts += 1;
            *entry.served_models.entry(served).or_default() += 1;
        }
    }
    Ok(uses.into_values().collect())
}
