//! A tree of files, as the miners see it.

use crate::cursor::Mark;
use crate::error::HarvestError;
use crate::skip::Skip;

/// One file of a tree, not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<B> {
    /// Its name in cursors.
    pub(crate) key: String,
    /// Its path from the root, with `/`; bytes that are no UTF-8 show as U+FFFD.
    pub(crate) path: String,
    /// How to read it, or why it is never read.
    pub(crate) body: Result<B, Skip>,
}

/// Files in an order of their own, the same at every walk.
pub(crate) trait Tree {
    /// What it takes to read a file.
    type Body;

    /// The files from `from` on. The one that the mark speaks of may come again; marks tell.
    fn entries(
        &self,
        from: &Mark,
    ) -> Result<impl Iterator<Item = Result<Entry<Self::Body>, HarvestError>>, HarvestError>;

    /// The bytes of a file, or why it has none to give.
    fn read(&self, body: &Self::Body) -> Result<Result<Vec<u8>, Skip>, HarvestError>;

    /// The licence of a file: of the nearest folder above it that holds a licence file.
    fn license(&self, path: &str) -> Option<String>;

    /// The commit that the tree belongs to.
    fn revision(&self) -> Option<&str>;
}
