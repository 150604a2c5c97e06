//! Rows of data files: their schema, their texts, their split.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hafs_proto::people::ExportFormat;
use hafs_proto::sample::content_hash;
use hafs_proto::{ContentHash, SampleId};

use super::defect::{Defect, Defects};
use super::file;
use crate::formats::{Answer, Row, alpaca, dpo, kto, messages, sharegpt, text};
use crate::manifest::{FileEntry, Manifest};
use crate::split::Split;

/// Which file is being read, and where its rows should be.
pub(super) struct Place<'a> {
    pub folder: &'a Path,
    pub path: &'a str,
    pub split: Split,
    pub splits: &'a BTreeMap<ContentHash, Split>,
}

/// What the files of one format hold.
#[derive(Debug, Default)]
pub(super) struct FormatRows {
    keys: BTreeSet<String>,
    /// Samples that are offered as good answers.
    pub good: BTreeSet<SampleId>,
    /// Samples that are offered as bad answers.
    bad: BTreeSet<SampleId>,
}

impl FormatRows {
    pub fn check_file(
        &mut self,
        format: ExportFormat,
        at: &Place<'_>,
        entry: &FileEntry,
        defects: &mut Defects,
    ) {
        match format {
            ExportFormat::Alpaca => self.check_rows::<alpaca::Row>(at, entry, defects),
            ExportFormat::Messages => self.check_rows::<messages::Row>(at, entry, defects),
            ExportFormat::Sharegpt => self.check_rows::<sharegpt::Row>(at, entry, defects),
            ExportFormat::Dpo => self.check_rows::<dpo::Row>(at, entry, defects),
            ExportFormat::Kto => self.check_rows::<kto::Row>(at, entry, defects),
            ExportFormat::Text => self.check_rows::<text::Row>(at, entry, defects),
        }
    }

    fn check_rows<R: Row>(&mut self, at: &Place<'_>, entry: &FileEntry, defects: &mut Defects) {
        let whole = file::check(at.folder, at.path, entry, |line, bytes| {
            if let Some(defect) = self.check_row::<R>(at, line, bytes) {
                defects.report(defect);
            }
        });
        defects.take(whole);
    }

    fn check_row<R: Row>(&mut self, at: &Place<'_>, line: u64, bytes: &[u8]) -> Option<Defect> {
        let file = at.path.to_owned();
        let row: R = match serde_json::from_slice(bytes) {
            Ok(row) => row,
            Err(error) => {
                return Some(Defect::Row { file, line, why: format!("is no row of its format: {error}") });
            }
        };
        if let Err(why) = self.check_contents(&row) {
            return Some(Defect::Row { file, line, why: why.to_owned() });
        }
        let group = row.meta().group;
        let assigned = at.splits.get(&group).copied();
        (assigned != Some(at.split)).then_some(Defect::WrongSplit { file, line, group, assigned })
    }

    fn check_contents(&mut self, row: &impl Row) -> Result<(), &'static str> {
        let answers = row.answers().ok_or("does not have the turns of its format")?;
        for answer in &answers {
            check_answer(answer, row.meta().group)?;
            let seen = if answer.good { &mut self.good } else { &mut self.bad };
            seen.insert(answer.sample);
        }
        self.keys.insert(row.key()).then_some(()).ok_or("repeats a row of its format")
    }

    /// Numbers of the manifest that the rows do not bear out.
    pub fn contradictions(&self, format: ExportFormat, manifest: &Manifest) -> Vec<String> {
        let (good, bad) = (self.good.len() as u64, self.bad.len() as u64);
        let sums = match format {
            ExportFormat::Alpaca | ExportFormat::Messages | ExportFormat::Sharegpt | ExportFormat::Text => {
                [("exported", manifest.exported, good), ("its share of bad answers", 0, bad)]
            }
            ExportFormat::Kto => {
                [("exported", manifest.exported, good), ("negatives", manifest.negatives, bad)]
            }
            ExportFormat::Dpo => {
                [("pairs", manifest.pairs, self.keys.len() as u64), ("pairs", manifest.pairs, bad)]
            }
        };
        let word = format.word();
        let mut wrong: Vec<String> = sums
            .into_iter()
            .filter(|(_, stated, found)| stated != found)
            .map(|(what, stated, found)| format!("{what} is {stated} but the {word} files hold {found}"))
            .collect();
        if !self.good.is_disjoint(&self.bad) {
            wrong.push(format!("a sample of the {word} files is both a good and a bad answer"));
        }
        wrong
    }
}

fn check_answer(answer: &Answer<'_>, group: ContentHash) -> Result<(), &'static str> {
    let texts = &answer.triple;
    let hash = content_hash(&texts.instruction, &texts.input, &texts.output);
    if hash != answer.meta.content_hash {
        return Err("has texts that do not match their content hash");
    }
    if texts.instruction.trim().is_empty() || texts.output.trim().is_empty() {
        return Err("has a blank instruction or answer");
    }
    if answer.good != answer.meta.reasons.is_empty() {
        return Err("has reasons for rejection on a good answer, or none on a bad one");
    }
    if answer.meta.group != group {
        return Err("pairs answers of two groups");
    }
    Ok(())
}
