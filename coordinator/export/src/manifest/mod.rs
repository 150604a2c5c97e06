//! The manifest: what a data set holds, what it was made from, and the hashes to prove it.

mod draft;

use std::collections::BTreeMap;

use hafs_proto::people::{ExportFormat, SplitRatios};
use hafs_proto::{ContentHash, GeneratorName, RunId, RunSpec, SampleId, SourceName, TeacherName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::input::{JudgeUse, Reviewed};
use crate::special::SpecialTokens;
use crate::split::Split;

pub(crate) use draft::draft;

/// Version of the manifest's form.
pub(crate) const SCHEMA: u32 = 1;
/// Name of the manifest.
pub(crate) const FILE: &str = "manifest.json";
/// Name of the file with the split of each group.
pub(crate) const SPLITS_FILE: &str = "splits.json";
/// Name of the data-set card.
pub(crate) const CARD_FILE: &str = "README.md";

/// Path of a data file.
pub(crate) fn data_file(format: ExportFormat, split: Split) -> String {
    format!("{}/{}.jsonl", format.word(), split.word())
}

/// `manifest.json`. It holds no time of writing and no minted id: the same inputs give the same bytes. What
/// tells two data sets apart is `inputs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this form.
    pub schema: u32,
    /// Name of the data set.
    pub name: String,
    /// Fingerprint of the rows, the runs, the judges, the counts and the settings, name and folder apart.
    pub inputs: ContentHash,
    /// The newest time in the rows: the state of the library that the data set shows. What was decided or set
    /// aside later is not in it.
    pub as_of: Timestamp,
    /// Version of the program that wrote it.
    pub code_version: String,
    /// Formats that were written.
    pub formats: Vec<ExportFormat>,
    /// Formats that were asked for and have no rows.
    pub absent: Vec<Absent>,
    /// Every file but this one, by its path with `/`.
    pub files: BTreeMap<String, FileEntry>,
    /// What the library holds of the chosen runs and domains.
    pub counts: Counts,
    /// Generations that came to an end: `counts.generated + counts.failed`.
    pub attempted: u64,
    /// Accepted samples in the data set: `counts.accepted` less those in `excluded`.
    pub exported: u64,
    /// Rejected samples that stand for bad answers in DPO and KTO files.
    pub negatives: u64,
    /// Pairs in the DPO files.
    pub pairs: u64,
    /// Samples that were left out although their state would let them in.
    pub excluded: Vec<Excluded>,
    /// Samples that nobody has verified: those without executable proof from workers that were not trusted at the
    /// time. Absent when there were none and no limit was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unverified: Option<Unverified>,
    /// Samples in the data set that a person has edited or decided about, by what was done. Absent when there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reviewed: BTreeMap<Reviewed, u64>,
    /// What was done about special tokens in texts.
    pub special_tokens: SpecialTokens,
    /// The splits.
    pub splits: SplitSummary,
    /// The runs, with all that their results depend on.
    pub runs: Vec<RunUse>,
    /// Distinct seeds that the written samples were made from.
    pub seeds: u64,
    /// Where those seeds came from, and under which licence.
    pub sources: Vec<SourceUse>,
    /// Who wrote the samples.
    pub teachers: Vec<TeacherUse>,
    /// Who judged samples of these runs.
    pub judges: Vec<JudgeUse>,
    /// The generators and templates.
    pub generators: Vec<GeneratorUse>,
}

/// A format without rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The format.
    pub format: ExportFormat,
    /// Why it has none.
    pub why: String,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// SHA-256 of its bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Line feeds in it; for a data file, its rows.
    pub lines: u64,
}

/// A sample that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// The sample.
    pub sample: SampleId,
    /// Whether it is an accepted one; otherwise it would have stood for a bad answer.
    pub accepted: bool,
    /// Why.
    pub why: ExclusionReason,
}

/// Why a sample was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionReason {
    /// Its texts hold special tokens of chat templates.
    SpecialTokens,
    /// Nobody has verified it, and its maker has its share of such samples without it.
    UnverifiedShare,
}

