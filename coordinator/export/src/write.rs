//! From rows to a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use hafs_proto::people::ExportFormat;
use hafs_proto::sample::content_hash;
use hafs_proto::{ContentHash, SampleId, SampleState};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::ExportError;
use crate::folder::{OutFile, Partial, hex};
use crate::formats::{Row, alpaca, dpo, kto, line, messages, sharegpt, text};
use crate::input::{ExportRow, Inputs, Settings};
use crate::manifest::{FileEntry, Manifest, SCHEMA, SplitsFile};
use crate::selection::{Example, Selection};
use crate::special::FindSpecialTokens;
use crate::split::{Split, assign};
use crate::{card, group, manifest};

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The folder.
    pub path: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of `manifest.json`, 64 hex digits: with it the whole folder can be proved.
    pub manifest_sha256: String,
    /// The accepted samples in it, in the order of their ids.
    pub samples: Vec<SampleId>,
    /// The rejected samples in it that stand for bad answers.
    pub negatives: Vec<SampleId>,
}

/// Writes a data set: the files of each format by split, `splits.json`, `README.md` and `manifest.json`. The
/// same inputs and settings give the same bytes, whatever the order of the rows.
///
/// # Errors
/// [`ExportError`] when the settings or the inputs do not hold together, when nothing would be in the data set,
/// when the target exists or when the file system refuses. Nothing is left behind then.
pub fn write(
    inputs: &Inputs<'_>,
    settings: &Settings,
    find: FindSpecialTokens<'_>,
) -> Result<Written, ExportError> {
    check_settings(settings)?;
    let rows = checked_rows(inputs)?;
    let groups = group::groups(&rows);
    let selection = Selection::of(&rows, &groups, settings, find);
    refuse_empty(inputs, settings, &selection)?;
    let splits = split_groups(&selection, settings);
    let draft = manifest::draft(inputs, settings, &rows, &selection, &splits);
    let folder = Partial::begin(&settings.parent, &settings.name, settings.id)?;
    let manifest = fill(&folder, draft, &selection, splits)?;
    let json = pretty(&manifest);
    folder.write(manifest::FILE, &json)?;
    let path = folder.commit()?;
    let ids = |examples: &[Example<'_>]| examples.iter().map(Example::id).collect();
    let (samples, negatives) = (ids(&selection.accepted), ids(&selection.negatives));
    Ok(Written { path, manifest, manifest_sha256: hex(&Sha256::digest(&json)), samples, negatives })
}

fn check_settings(settings: &Settings) -> Result<(), ExportError> {
    if settings.formats.is_empty() {
        return Err(ExportError::NoFormat);
    }
    if settings.unverified_share > 1_000 {
        return Err(ExportError::Share { share: settings.unverified_share });
    }
    let ratios = settings.ratios;
    let sum = [ratios.train, ratios.val, ratios.test].into_iter().map(u64::from).sum();
    if sum == 1_000 { Ok(()) } else { Err(ExportError::Ratios { sum }) }
}

/// The rows in the order of their ids, held against the counts, the runs and their own hashes.
fn checked_rows<'a>(inputs: &Inputs<'a>) -> Result<Vec<&'a ExportRow>, ExportError> {
    let mut rows: Vec<&ExportRow> = inputs.rows.iter().collect();
    rows.sort_by_key(|row| row.sample.id);
    if let Some([twice, _]) = rows.array_windows().find(|[a, b]| a.sample.id == b.sample.id) {
        return Err(ExportError::Repeated { sample: twice.sample.id });
    }
    let runs: BTreeSet<_> = inputs.runs.iter().map(|run| run.id).collect();
    for row in &rows {
        check_sample(row)?;
        let run = row.sample.lineage.run;
        if !runs.contains(&run) {
            return Err(ExportError::NoRun { sample: row.sample.id, run });
        }
    }
    inputs.counts.check()?;
    inputs.counts.recount(rows.iter().copied())?;
    Ok(rows)
}

