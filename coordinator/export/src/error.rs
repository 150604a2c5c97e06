//! Why an export was not written.

use std::io;
use std::path::{Path, PathBuf};

use hafs_proto::{RunId, SampleId};
use thiserror::Error;

use crate::counts::CountsError;

/// Why an export was not written. Whatever the reason, nothing of it is left behind.
#[derive(Debug, Error)]
pub enum ExportError {
    /// A share above the whole.
    #[error("the share of unverified samples is {share} thousandths; it is 0 to 1000")]
    Share {
        /// What was asked for.
        share: u32,
    },
    /// No format was asked for.
    #[error("no format was asked for: name at least one of alpaca, messages, sharegpt, dpo, kto, text")]
    NoFormat,
    /// Shares that do not add up.
    #[error("the shares of the splits add up to {sum} thousandths: they must add up to 1000")]
    Ratios {
        /// What they add up to.
        sum: u64,
    },
    /// Counts that do not add up.
    #[error("the counts of the library do not add up: `hafs-factory verify` names the broken rows")]
    Counts(#[from] CountsError),
    /// A sample that was handed over twice.
    #[error("sample {sample} was handed over twice: an export lists every sample once")]
    Repeated {
        /// The sample.
        sample: SampleId,
    },
    /// A sample whose run was not handed over.
    #[error("sample {sample} belongs to run {run}, which was not handed over: no sample lacks its lineage")]
    NoRun {
        /// The sample.
        sample: SampleId,
        /// Its run.
        run: RunId,
    },
    /// Texts that are not those that the library received.
    #[error("the texts of sample {sample} do not match its hash: the library is damaged, restore a backup")]
    Damaged {
        /// The sample.
        sample: SampleId,
    },
    /// An accepted sample without instruction or output.
    #[error("sample {sample} is accepted but its {field} is blank: it cannot be trained on")]
    Blank {
        /// The sample.
        sample: SampleId,
        /// `instruction` or `output`.
        field: &'static str,
    },
    /// Nothing to write.
    #[error("there is nothing to export: {why} ({accepted} accepted samples, {excluded} left out)")]
    Empty {
        /// Why, format by format.
        why: String,
        /// Accepted samples that were handed over.
        accepted: u64,
        /// Of these, left out for special tokens.
        excluded: u64,
    },
    /// The target is there already.
    #[error("`{}` is there already: choose another name, or move it away first", path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// The export folder is no plain folder.
    #[error("`{}` is {found}: name the folder itself, so that nothing is written elsewhere", path.display())]
    NoFolder {
        /// The export folder.
        path: PathBuf,
        /// What stands there.
        found: &'static str,
    },
    /// Leftovers of other writers are being removed.
    #[error("leftovers in `{}` are being removed: try again in a moment", path.display())]
    Busy {
        /// The export folder.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("could not {action} `{}`: {}", path.display(), hint(source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: io::Error,
    },
}

impl ExportError {
    /// Whether the disk, or a quota on it, is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if full(source))
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

fn full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn hint(error: &io::Error) -> &'static str {
    let kind = error.kind();
    if full(error) {
        "the disk is full, free some space and export again"
    } else if matches!(kind, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) {
        "it may not be written to, change its permissions or choose another export folder"
    } else if kind == io::ErrorKind::NotFound {
        "it is not there any more"
    } else {
        "the file system refused"
    }
}
