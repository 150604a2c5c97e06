//! The files of one commit.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::blobs::Blobs;
use super::process::{Git, Running};
use super::repository::Snapshot;
use crate::cursor::Mark;
use crate::error::HarvestError;
use crate::files::Globs;
use crate::files::license::{LICENSE_BYTES, Licenses, is_license_name};
use crate::files::tree::{Entry, Tree};
use crate::skip::Skip;
use crate::strand::Watch;

/// Bytes of one record of `ls-tree`; a longer path is cut, and then passed over for its length.
const RECORD_BYTES: usize = 4096;
/// Licence files that are read.
const LICENSES: usize = 200;

/// The tree of a commit, read through git.
pub(crate) struct CommitTree<'a> {
    git: &'a Git,
    revision: &'a str,
    globs: &'a Globs,
    watch: Watch<'a>,
    blobs: RefCell<Blobs<'a>>,
    max_bytes: u64,
    /// The licences of its folders.
    pub(crate) licenses: Arc<Licenses>,
}

impl<'a> CommitTree<'a> {
    /// The tree of the snapshot, its licences not yet known.
    pub(crate) fn open(
        git: &'a Git,
        snapshot: &'a Snapshot,
        globs: &'a Globs,
        watch: Watch<'a>,
    ) -> Result<Self, HarvestError> {
        Ok(Self {
            git,
            revision: &snapshot.revision,
            globs,
            watch,
            blobs: RefCell::new(Blobs::open(git, watch)?),
            max_bytes: git.big_file(),
            licenses: Arc::default(),
        })
    }

    /// An object of the repository.
    pub(crate) fn object(&self, id: &str, max: u64) -> Result<Result<Vec<u8>, Skip>, HarvestError> {
        self.blobs.borrow_mut().read(id, max)
    }

    /// The licences of all folders, from their licence files.
    pub(crate) fn find_licenses(&self) -> Result<Licenses, HarvestError> {
        let mut files: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        let mut listing = self.list()?;
        let mut left = LICENSES;
        while let Some(record) = listing.next_record()? {
            let Record { path, body: Ok(id) } = record else { continue };
            if left == 0 || !is_license_name(&path) {
                continue;
            }
            left -= 1;
            let Ok(bytes) = self.object(&id, LICENSE_BYTES)? else { continue };
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            let text = String::from_utf8_lossy(&bytes).into_owned();
            files.entry(folder.to_owned()).or_default().push((name.to_owned(), text));
        }
        Ok(Licenses::new(&files))
    }

    fn list(&self) -> Result<Listing<'a>, HarvestError> {
        let running = self.git.run(self.watch, "ls-tree", &["-r", "-z", "--full-tree", self.revision])?;
        Ok(Listing { running: Some(running) })
    }

    fn entry(&self, index: u64, record: Record) -> Option<Entry<String>> {
        let Record { path, body } = record;
        self.globs.admit(&path).then(|| Entry { key: index.to_string(), path, body })
    }
}

impl Tree for CommitTree<'_> {
    type Body = String;

    fn entries(
        &self,
        from: &Mark,
    ) -> Result<impl Iterator<Item = Result<Entry<String>, HarvestError>>, HarvestError> {
        let first: u64 = match from.key() {
            None => 0,
            Some(key) => key.parse().map_err(|_| self.watch.bad_cursor("it has a file that is no number"))?,
        };
        let mut listing = self.list()?;
        let records = std::iter::from_fn(move || listing.next_record().transpose());
        let numbered =
            (0_u64..).zip(records).skip_while(move |(index, record)| *index < first && record.is_ok());
        Ok(numbered.filter_map(|(index, record)| match record {
            Ok(record) => self.entry(index, record).map(Ok),
            Err(error) => Some(Err(error)),
        }))
    }

    fn read(&self, body: &String) -> Result<Result<Vec<u8>, Skip>, HarvestError> {
        self.object(body, self.max_bytes)
    }

    fn license(&self, path: &str) -> Option<String> {
        self.licenses.of(path)
    }

    fn revision(&self) -> Option<&str> {
        Some(self.revision)
    }
}

/// One record of `ls-tree`: the path, and the object id of a regular file.
struct Record {
    path: String,
    body: Result<String, Skip>,
}

/// A running `ls-tree`.
struct Listing<'a> {
    running: Option<Running<'a>>,
}

impl Listing<'_> {
    /// The next record; at the end git's status is looked at.
    fn next_record(&mut self) -> Result<Option<Record>, HarvestError> {
        let Some(running) = &mut self.running else { return Ok(None) };
        match running.token(0, RECORD_BYTES)? {
            Some(record) => Ok(Some(parse(&record))),
            None => self.running.take().map_or(Ok(None), |running| running.finish().map(|()| None)),
        }
    }
}

/// Reads `MODE TYPE ID\tPATH`.
fn parse(record: &[u8]) -> Record {
    let record = String::from_utf8_lossy(record).into_owned();
    let (head, path) = record.split_once('\t').unwrap_or((&record, ""));
    let words: Vec<_> = head.split(' ').collect();
    let body = match words.as_slice() {
        ["100644" | "100755" | "100664", "blob", id] if !path.starts_with('/') => Ok((*id).to_owned()),
        ["120000", ..] => Err(Skip::Symlink),
        ["160000", ..] => Err(Skip::Submodule),
        _ => Err(Skip::Unreadable),
    };
    Record { path: path.to_owned(), body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_a_tree_have_a_body() {
        let id = "a".repeat(40);
        for (record, body) in [
            (format!("100644 blob {id}\ta b\n.rs"), Ok(id.clone())),
            (format!("120000 blob {id}\tlink"), Err(Skip::Symlink)),
            (format!("160000 commit {id}\tsub"), Err(Skip::Submodule)),
            (format!("100644 blob {id}\t/etc/passwd"), Err(Skip::Unreadable)),
            ("nonsense".to_owned(), Err(Skip::Unreadable)),
        ] {
            assert_eq!(parse(record.as_bytes()).body, body, "{record}");
        }
    }
}
