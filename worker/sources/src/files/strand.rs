//! Walking the files of a tree, and splitting each into finds.

use hafs_proto::SeedDraft;

use super::license;
use super::tree::{Entry, Tree};
use crate::cursor::Mark;
use crate::draft::{Find, PATH_BYTES, Place, draft};
use crate::error::HarvestError;
use crate::page::Batch;
use crate::settings::SourceSettings;
use crate::skip::Skip;
use crate::strand::{Strand, Watch};
use crate::text::decode::decode;

/// Files that one page reads at most, so that a page ends in bounded time where finds are rare.
const FILES_READ: usize = 1_000;
/// Bytes that one page reads at most, beyond the file that passes them.
const BYTES_READ: usize = 64 * 1024 * 1024;

/// A file that has been read.
pub(crate) struct TextFile<'a> {
    /// Its path from the root.
    pub(crate) path: &'a str,
    /// Its text.
    pub(crate) text: &'a str,
    /// Where finds of it come from; they add their lines.
    pub(crate) place: Place,
}

/// Whether a splitter takes a file.
pub(crate) enum Wanted {
    /// It does.
    Yes,
    /// Another splitter does, and counts it.
    No,
    /// Nobody does.
    Skip(Skip),
}

/// What turns one file into finds.
pub(crate) trait Splitter {
    /// Its name in cursors.
    fn name(&self) -> &'static str;

    /// Whether it takes the file, by its path alone. Exactly one splitter of a source answers
    /// [`Wanted::Skip`] for a file that none takes, so that each is counted once.
    fn wants(&self, path: &str) -> Wanted;

    /// Whether files that cannot be read are counted here.
    fn counts_files(&self) -> bool;

    /// Cheap look at the whole text: why nothing of it is to be used.
    fn refuses(&self, text: &str) -> Option<Skip>;

    /// The finds of a file in the order of its lines, each with why it was passed over, if it was.
    fn split(&self, file: &TextFile<'_>) -> Result<Vec<Result<Find, Skip>>, HarvestError>;
}

/// The finds of one splitter in one tree.
pub(crate) struct FileStrand<'a, T, S> {
    /// The files.
    pub(crate) tree: &'a T,
    /// What is made of them.
    pub(crate) splitter: S,
    /// The source.
    pub(crate) settings: &'a SourceSettings,
    /// Who asked.
    pub(crate) watch: Watch<'a>,
}

impl<T: Tree, S: Splitter> Strand for FileStrand<'_, T, S> {
    fn name(&self) -> &'static str {
        self.splitter.name()
    }

    fn advance(&self, from: &Mark, batch: &mut Batch) -> Result<Mark, HarvestError> {
        let (mut files, mut bytes) = (0, 0);
        for entry in self.tree.entries(from)? {
            self.watch.check()?;
            let entry = entry?;
            if batch.is_full() || files >= FILES_READ || bytes >= BYTES_READ {
                return Ok(Mark::At { key: entry.key, part: 0 });
            }
            let done = from.done_parts(&entry.key);
            let Some(body) = self.body_of(&entry, batch) else { continue };
            files += 1;
            let text = match self.tree.read(body)? {
                Ok(content) => {
                    bytes += content.len();
                    decode(&content)
                }
                Err(skip) => Err(skip),
            };
            let finds = match text.and_then(|text| self.splitter.refuses(&text).map_or(Ok(text), Err)) {
                Ok(text) => self.splitter.split(&self.file(&entry, &text))?,
                Err(skip) => {
                    self.count(skip, batch);
                    continue;
                }
            };
            if let Some(part) = self.take(finds, done, batch) {
                return Ok(Mark::At { key: entry.key, part });
            }
        }
        Ok(Mark::End)
    }
}

impl<T: Tree, S: Splitter> FileStrand<'_, T, S> {
    /// How to read the entry, if this strand wants it.
    fn body_of<'e>(&self, entry: &'e Entry<T::Body>, batch: &mut Batch) -> Option<&'e T::Body> {
        let skip = match (self.splitter.wants(&entry.path), &entry.body) {
            (Wanted::No, _) => return None,
            (Wanted::Yes, Ok(body)) if entry.path.len() <= PATH_BYTES => return Some(body),
            (Wanted::Yes, Ok(_)) => Skip::PathTooLong,
            (Wanted::Yes | Wanted::Skip(_), Err(skip)) => *skip,
            (Wanted::Skip(skip), Ok(_)) => skip,
        };
        self.count(skip, batch);
        None
    }

    fn count(&self, skip: Skip, batch: &mut Batch) {
        if self.splitter.counts_files() {
            batch.skip(skip);
        }
    }

    fn file<'f>(&self, entry: &'f Entry<T::Body>, text: &'f str) -> TextFile<'f> {
        let license = license::header(text).or_else(|| self.tree.license(&entry.path));
        let revision = self.tree.revision().map(str::to_owned);
        TextFile {
            path: &entry.path,
            text,
            place: Place { path: entry.path.clone(), lines: None, revision, license },
        }
    }

    /// Adds the finds after the first `done`; gives the first that no longer fits.
    fn take(&self, finds: Vec<Result<Find, Skip>>, done: usize, batch: &mut Batch) -> Option<usize> {
        for (part, find) in finds.into_iter().enumerate().skip(done) {
            if batch.is_full() {
                return Some(part);
            }
            let made: Result<SeedDraft, Skip> = find.and_then(|find| draft(self.settings, find));
            batch.add(made);
        }
        None
    }
}
