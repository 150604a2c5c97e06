//! Samples to files: formats, splits, manifest and data-set card.
//!
//! [`write()`] turns rows of the library into a data-set folder, written beside its target and renamed into place
//! whole; [`verify_folder`] checks such a folder again, years later, with nothing but the folder;
//! [`clean_partials`] removes what writers that died have left. No SQL, no HTTP, no clock, no randomness: the
//! same rows and settings give the same bytes, in whatever order the rows come.
//!
//! Only accepted samples are examples. A rejected sample appears in two places alone, as the `rejected` side of
//! a DPO pair and as a KTO row labelled false, and only when its reasons speak against its answer
//! (see [`negative`]). Candidates and quarantined samples appear nowhere.

mod cap;
mod card;
mod counts;
mod error;
#[cfg(test)]
mod fixture;
mod folder;
mod formats;
mod group;
mod input;
mod manifest;
mod name;
pub mod negative;
mod selection;
mod special;
mod split;
#[cfg(test)]
mod tests;
mod verify;
mod write;

pub use counts::{Counts, CountsError};
pub use error::ExportError;
pub use folder::{clean_partials, withdraw};
pub use input::{CheckSummary, ExportRow, Inputs, JudgeUse, Reviewed, Settings, Votes};
pub use manifest::{
    Absent, Excluded, ExclusionReason, FileEntry, GeneratorUse, IdentityUse, Manifest, RunUse, SourceUse,
    SplitSummary, TeacherUse, Unverified, Use,
};
pub use name::{DatasetName, DatasetNameError};
pub use special::{FindSpecialTokens, SpecialTokens};
pub use split::Split;
pub use verify::{Defect, Verification, verify_folder};
pub use write::{Written, write};
