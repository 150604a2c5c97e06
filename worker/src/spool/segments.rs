//! The files of the log: numbered, appended to, one at a time.

use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::disk;
use super::index::Place;

/// A segment that has this many bytes is not added to any more.
const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;

const SUFFIX: &str = ".segment";

/// Writes segments. Those of earlier processes are never added to, but for notes of what is gone.
#[derive(Debug)]
pub(super) struct Segments {
    folder: PathBuf,
    current: Option<Current>,
    next: u64,
}

#[derive(Debug)]
struct Current {
    number: u64,
    file: File,
    end: u64,
}

impl Segments {
    /// The segments in `folder`, and the numbers of those that are there, oldest first.
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Vec<u64>)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            found.extend(number_of(&entry?.file_name().to_string_lossy()));
        }
        found.sort_unstable();
        let next = found.last().map_or(1, |last| last + 1);
        Ok((Self { folder: folder.to_owned(), current: None, next }, found))
    }

    /// The number of the segment that is added to.
    pub(super) fn current(&self) -> Option<u64> {
        self.current.as_ref().map(|current| current.number)
    }

    /// Appends and only returns when a power cut cannot undo it. Says where the bytes are.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<Place> {
        let mut current = match self.current.take().filter(|current| current.end < SEGMENT_BYTES) {
            Some(current) => current,
            None => self.begin()?,
        };
        let (at, len) = (current.end, bytes.len() as u64);
        if let Err(error) = current.file.write_all(bytes).and_then(|()| current.file.sync_data()) {
            // What is left is incomplete and takes space that is missing. Nobody knows what a failed sync has
            // written, so this segment is not added to any more.
            let _ = match at {
                0 => fs::remove_file(path(&self.folder, current.number)),
                _ => current.file.set_len(at),
            };
            return Err(error);
        }
        current.end += len;
        let place = Place { segment: current.number, at, len };
        self.current = Some(current);
        Ok(place)
    }

    fn begin(&mut self) -> io::Result<Current> {
        let number = self.next;
        let file = disk::create_private(&path(&self.folder, number))?;
        disk::sync_folder(&self.folder)?;
        self.next += 1;
        Ok(Current { number, file, end: 0 })
    }

    /// Appends without waiting for the disk: what a power cut takes is only told again.
    pub(super) fn note(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()> {
        match &mut self.current {
            Some(current) if current.number == segment => {
                current.file.write_all(bytes)?;
                current.end += bytes.len() as u64;
                Ok(())
            }
            _ => File::options().append(true).open(path(&self.folder, segment))?.write_all(bytes),
        }
    }

    /// Gives the space of a segment back in which nothing is needed any more.
    pub(super) fn clear(&mut self, segment: u64) -> io::Result<()> {
        match self.current.take_if(|current| current.number == segment) {
            Some(mut current) => {
                current.file.set_len(0)?;
                current.file.seek(SeekFrom::Start(0))?;
                current.end = 0;
                self.current = Some(current);
                Ok(())
            }
            None => fs::remove_file(path(&self.folder, segment)),
        }
    }
}

/// The file of a segment.
pub(super) fn path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:010}{SUFFIX}"))
}

/// The number of the segment that a file holds, if it is one.
pub(super) fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(SUFFIX)?.parse().ok()
}