fn check_sample(row: &ExportRow) -> Result<(), ExportError> {
    let sample = &row.sample;
    if content_hash(&sample.instruction, &sample.input, &sample.output) != sample.content_hash {
        return Err(ExportError::Damaged { sample: sample.id });
    }
    let needed = [("instruction", sample.instruction.as_str()), ("output", sample.output.as_str())];
    let blank = needed.into_iter().find(|(_, text)| text.trim().is_empty());
    if let (SampleState::Accepted { .. }, Some((field, _))) = (&sample.state, blank) {
        return Err(ExportError::Blank { sample: sample.id, field });
    }
    Ok(())
}

fn refuse_empty(
    inputs: &Inputs<'_>,
    settings: &Settings,
    selection: &Selection<'_>,
) -> Result<(), ExportError> {
    let why: Option<BTreeSet<&str>> =
        settings.formats.iter().map(|format| selection.nothing_for(*format)).collect();
    let Some(why) = why else { return Ok(()) };
    let accepted = inputs.counts.accepted;
    let excluded = accepted.saturating_sub(selection.accepted.len() as u64);
    let why = why.into_iter().collect::<Vec<_>>().join("; ");
    Err(ExportError::Empty { why, accepted, excluded })
}

/// Groups with accepted samples fill the splits; groups of bad answers alone are spread the same way beside them.
fn split_groups(selection: &Selection<'_>, settings: &Settings) -> SplitsFile {
    let (accepted, negatives) = selection.weights();
    let mut groups = assign(&accepted, &settings.ratios, settings.seed);
    groups.extend(assign(&negatives, &settings.ratios, settings.seed));
    SplitsFile { schema: SCHEMA, seed: settings.seed, groups }
}

/// Writes every file but the manifest.
fn fill(
    folder: &Partial,
    mut manifest: Manifest,
    selection: &Selection<'_>,
    splits: SplitsFile,
) -> Result<Manifest, ExportError> {
    for format in manifest.formats.clone() {
        let files = DataFiles { folder, format, splits: &splits.groups };
        manifest.files.append(&mut files.write_format(selection)?);
    }
    let entry = folder.write(manifest::SPLITS_FILE, &pretty(&splits))?;
    manifest.files.insert(manifest::SPLITS_FILE.to_owned(), entry);
    let entry = folder.write(manifest::CARD_FILE, card::render(&manifest).as_bytes())?;
    manifest.files.insert(manifest::CARD_FILE.to_owned(), entry);
    Ok(manifest)
}

/// The data files of one format: one for each split that has rows.
struct DataFiles<'a> {
    folder: &'a Partial,
    format: ExportFormat,
    splits: &'a BTreeMap<ContentHash, Split>,
}

impl DataFiles<'_> {
    fn write_format(&self, selection: &Selection<'_>) -> Result<BTreeMap<String, FileEntry>, ExportError> {
        let accepted = selection.accepted.iter();
        match self.format {
            ExportFormat::Alpaca => self.write_rows(accepted.map(alpaca::Row::of)),
            ExportFormat::Messages => self.write_rows(accepted.map(messages::Row::of)),
            ExportFormat::Sharegpt => self.write_rows(accepted.map(sharegpt::Row::of)),
            ExportFormat::Text => self.write_rows(accepted.map(text::Row::of)),
            ExportFormat::Dpo => self.write_rows(selection.pairs().map(|pair| dpo::Row::of(&pair))),
            ExportFormat::Kto => self.write_rows(selection.both().into_iter().map(kto::Row::of)),
        }
    }

    fn write_rows<R: Row>(
        &self,
        rows: impl Iterator<Item = R>,
    ) -> Result<BTreeMap<String, FileEntry>, ExportError> {
        let mut files: BTreeMap<Split, OutFile> = BTreeMap::new();
        for row in rows {
            let split = self.splits[&row.meta().group];
            let file = match files.entry(split) {
                std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => {
                    new.insert(self.folder.create(&manifest::data_file(self.format, split))?)
                }
            };
            file.append(|mut out| line::write(&mut out, &row))?;
        }
        let finish = |(split, file): (Split, OutFile)| {
            file.finish().map(|entry| (manifest::data_file(self.format, split), entry))
        };
        files.into_iter().map(finish).collect()
    }
}

fn pretty(value: &impl Serialize) -> Vec<u8> {
    // Proof: the manifest's types have string keys and no failing serialisers.
    let mut json = serde_json::to_vec_pretty(value).expect("plain data serialises");
    json.push(b'\n');
    json
}
