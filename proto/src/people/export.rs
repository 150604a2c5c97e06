//! Data sets.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded::BoundedText;
use crate::hash::ContentHash;
use crate::id::{DatasetId, QuarantineId, RunId, SampleId};
use crate::name::Domain;
use crate::time::Timestamp;

/// A training format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// `{instruction, input, output}`.
    Alpaca,
    /// `{messages: [{role, content}]}`: OpenAI fine-tuning, ChatML.
    Messages,
    /// `{conversations: [{from, value}]}`.
    Sharegpt,
    /// `{prompt, chosen, rejected}`: an accepted sample against a rejected one of the same prompt.
    Dpo,
    /// `{prompt, completion, label}`: accepted and rejected samples one by one.
    Kto,
    /// `{text}`.
    Text,
}

impl ExportFormat {
    /// Every format.
    pub const ALL: &'static [Self] =
        &[Self::Alpaca, Self::Messages, Self::Sharegpt, Self::Dpo, Self::Kto, Self::Text];

    /// The word used in JSON, on the command line and as folder name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alpaca => "alpaca",
            Self::Messages => "messages",
            Self::Sharegpt => "sharegpt",
            Self::Dpo => "dpo",
            Self::Kto => "kto",
            Self::Text => "text",
        }
    }
}

/// Shares of the three splits; they add up to 1 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitRatios {
    /// Thousandths for training.
    pub train: u32,
    /// Thousandths for validation.
    pub val: u32,
    /// Thousandths for testing.
    pub test: u32,
}

/// Asks for a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// Name of the data set; 1 to 64 of a-z, 0-9, `-`, `_`.
    pub name: BoundedText<64>,
    /// Formats to write.
    pub formats: Vec<ExportFormat>,
    /// Runs to take samples from; empty: all.
    #[serde(default)]
    pub runs: Vec<RunId>,
    /// Domains to take; empty: all.
    #[serde(default)]
    pub domains: Vec<Domain>,
    /// Shares of the splits.
    pub splits: SplitRatios,
    /// Seed of the split.
    pub seed: u64,
    /// The largest share, in thousandths, that unverified samples of one identity may have; absent: as the
    /// coordinator's configuration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unverified_share: Option<u32>,
}

/// A data set as the library knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetView {
    /// Its id.
    pub id: DatasetId,
    /// Its name.
    pub name: BoundedText<64>,
    /// Folder that it was written to.
    pub path: BoundedText<4096>,
    /// Hash of its manifest.
    pub manifest_sha256: BoundedText<64>,
    /// Fingerprint of what it was made from.
    pub inputs: ContentHash,
    /// Samples in it.
    pub samples: u64,
    /// When.
    pub created_at: Timestamp,
    /// Samples of it that do not stand any more as they did when it was written; absent when all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tainted: Option<Taint>,
}

/// What became of samples after a data set had been written with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Taint {
    /// How many.
    pub samples: u64,
    /// Whether the library knows which samples the data set holds. If not (a release that did not record it wrote the
    /// data set), these are those that may be in it.
    pub certain: bool,
    /// The quarantines that hold some of them, oldest first.
    pub quarantines: Vec<QuarantineId>,
}

/// A data set with what is to be said against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetDetail {
    /// The data set.
    pub dataset: DatasetView,
    /// What was asked for.
    pub request: ExportRequest,
    /// Samples of it that do not stand any more as they did, oldest first, at most a thousand.
    pub fallen: Vec<SampleId>,
}
