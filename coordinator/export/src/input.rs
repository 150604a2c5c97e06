//! What an export is made from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use hafs_proto::people::{ExportFormat, SplitRatios};
use hafs_proto::{BoundedText, DatasetId, Outcome, Provenance, Run, Sample, TeacherName};
use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::name::DatasetName;
use crate::special::SpecialTokens;

/// One sample, whatever its state, with where its seed came from and how it was examined.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExportRow {
    /// The sample.
    pub sample: Sample,
    /// The origin of its seed.
    pub provenance: Provenance,
    /// How its checks ended.
    pub checks: CheckSummary,
    /// How its judges voted.
    pub votes: Votes,
    /// Whose it is, if nobody has verified it; absent when it is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified: Option<BoundedText<64>>,
    /// What a person has done with it; empty for most.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub reviewed: BTreeSet<Reviewed>,
}

/// What a person has done with a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reviewed {
    /// Its texts are a person's, put in the place of a model's.
    Edited,
    /// A person has accepted it.
    Accepted,
    /// A person has accepted it although checks had failed it or could not run.
    DespiteChecks,
    /// A person has rejected it.
    Rejected,
}

impl Reviewed {
    /// The word used in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Accepted => "accepted",
            Self::DespiteChecks => "despite_checks",
            Self::Rejected => "rejected",
        }
    }
}

/// How many checks of a sample ended in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckSummary {
    /// Ran and found nothing wrong.
    pub passed: u32,
    /// Ran and found something wrong.
    pub failed: u32,
    /// Ran and had nothing to say.
    pub not_applicable: u32,
    /// Could not run.
    pub unchecked: u32,
}

impl CheckSummary {
    /// Counts the outcomes of a sample's checks.
    #[must_use]
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut summary = Self::default();
        for outcome in outcomes {
            let count = match outcome {
                Outcome::Pass => &mut summary.passed,
                Outcome::Fail { .. } => &mut summary.failed,
                Outcome::NotApplicable => &mut summary.not_applicable,
                Outcome::Unchecked { .. } => &mut summary.unchecked,
            };
            *count += 1;
        }
        summary
    }
}

/// How the judges of a sample voted; zero of zero when none was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Votes {
    /// Judges that agreed that it is good.
    pub agree: u32,
    /// Judges that gave an opinion.
    pub of: u32,
}

/// A judge that was asked about samples of the chosen runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeUse {
    /// The judge.
    pub judge: TeacherName,
    /// The models that its provider says it served, with how many verdicts each gave. A provider that says
    /// nothing counts under the empty text.
    pub served_models: BTreeMap<String, u64>,
    /// Verdicts in all.
    pub verdicts: u64,
}

/// What an export is made from: the state of the library as one transaction saw it.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// Every accepted and every rejected sample of the chosen runs and domains, in any order. Samples in other
    /// states may be among them; they serve only to hold relatives together in one split.
    pub rows: &'a [ExportRow],
    /// Counts over the same runs and domains.
    pub counts: &'a Counts,
    /// The runs that the rows belong to, each once.
    pub runs: &'a [Run],
    /// The judges that were asked.
    pub judges: &'a [JudgeUse],
    /// Version of the program, for the manifest.
    pub code_version: &'a str,
}

/// What a person asks an export for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names the temporary folder, so that two writers never share one. It stands in no file: the same inputs
    /// must give the same bytes.
    pub id: DatasetId,
    /// Name of the data set and of its folder.
    pub name: DatasetName,
    /// The folder that the data set is put into; made when it does not exist.
    pub parent: PathBuf,
    /// Formats to write.
    pub formats: BTreeSet<ExportFormat>,
    /// Shares of the splits.
    pub ratios: SplitRatios,
    /// Seed of the splits.
    pub seed: u64,
    /// Largest share, in thousandths, of one identity's unverified samples; 1000 sets no limit.
    pub unverified_share: u32,
    /// What happens to samples that hold special tokens.
    pub special_tokens: SpecialTokens,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_counted_by_kind_and_unchecked_is_not_passed() {
        let unchecked = Outcome::Unchecked { why: BoundedText::clipped("no compiler") };
        let summary = CheckSummary::of(&[Outcome::Pass, Outcome::NotApplicable, unchecked, Outcome::Pass]);
        assert_eq!(summary, CheckSummary { passed: 2, failed: 0, not_applicable: 1, unchecked: 1 });
    }
}
