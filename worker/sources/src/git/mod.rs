//! A git repository, read through the git program.
//!
//! The repository is data: no hook, filter, external diff, text conversion, monitor, alias or remote helper of
//! it is ever run, and nothing is fetched ([`process`] says how). Everything is read at one commit, to which the
//! cursor pins the walk, so a HEAD that moves between two pages changes nothing.

mod before;
mod blame;
mod blobs;
mod change;
mod commit;
mod commits;
mod message;
mod patch;
mod process;
mod repository;
mod todo;
mod tree;

use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::cursor::Cursor;
use crate::error::{HarvestError, SourceError};
use crate::files::license::Licenses;
use crate::files::{CodeSplitter, DocSplitter, FileStrand, Globs};
use crate::folder::real_folder;
use crate::settings::SourceSettings;
use crate::source::{HarvestPage, Source};
use crate::strand::{Strand, Watch, harvest};
use commits::CommitStrand;
use process::Git;
use repository::Snapshot;
use todo::TodoSplitter;
use tree::CommitTree;

/// A repository as a source: its commits, and TODOs, sections and code units of the files at HEAD.
pub(crate) struct GitSource {
    settings: SourceSettings,
    globs: Globs,
    git: Git,
    /// The licences of the commit that was mined last; reading them takes a walk over all names.
    licenses: Mutex<Option<(String, Arc<Licenses>)>>,
}

impl GitSource {
    /// Checks that there is a repository and a git program to read it.
    ///
    /// # Errors
    /// [`SourceError`], naming the path or glob at fault.
    pub(crate) fn open(settings: SourceSettings, path: &Path) -> Result<Self, SourceError> {
        let globs = Globs::new(&settings)?;
        let git = Git::new(&real_folder(&settings, path)?, settings.max_file_bytes);
        repository::probe(&settings, &git, path)?;
        Ok(Self { settings, globs, git, licenses: Mutex::default() })
    }

    fn licenses(&self, tree: &CommitTree<'_>, revision: &str) -> Result<Arc<Licenses>, HarvestError> {
        let mut cache = self.licenses.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &*cache {
            Some((known, licenses)) if known == revision => Ok(Arc::clone(licenses)),
            Some(_) | None => {
                let licenses = Arc::new(tree.find_licenses()?);
                *cache = Some((revision.to_owned(), Arc::clone(&licenses)));
                Ok(licenses)
            }
        }
    }
}

impl Source for GitSource {
    fn harvest(
        &self,
        cursor: Option<&str>,
        limit: usize,
        cancel: &dyn Fn() -> bool,
    ) -> Result<HarvestPage, HarvestError> {
        let settings = &self.settings;
        let watch = Watch { name: &settings.name, cancel };
        let mut cursor = Cursor::parse_or_start(cursor, watch)?;
        watch.check()?;
        let snapshot = Snapshot::take(&self.git, cursor.revision.as_deref(), watch)?;
        cursor.revision = Some(snapshot.revision.clone());
        let mut tree = CommitTree::open(&self.git, &snapshot, &self.globs, watch)?;
        tree.licenses = self.licenses(&tree, &snapshot.revision)?;
        let todo = TodoSplitter { git: &self.git, snapshot: &snapshot, watch };
        let todos = FileStrand { tree: &tree, splitter: todo, settings, watch };
        let commits = CommitStrand {
            git: &self.git,
            snapshot: &snapshot,
            tree: &tree,
            globs: &self.globs,
            settings,
            watch,
        };
        let docs = FileStrand { tree: &tree, splitter: DocSplitter, settings, watch };
        let code = FileStrand { tree: &tree, splitter: CodeSplitter, settings, watch };
        let strands: [&dyn Strand; 4] = [&todos, &commits, &docs, &code];
        harvest(&strands[usize::from(!settings.todo)..], &cursor, limit, watch)
    }
}