/// Samples that nobody has verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unverified {
    /// The largest share that one identity may have, in thousandths; 1000 sets no limit.
    pub share: u32,
    /// Whose they are.
    pub identities: Vec<IdentityUse>,
}

/// Somebody whose samples count as unverified: all workers that joined by one token, or one worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityUse {
    /// Id of the token or worker.
    pub identity: String,
    /// Its part.
    pub used: Use,
    /// What was left out because it was above the share.
    pub left_out: u64,
}

/// The splits in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitSummary {
    /// Seed of the assignment.
    pub seed: u64,
    /// Shares that were asked for.
    pub ratios: SplitRatios,
    /// Groups in each split; a group is the smallest set of samples that must not be torn apart.
    pub groups: BTreeMap<Split, u64>,
    /// Accepted samples in each split.
    pub samples: BTreeMap<Split, u64>,
    /// Splits that have a share but got nothing, because there are fewer groups than splits.
    pub starved: Vec<Split>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunUse {
    /// Its id.
    pub id: RunId,
    /// Fingerprint of the configuration that it was started with.
    pub config_fingerprint: ContentHash,
    /// What was asked for, with the seed of the planner's choices.
    pub spec: RunSpec,
}

/// How many samples something had a part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// Accepted samples.
    pub samples: u64,
    /// Rejected samples that stand for bad answers.
    pub negatives: u64,
}

/// A source under one licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceUse {
    /// The source.
    pub source: SourceName,
    /// The licence found there, or `unknown`.
    pub license: String,
    /// Its part.
    pub used: Use,
}

/// A teacher and one model that it served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherUse {
    /// The teacher that was asked.
    pub teacher: TeacherName,
    /// The model that the provider says it served; empty when it does not say.
    pub served_model: String,
    /// Its part.
    pub used: Use,
}

/// A generator with one version of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorUse {
    /// The generator.
    pub generator: GeneratorName,
    /// The template.
    pub template: GeneratorName,
    /// The version that the template states.
    pub version: u32,
    /// Hash of the template's text.
    pub hash: ContentHash,
    /// Its part.
    pub used: Use,
}

/// `splits.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitsFile {
    pub schema: u32,
    /// Seed of the assignment.
    pub seed: u64,
    /// The split of each group.
    pub groups: BTreeMap<ContentHash, Split>,
}

impl Manifest {
    /// Holds the numbers against each other; gives a sentence for each that is wrong.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let left_out = self.excluded.iter().filter(|excluded| excluded.accepted).count();
        let sums = [
            ("attempted", self.attempted, u128::from(self.counts.generated) + u128::from(self.counts.failed)),
            ("counts.accepted", self.counts.accepted, u128::from(self.exported) + left_out as u128),
            ("exported (by split)", self.exported, sum(self.splits.samples.values().copied())),
            ("exported (by source)", self.exported, sum(self.sources.iter().map(|s| s.used.samples))),
            ("exported (by teacher)", self.exported, sum(self.teachers.iter().map(|t| t.used.samples))),
            ("exported (by generator)", self.exported, sum(self.generators.iter().map(|g| g.used.samples))),
            ("negatives (by source)", self.negatives, sum(self.sources.iter().map(|s| s.used.negatives))),
        ];
        let share = self.unverified.iter().flat_map(|unverified| {
            let most = |whole: u64| u128::from(whole) * u128::from(unverified.share);
            let over = move |part: u64, whole: u64| u128::from(part) * 1_000 > most(whole);
            unverified.identities.iter().filter_map(move |it| {
                let over = over(it.used.samples, self.exported) || over(it.used.negatives, self.negatives);
                over.then(|| format!("{} has more than {} thousandths", it.identity, unverified.share))
            })
        });
        let wrong = |(name, stated, sum): (&str, u64, u128)| {
            (u128::from(stated) != sum).then(|| format!("{name} is {stated} but its parts add up to {sum}"))
        };
        let counts = self.counts.check().err().map(|error| error.to_string());
        counts.into_iter().chain(sums.into_iter().filter_map(wrong)).chain(share).collect()
    }
}

fn sum(parts: impl Iterator<Item = u64>) -> u128 {
    parts.map(u128::from).sum()
}
