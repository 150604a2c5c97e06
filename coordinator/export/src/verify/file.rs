//! Files of a data set, read once and within limits.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::defect::Defect;
use super::differences;
use crate::folder::hex;
use crate::manifest::FileEntry;

/// Bytes of a manifest or of `splits.json`.
const JSON_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes of a row. The longest row that can be written has an instruction, an input and two outputs of which
/// every byte is escaped sixfold, and two sets of metadata.
const ROW_BYTES: u64 = 8 * 1024 * 1024;

/// Opens a plain file, following no link.
fn open(folder: &Path, name: &str) -> Result<(File, u64), Defect> {
    let path = folder.join(name);
    let unreadable = |error: io::Error| Defect::Unreadable { file: name.to_owned(), why: error.to_string() };
    let found = fs::symlink_metadata(&path).map_err(unreadable)?;
    if !found.is_file() {
        let found = if found.is_symlink() { "a symbolic link" } else { "no plain file" };
        return Err(Defect::NotPlain { file: name.to_owned(), found });
    }
    Ok((File::open(&path).map_err(unreadable)?, found.len()))
}

/// A small file as a whole.
pub(super) fn read(folder: &Path, name: &str) -> Result<Vec<u8>, Defect> {
    let (file, size) = open(folder, name)?;
    let unreadable = |why: String| Defect::Unreadable { file: name.to_owned(), why };
    if size > JSON_BYTES {
        return Err(unreadable(format!("it has {size} bytes, at most {JSON_BYTES} are read")));
    }
    let mut bytes = Vec::new();
    file.take(JSON_BYTES).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    Ok(bytes)
}

/// Holds a file against its entry and shows every line of it, from 1, with its line feed.
pub(super) fn check(
    folder: &Path,
    name: &str,
    entry: &FileEntry,
    mut line: impl FnMut(u64, &[u8]),
) -> Result<(), Defect> {
    let (file, bytes) = open(folder, name)?;
    if bytes != entry.bytes {
        return Err(Defect::Size { file: name.to_owned(), stated: entry.bytes, found: bytes });
    }
    let unreadable = |error: io::Error| Defect::Unreadable { file: name.to_owned(), why: error.to_string() };
    let mut reader = BufReader::new(file.take(bytes));
    let mut hash = Sha256::new();
    let mut found = FileEntry { sha256: String::new(), bytes: 0, lines: 0 };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let read = reader.by_ref().take(ROW_BYTES).read_until(b'\n', &mut buffer).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer);
        found.bytes += read as u64;
        line(found.lines + 1, &buffer);
        found.lines += u64::from(buffer.ends_with(b"\n"));
    }
    found.sha256 = hex(&hash.finalize());
    differences(name, entry, &found).map_or(Ok(()), Err)
}
