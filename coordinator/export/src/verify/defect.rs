//! What can be wrong with a data-set folder.

use hafs_proto::ContentHash;
use thiserror::Error;

use crate::split::Split;

/// One thing that is wrong with a data-set folder.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Defect {
    /// A file that cannot be read or understood.
    #[error("{file} cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why not.
        why: String,
    },
    /// A link, FIFO, device or folder where a plain file should be, or anything but a folder for the whole.
    #[error("{file} is {found}")]
    NotPlain {
        /// The file.
        file: String,
        /// What stands there.
        found: &'static str,
    },
    /// A file that the manifest does not list.
    #[error("{file} is not listed in the manifest")]
    Unlisted {
        /// The file.
        file: String,
    },
    /// A path that no data set has.
    #[error("the manifest lists {file:?}, which no data set has")]
    UnknownPath {
        /// The path.
        file: String,
    },
    /// A file of another size.
    #[error("{file} has {found} bytes, the manifest says {stated}")]
    Size {
        /// The file.
        file: String,
        /// What the manifest says.
        stated: u64,
        /// What was found.
        found: u64,
    },
    /// A file with other bytes.
    #[error("{file} does not match its SHA-256: it was changed or damaged")]
    Hash {
        /// The file.
        file: String,
    },
    /// A file with more or fewer lines.
    #[error("{file} has {found} lines, the manifest says {stated}")]
    Lines {
        /// The file.
        file: String,
        /// What the manifest says.
        stated: u64,
        /// What was found.
        found: u64,
    },
    /// A row that is not one of its format, or that contradicts itself.
    #[error("{file}:{line} {why}")]
    Row {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// A row in a split that is not its group's.
    #[error("{file}:{line} belongs to group {group}, which splits.json puts {}", into(assigned))]
    WrongSplit {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The group.
        group: ContentHash,
        /// Where `splits.json` puts it.
        assigned: Option<Split>,
    },
    /// Numbers that do not fit together.
    #[error("the manifest contradicts itself or its files: {why}")]
    Contradiction {
        /// Which.
        why: String,
    },
    /// More than are worth listing.
    #[error("more than {} defects: the rest is not listed", LIMIT)]
    Many,
}

fn into(split: &Option<Split>) -> String {
    split.map_or_else(|| "nowhere".to_owned(), |split| format!("into {}", split.word()))
}

/// Defects that are listed.
const LIMIT: usize = 1_000;

/// Defects found so far.
#[derive(Debug, Default)]
pub(super) struct Defects(Vec<Defect>);

impl Defects {
    pub fn report(&mut self, defect: Defect) {
        if self.0.len() < LIMIT {
            self.0.push(defect);
        } else if self.0.len() == LIMIT {
            self.0.push(Defect::Many);
        }
    }

    /// The value, or its defect reported.
    pub fn take<T>(&mut self, result: Result<T, Defect>) -> Option<T> {
        result.map_err(|defect| self.report(defect)).ok()
    }

    pub fn into_list(self) -> Vec<Defect> {
        self.0
    }
}
