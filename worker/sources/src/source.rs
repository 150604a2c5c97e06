//! A source as the worker sees it.

use std::collections::BTreeMap;

use hafs_proto::SeedDraft;

use crate::error::{HarvestError, SourceError};
use crate::folder::FolderSource;
use crate::git::GitSource;
use crate::routines::RoutineSource;
use crate::settings::{SourceKind, SourceSettings};

/// What one call of [`Source::harvest`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarvestPage {
    /// The seeds, kinds mixed. May be empty although more follow: a page ends when its work is used up, too.
    pub seeds: Vec<SeedDraft>,
    /// Where the next page begins; absent at the end.
    pub next_cursor: Option<String>,
    /// What was passed over, by [`crate::Skip::word`]; over all pages each thing is counted once.
    pub skipped: BTreeMap<String, u32>,
}

/// Something that is mined page by page.
///
/// Calls block on files and child processes, so they belong on a blocking thread.
pub trait Source: Send + Sync {
    /// Mines one page of at most `limit` seeds (and never more than `limits::HARVEST_SEEDS`) from `cursor`, or
    /// from the start. The same state of the source, cursor and limit give the same page. `cancel` is asked
    /// often; soon after it says yes the call ends with [`HarvestError::Cancelled`].
    ///
    /// # Errors
    /// [`HarvestError`]: among others when the last page is reached and no page had a seed
    /// ([`HarvestError::NothingToMine`]): an empty source is never a success.
    fn harvest(
        &self,
        cursor: Option<&str>,
        limit: usize,
        cancel: &dyn Fn() -> bool,
    ) -> Result<HarvestPage, HarvestError>;
}

/// Opens a source after checking that it is there and that its globs parse.
///
/// # Errors
/// [`SourceError`], naming the path or glob at fault.
pub fn open(settings: SourceSettings) -> Result<Box<dyn Source>, SourceError> {
    match settings.kind.clone() {
        SourceKind::Git { path } => Ok(Box::new(GitSource::open(settings, &path)?)),
        SourceKind::Folder { path } => Ok(Box::new(FolderSource::open(settings, &path)?)),
        SourceKind::Routines { tasks } => Ok(Box::new(RoutineSource::new(settings, tasks))),
    }
}
