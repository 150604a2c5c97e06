//! The files of a folder, in an order that does not depend on the file system.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, Walk, WalkBuilder};

use super::read;
use crate::cursor::{Mark, decode_key, encode_key};
use crate::error::HarvestError;
use crate::files::tree::{Entry, Tree};
use crate::files::{Globs, license};
use crate::settings::SourceSettings;
use crate::skip::Skip;

/// Licence files of one folder that are looked at.
const LICENSES: usize = 4;

/// A folder that is being walked for one page.
pub(crate) struct FolderTree<'a> {
    settings: &'a SourceSettings,
    globs: &'a Globs,
    root: &'a Path,
    licenses: RefCell<BTreeMap<String, Option<String>>>,
}

impl<'a> FolderTree<'a> {
    pub(crate) fn new(settings: &'a SourceSettings, globs: &'a Globs, root: &'a Path) -> Self {
        Self { settings, globs, root, licenses: RefCell::default() }
    }

    /// A walk in the order of path components, without folders that lie wholly before `from`.
    fn walk(&self, from: &Mark) -> Walk {
        let (root, globs) = (self.root.to_owned(), self.globs.clone());
        let from = from.key().map(decode_key);
        let enters = move |entry: &DirEntry| {
            let relative = entry.path().strip_prefix(&root).unwrap_or(entry.path());
            let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            if !folder || relative.as_os_str().is_empty() {
                return true;
            }
            let bytes = path_bytes(relative);
            let passed = from.as_deref().is_some_and(|from| lies_before(&bytes, from));
            !passed && entry.file_name() != ".git" && !globs.prunes(relative)
        };
        WalkBuilder::new(self.root)
            .hidden(!self.settings.hidden)
            .require_git(false)
            .git_global(false)
            .follow_links(false)
            .sort_by_file_name(|a, b| a.as_encoded_bytes().cmp(b.as_encoded_bytes()))
            .filter_entry(enters)
            .build()
    }

    /// What a walk came upon, if it is a file that may be mined.
    fn entry(&self, found: Result<DirEntry, ignore::Error>, from: Option<&[u8]>) -> Option<Entry<PathBuf>> {
        let found = match found {
            Ok(found) => found,
            Err(error) => return self.failed(&error, from),
        };
        let kind = found.file_type()?;
        if kind.is_dir() {
            return None;
        }
        let entry = self.named(found.path(), from)?;
        let body = if kind.is_symlink() {
            Err(Skip::Symlink)
        } else if kind.is_file() {
            Ok(found.into_path())
        } else {
            Err(Skip::SpecialFile)
        };
        Some(Entry { body, ..entry })
    }

    /// A file or folder that could not be looked at.
    fn failed(&self, error: &ignore::Error, from: Option<&[u8]>) -> Option<Entry<PathBuf>> {
        let reason = error.io_error().map_or(Skip::Unreadable, read::reason);
        let path = path_of(error).unwrap_or(self.root);
        Some(Entry { body: Err(reason), ..self.named(path, from)? })
    }

    /// An entry by its path, unless it lies before `from` or the globs keep it out.
    fn named(&self, path: &Path, from: Option<&[u8]>) -> Option<Entry<PathBuf>> {
        let relative = path.strip_prefix(self.root).unwrap_or(path);
        let bytes = path_bytes(relative);
        let name = String::from_utf8_lossy(&bytes).into_owned();
        let passed = from.is_some_and(|from| by_components(&bytes, from) == Ordering::Less);
        let admitted = !passed && self.globs.admit(&name);
        admitted.then(|| Entry { key: encode_key(&bytes), path: name, body: Err(Skip::Unreadable) })
    }

    fn license_of_folder(&self, folder: &str) -> Option<String> {
        if let Some(known) = self.licenses.borrow().get(folder) {
            return known.clone();
        }
        let found = self.look_for_license(folder);
        self.licenses.borrow_mut().insert(folder.to_owned(), found.clone());
        found
    }

    fn look_for_license(&self, folder: &str) -> Option<String> {
        let listed = std::fs::read_dir(self.root.join(folder)).ok()?;
        let mut names: Vec<String> = listed
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| license::is_license_name(name))
            .collect();
        names.sort_unstable();
        names.truncate(LICENSES);
        let read = |name: String| {
            let bytes = read::read(&self.root.join(folder).join(&name), license::LICENSE_BYTES).ok()?;
            Some((name, String::from_utf8_lossy(&bytes).into_owned()))
        };
        license::of_folder(&names.into_iter().filter_map(read).collect::<Vec<_>>())
    }
}

impl Tree for FolderTree<'_> {
    type Body = PathBuf;

    fn entries(
        &self,
        from: &Mark,
    ) -> Result<impl Iterator<Item = Result<Entry<PathBuf>, HarvestError>>, HarvestError> {
        let key = from.key().map(decode_key);
        Ok(self.walk(from).filter_map(move |found| self.entry(found, key.as_deref()).map(Ok)))
    }

    fn read(&self, body: &PathBuf) -> Result<Result<Vec<u8>, Skip>, HarvestError> {
        Ok(read::read(body, self.settings.max_file_bytes))
    }

    fn license(&self, path: &str) -> Option<String> {
        license::folders_above(path).find_map(|folder| self.license_of_folder(folder))
    }

    fn revision(&self) -> Option<&str> {
        None
    }
}

/// A relative path as bytes with `/`, on every system.
fn path_bytes(path: &Path) -> Vec<u8> {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().as_encoded_bytes()).collect();
    parts.join(&b'/')
}

/// The order in which a walk with sorted folders meets paths.
fn by_components(a: &[u8], b: &[u8]) -> Ordering {
    a.split(|byte| *byte == b'/').cmp(b.split(|byte| *byte == b'/'))
}

/// Whether everything in `folder` comes before `from`.
fn lies_before(folder: &[u8], from: &[u8]) -> bool {
    let holds = from.strip_prefix(folder).is_some_and(|rest| rest.starts_with(b"/"));
    !holds && by_components(folder, from) == Ordering::Less
}

/// The path that an error of the walk speaks of.
fn path_of(error: &ignore::Error) -> Option<&Path> {
    if let ignore::Error::WithPath { path, .. } | ignore::Error::Loop { child: path, .. } = error {
        return Some(path);
    }
    let ignore::Error::WithDepth { err, .. } = error else { return None };
    path_of(err)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_folder_is_before_a_path_only_when_it_does_not_hold_it() {
        assert!(lies_before(b"a", b"b/c"));
        assert!(!lies_before(b"b", b"b/c"));
        assert!(!lies_before(b"c", b"b/c"));
        assert!(lies_before(b"b", b"b.txt"), "the walk meets all of b before b.txt");
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_paths(a in "[a-c./ ]{0,8}", b in "[a-c./ ]{0,8}") {
            let clean = |text: &str| path_bytes(Path::new(text));
            let as_paths = Path::new(&a).components().cmp(Path::new(&b).components());
            prop_assume!(!a.starts_with(['/', '.']) && !b.starts_with(['/', '.']));
            prop_assume!(!clean(&a).is_empty() && !clean(&b).is_empty());
            prop_assume!(![&a, &b].iter().any(|path| path.contains("..")));
            prop_assert_eq!(by_components(&clean(&a), &clean(&b)), as_paths);
        }
    }
}
