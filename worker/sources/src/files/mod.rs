//! Mining the files of a tree, be it a folder or a commit.

pub(crate) mod class;
pub(crate) mod code;
pub(crate) mod docs;
pub(crate) mod globs;
pub(crate) mod language;
pub(crate) mod license;
pub(crate) mod strand;
pub(crate) mod tree;

pub(crate) use code::CodeSplitter;
pub(crate) use docs::DocSplitter;
pub(crate) use globs::Globs;
pub(crate) use strand::FileStrand;
