//! What every row says of its sample beside the texts.

use std::collections::BTreeSet;

use hafs_proto::sample::content_hash;
use hafs_proto::{ContentHash, Domain, GeneratorName, RunId, SampleState, SeedId, SourceName, TeacherName};
use serde::{Deserialize, Serialize};

use crate::input::Reviewed;
use crate::selection::Example;

/// The `metadata` column: the same keys and types in every row of every format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meta {
    pub domain: Domain,
    pub source: SourceName,
    /// Where in the source to look it up.
    pub locator: String,
    /// The licence found at the source, or `unknown`.
    pub license: String,
    pub run: RunId,
    pub seed: SeedId,
    pub generator: GeneratorName,
    pub template: GeneratorName,
    pub template_version: u32,
    pub teacher: TeacherName,
    /// The model that the provider says it served; empty when it does not say.
    pub served_model: String,
    /// What stays together in one split; the key of `splits.json`.
    pub group: ContentHash,
    /// Hash of the three texts as they stand in the row.
    pub content_hash: ContentHash,
    /// Codes of the reasons for which it was rejected, joined by commas; empty for an accepted sample.
    pub reasons: String,
    pub checks_passed: u32,
    pub checks_unchecked: u32,
    pub judges_agree: u32,
    pub judges_asked: u32,
    /// What a person has done with it, joined by commas: `edited`, `accepted`, `despite_checks`, `rejected`; empty for most.
    #[serde(default)]
    pub reviewed: String,
    /// Whether special tokens in the texts were made harmless.
    pub escaped: bool,
    /// Characters (Unicode scalar values) of the instruction: where a prompt made of both can be cut again.
    pub instruction_chars: u32,
    /// Characters of the input.
    pub input_chars: u32,
}

/// What `license` says when the source names none.
pub(crate) const UNKNOWN_LICENSE: &str = "unknown";

impl Meta {
    pub fn of(example: &Example<'_>) -> Self {
        let sample = &example.row.sample;
        let lineage = &sample.lineage;
        let texts = &example.texts;
        Self {
            domain: sample.domain.clone(),
            source: example.row.provenance.source.clone(),
            locator: example.row.provenance.locator.to_string(),
            license: example.row.license().to_owned(),
            run: lineage.run,
            seed: lineage.seed,
            generator: lineage.generator.clone(),
            template: lineage.template.name.clone(),
            template_version: lineage.template.version,
            teacher: lineage.teacher.clone(),
            served_model: lineage.served_model.as_deref().unwrap_or_default().to_owned(),
            group: example.group,
            content_hash: content_hash(&texts.instruction, &texts.input, &texts.output),
            reasons: reasons(&sample.state),
            checks_passed: example.row.checks.passed,
            checks_unchecked: example.row.checks.unchecked,
            judges_agree: example.row.votes.agree,
            judges_asked: example.row.votes.of,
            reviewed: words(&example.row.reviewed),
            escaped: texts.escaped,
            instruction_chars: chars(&texts.instruction),
            input_chars: chars(&texts.input),
        }
    }
}

fn reasons(state: &SampleState) -> String {
    match state {
        SampleState::Rejected { reasons, .. } => {
            reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>().join(",")
        }
        SampleState::Candidate | SampleState::Accepted { .. } | SampleState::Quarantined { .. } => {
            String::new()
        }
    }
}

fn words(reviewed: &BTreeSet<Reviewed>) -> String {
    reviewed.iter().map(|what| what.word()).collect::<Vec<_>>().join(",")
}

/// Characters of a text. Texts are limited to far less than 4 Gi characters.
pub(crate) fn chars(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
