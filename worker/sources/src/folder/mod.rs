//! A folder of documents and code.

mod read;
mod tree;

use std::io;
use std::path::{Path, PathBuf};

use crate::cursor::Cursor;
use crate::error::{HarvestError, SourceError};
use crate::files::{CodeSplitter, DocSplitter, FileStrand, Globs};
use crate::settings::SourceSettings;
use crate::source::{HarvestPage, Source};
use crate::strand::{Watch, harvest};
use tree::FolderTree;

/// A folder as a source: sections of its documents, units of its code.
pub(crate) struct FolderSource {
    settings: SourceSettings,
    globs: Globs,
    root: PathBuf,
}

impl FolderSource {
    /// Checks that the folder is there.
    ///
    /// # Errors
    /// [`SourceError`], naming the path or glob at fault.
    pub(crate) fn open(settings: SourceSettings, path: &Path) -> Result<Self, SourceError> {
        let root = real_folder(&settings, path)?;
        Ok(Self { globs: Globs::new(&settings)?, settings, root })
    }
}

impl Source for FolderSource {
    fn harvest(
        &self,
        cursor: Option<&str>,
        limit: usize,
        cancel: &dyn Fn() -> bool,
    ) -> Result<HarvestPage, HarvestError> {
        let watch = Watch { name: &self.settings.name, cancel };
        let cursor = Cursor::parse_or_start(cursor, watch)?;
        std::fs::read_dir(&self.root).map_err(|source| HarvestError::Gone {
            name: self.settings.name.clone(),
            path: self.root.clone(),
            source,
        })?;
        let tree = FolderTree::new(&self.settings, &self.globs, &self.root);
        let docs = FileStrand { tree: &tree, splitter: DocSplitter, settings: &self.settings, watch };
        let code = FileStrand { tree: &tree, splitter: CodeSplitter, settings: &self.settings, watch };
        harvest(&[&docs, &code], &cursor, limit, watch)
    }
}

/// The real path of a configured folder.
///
/// # Errors
/// [`SourceError`] when there is none.
pub(crate) fn real_folder(settings: &SourceSettings, path: &Path) -> Result<PathBuf, SourceError> {
    let (name, path) = (settings.name.clone(), path.to_owned());
    match path.canonicalize() {
        Ok(real) if real.is_dir() => Ok(without_verbatim(real)),
        Ok(_) => Err(SourceError::NotAFolder { name, path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SourceError::Missing { name, path }),
        Err(source) => Err(SourceError::Io { name, path, source }),
    }
}

/// Takes off the `\\?\` that canonical paths have on Windows and git does not take; elsewhere none has it.
fn without_verbatim(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(plain) if !plain.starts_with("UNC") => plain.into(),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_verbatim_form_of_a_drive_is_shortened() {
        for (given, plain) in
            [(r"\\?\C:\code", r"C:\code"), (r"\\?\UNC\host\code", r"\\?\UNC\host\code"), ("/code", "/code")]
        {
            assert_eq!(without_verbatim(given.into()), PathBuf::from(plain));
        }
    }
}
