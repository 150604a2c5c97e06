//! The manifest as far as it is known before the first file is written.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::people::ExportFormat;
use hafs_proto::{ContentHash, SampleState, Timestamp};
use serde::Serialize;

use super::{
    Absent, Excluded, ExclusionReason, GeneratorUse, IdentityUse, Manifest, RunUse, SCHEMA, SourceUse,
    SplitSummary, SplitsFile, TeacherUse, Unverified, Use,
};
use crate::input::{ExportRow, Inputs, Reviewed, Settings};
use crate::selection::Selection;
use crate::split::{Split, starved};

/// Everything but the entries of the files.
pub(crate) fn draft(
    inputs: &Inputs<'_>,
    settings: &Settings,
    rows: &[&ExportRow],
    selection: &Selection<'_>,
    splits: &SplitsFile,
) -> Manifest {
    let runs = runs(inputs);
    let written = |format: &ExportFormat| selection.nothing_for(*format).is_none();
    let (formats, absent) = settings.formats.iter().copied().partition::<Vec<_>, _>(written);
    Manifest {
        schema: SCHEMA,
        name: settings.name.to_string(),
        inputs: fingerprint(inputs, settings, rows, &runs),
        as_of: as_of(rows),
        code_version: inputs.code_version.to_owned(),
        formats,
        absent: absent.into_iter().filter_map(|format| absence(format, selection)).collect(),
        files: BTreeMap::new(),
        counts: inputs.counts.clone(),
        attempted: inputs.counts.attempted(),
        exported: selection.accepted.len() as u64,
        negatives: selection.negatives.len() as u64,
        pairs: selection.pairs().len() as u64,
        excluded: selection.excluded.clone(),
        unverified: unverified(rows, settings, selection),
        reviewed: reviewed(selection),
        special_tokens: settings.special_tokens,
        splits: split_summary(settings, selection, splits),
        runs,
        seeds: seeds(selection),
        sources: sources(selection),
        teachers: teachers(selection),
        judges: inputs.judges.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
        generators: generators(selection),
    }
}

fn unverified(rows: &[&ExportRow], settings: &Settings, selection: &Selection<'_>) -> Option<Unverified> {
    let mut parts: BTreeMap<String, (Use, u64)> = BTreeMap::new();
    for example in selection.both() {
        if let Some(identity) = &example.row.unverified {
            let (used, _) = parts.entry(identity.to_string()).or_default();
            let count = if example.accepted() { &mut used.samples } else { &mut used.negatives };
            *count += 1;
        }
    }
    let over = |excluded: &&Excluded| excluded.why == ExclusionReason::UnverifiedShare;
    let over: BTreeSet<_> = selection.excluded.iter().filter(over).map(|it| it.sample).collect();
    for row in rows.iter().filter(|row| over.contains(&row.sample.id)) {
        if let Some(identity) = &row.unverified {
            parts.entry(identity.to_string()).or_default().1 += 1;
        }
    }
    let identities =
        parts.into_iter().map(|(identity, (used, left_out))| IdentityUse { identity, used, left_out });
    let summary = Unverified { share: settings.unverified_share, identities: identities.collect() };
    (summary.share < 1_000 || !summary.identities.is_empty()).then_some(summary)
}

fn reviewed(selection: &Selection<'_>) -> BTreeMap<Reviewed, u64> {
    let mut counts = BTreeMap::new();
    for what in selection.both().into_iter().flat_map(|example| &example.row.reviewed) {
        *counts.entry(*what).or_default() += 1;
    }
    counts
}

fn absence(format: ExportFormat, selection: &Selection<'_>) -> Option<Absent> {
    selection.nothing_for(format).map(|why| Absent { format, why: why.to_owned() })
}

fn seeds(selection: &Selection<'_>) -> u64 {
    let seeds = selection.both().into_iter().map(|example| example.row.sample.lineage.seed);
    seeds.collect::<BTreeSet<_>>().len() as u64
}

fn runs(inputs: &Inputs<'_>) -> Vec<RunUse> {
    let mut runs: Vec<RunUse> = inputs
        .runs
        .iter()
        .map(|run| RunUse { id: run.id, config_fingerprint: run.config_fingerprint, spec: run.spec.clone() })
        .collect();
    runs.sort_by_key(|run| run.id);
    runs
}

