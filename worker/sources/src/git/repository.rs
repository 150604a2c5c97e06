//! Finding out what kind of repository it is, and taking hold of one commit of it.

use std::collections::BTreeSet;
use std::path::Path;

use super::commit::Commit;
use super::process::Git;
use crate::cursor::is_object_id;
use crate::error::{HarvestError, SourceError};
use crate::settings::SourceSettings;
use crate::strand::Watch;

const OBJECT_ID_BYTES: usize = 64;
const COMMIT_BYTES: usize = 64 * 1024;
const PATH_BYTES: usize = 4096;
/// Commits at the edge of a shallow clone that are remembered.
const SHALLOW: usize = 10_000;

/// Checks that git finds a repository exactly here.
///
/// # Errors
/// [`SourceError::NoGit`] or [`SourceError::NotARepository`].
pub(crate) fn probe(settings: &SourceSettings, git: &Git, path: &Path) -> Result<(), SourceError> {
    let watch = Watch { name: &settings.name, cancel: &|| false };
    let running = git
        .start(watch, "rev-parse", &["--git-dir".into()])
        .map_err(|source| SourceError::NoGit { name: settings.name.clone(), source })?;
    running.finish().map_err(|error| SourceError::NotARepository {
        name: settings.name.clone(),
        path: path.to_owned(),
        detail: match error {
            HarvestError::Git { detail, .. } => detail,
            HarvestError::Cancelled { .. }
            | HarvestError::BadCursor { .. }
            | HarvestError::NothingToMine { .. }
            | HarvestError::NoCommits { .. }
            | HarvestError::RevisionGone { .. }
            | HarvestError::Gone { .. }
            | HarvestError::Stalled { .. } => error.to_string(),
        },
    })
}

/// One commit, at which everything is read.
pub(crate) struct Snapshot {
    /// The commit.
    pub(crate) revision: String,
    /// When it was committed, in seconds since the epoch.
    pub(crate) committed: i64,
    /// Commits whose parents a shallow clone does not have.
    pub(crate) shallow: BTreeSet<String>,
}

impl Snapshot {
    /// HEAD, or the commit that an earlier page began with.
    ///
    /// # Errors
    /// [`HarvestError::Gone`], [`HarvestError::NoCommits`] or [`HarvestError::RevisionGone`].
    pub(crate) fn take(git: &Git, pinned: Option<&str>, watch: Watch<'_>) -> Result<Self, HarvestError> {
        std::fs::read_dir(git.path()).map_err(|source| HarvestError::Gone {
            name: watch.name.clone(),
            path: git.path().to_owned(),
            source,
        })?;
        let wanted = pinned.unwrap_or("HEAD");
        let revision = resolve(git, watch, wanted)?.ok_or_else(|| match pinned {
            None => HarvestError::NoCommits { name: watch.name.clone() },
            Some(revision) => {
                HarvestError::RevisionGone { name: watch.name.clone(), revision: revision.to_owned() }
            }
        })?;
        let mut running = git.run(watch, "cat-file", &["commit", &revision])?;
        let object = running.rest(COMMIT_BYTES)?.unwrap_or_default();
        let committed = Commit::parse(&object).committed;
        Ok(Self { revision, committed, shallow: shallow_edge(git, watch)? })
    }
}

/// The commit that a name stands for, if it stands for one.
pub(crate) fn resolve(git: &Git, watch: Watch<'_>, name: &str) -> Result<Option<String>, HarvestError> {
    let mut running = git.run(
        watch,
        "rev-parse",
        &["--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")],
    )?;
    let line = running.token(b'\n', OBJECT_ID_BYTES)?.unwrap_or_default();
    let revision = String::from_utf8_lossy(&line).into_owned();
    // A name that stands for nothing ends rev-parse with an error and without a word.
    let found = is_object_id(&revision).then_some(revision);
    if found.is_some() {
        running.finish()?;
    }
    Ok(found)
}

/// The commits at the edge of a shallow clone.
fn shallow_edge(git: &Git, watch: Watch<'_>) -> Result<BTreeSet<String>, HarvestError> {
    let mut running = git.run(watch, "rev-parse", &["--git-path", "shallow"])?;
    let line = running.token(b'\n', PATH_BYTES)?.unwrap_or_default();
    running.finish()?;
    let path = git.path().join(String::from_utf8_lossy(&line).as_ref());
    let list = std::fs::read_to_string(path).unwrap_or_default();
    Ok(list.lines().take(SHALLOW).map(str::to_owned).collect())
}