fn as_of(rows: &[&ExportRow]) -> Timestamp {
    let decided = |row: &&ExportRow| match &row.sample.state {
        SampleState::Candidate => row.sample.created_at,
        SampleState::Accepted { at }
        | SampleState::Rejected { at, .. }
        | SampleState::Quarantined { at, .. } => row.sample.created_at.max(*at),
    };
    rows.iter().map(decided).max().unwrap_or_default()
}

/// What the export is made from, all but its name and folder.
#[derive(Serialize)]
struct Question<'a> {
    formats: &'a BTreeSet<ExportFormat>,
    ratios: hafs_proto::people::SplitRatios,
    seed: u64,
    special_tokens: crate::special::SpecialTokens,
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified_share: Option<u32>,
    counts: &'a crate::counts::Counts,
    runs: &'a [RunUse],
    judges: BTreeSet<&'a crate::input::JudgeUse>,
    code_version: &'a str,
}

fn fingerprint(
    inputs: &Inputs<'_>,
    settings: &Settings,
    rows: &[&ExportRow],
    runs: &[RunUse],
) -> ContentHash {
    let question = Question {
        formats: &settings.formats,
        ratios: settings.ratios,
        seed: settings.seed,
        special_tokens: settings.special_tokens,
        unverified_share: (settings.unverified_share < 1_000).then_some(settings.unverified_share),
        counts: inputs.counts,
        runs,
        judges: inputs.judges.iter().collect(),
        code_version: inputs.code_version,
    };
    let rows = rows.iter().map(json_hash);
    let hashes: Vec<String> = [json_hash(&question)].into_iter().chain(rows).collect();
    ContentHash::of_parts(hashes.iter().map(String::as_str))
}

fn json_hash(value: &impl Serialize) -> String {
    // Proof: plain data with string keys and no failing serialisers.
    ContentHash::of(&serde_json::to_vec(value).expect("plain data serialises")).to_string()
}

fn split_summary(settings: &Settings, selection: &Selection<'_>, splits: &SplitsFile) -> SplitSummary {
    let mut summary = SplitSummary {
        seed: settings.seed,
        ratios: settings.ratios,
        groups: Split::ALL.map(|split| (split, 0)).into(),
        samples: Split::ALL.map(|split| (split, 0)).into(),
        starved: Vec::new(),
    };
    for split in splits.groups.values() {
        *summary.groups.entry(*split).or_default() += 1;
    }
    for example in &selection.accepted {
        *summary.samples.entry(splits.groups[&example.group]).or_default() += 1;
    }
    summary.starved = starved(&summary.samples, &settings.ratios);
    summary
}

/// Counts the parts that things had, by what `key` tells them apart.
fn used<K: Ord>(selection: &Selection<'_>, key: impl Fn(&ExportRow) -> K) -> BTreeMap<K, Use> {
    let mut parts: BTreeMap<K, Use> = BTreeMap::new();
    for example in selection.both() {
        let part = parts.entry(key(example.row)).or_default();
        let count = if example.accepted() { &mut part.samples } else { &mut part.negatives };
        *count += 1;
    }
    parts
}

fn sources(selection: &Selection<'_>) -> Vec<SourceUse> {
    used(selection, |row| (row.provenance.source.clone(), row.license().to_owned()))
        .into_iter()
        .map(|((source, license), used)| SourceUse { source, license, used })
        .collect()
}

fn teachers(selection: &Selection<'_>) -> Vec<TeacherUse> {
    let served = |row: &ExportRow| row.sample.lineage.served_model.as_deref().unwrap_or_default().to_owned();
    used(selection, |row| (row.sample.lineage.teacher.clone(), served(row)))
        .into_iter()
        .map(|((teacher, served_model), used)| TeacherUse { teacher, served_model, used })
        .collect()
}

fn generators(selection: &Selection<'_>) -> Vec<GeneratorUse> {
    let key = |row: &ExportRow| {
        let lineage = &row.sample.lineage;
        let template = &lineage.template;
        (lineage.generator.clone(), template.name.clone(), template.version, template.hash)
    };
    used(selection, key)
        .into_iter()
        .map(|((generator, template, version, hash), used)| GeneratorUse {
            generator,
            template,
            version,
            hash,
            used,
        })
        .collect()
}
