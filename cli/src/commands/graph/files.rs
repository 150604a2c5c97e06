//! Files that a graph is read from.

use std::path::{Path, PathBuf};

use hafs_graph::build::{Input, Reading};
use hafs_graph::import::{Format, MAX_BYTES};
use hafs_proto::ContentHash;

use crate::exit::Exit;
use crate::failure::Failure;

/// Files of one build.
const MOST_FILES: usize = 200_000;
/// Folders inside each other.
const MOST_DEPTH: usize = 64;
/// Bytes of all files of one build.
const MOST_BYTES: u64 = 2 << 30;

/// The dialect of a word.
pub(super) fn dialect(word: &str) -> Option<hafs_graph::build::Dialect> {
    use hafs_graph::build::Dialect;
    [Dialect::Asar, Dialect::Ca65, Dialect::Wla].into_iter().find(|dialect| dialect.word() == word)
}

/// The kind of table of a word.
pub(super) fn format(word: &str) -> Option<Format> {
    [Format::Symbols, Format::Routines, Format::Knowledge].into_iter().find(|format| format.word() == word)
}

/// What was found below a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files that are read, by path.
    pub inputs: Vec<Input>,
    /// Files that are read by their name but hold no text of UTF-8.
    pub undecoded: u64,
}

/// The files below a folder that a graph can be read from. Hidden folders and links are left alone.
///
/// # Errors
/// [`Failure`] when something cannot be read or there is too much of it.
pub(super) fn below(root: &Path, dialect: Option<hafs_graph::build::Dialect>) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut paths = Vec::new();
    walk(root, &mut paths)?;
    paths.sort();
    let mut bytes = 0_u64;
    for path in paths {
        let name = relative(root, &path);
        let Some(reading) = Reading::of_path(&name) else { continue };
        let reading = match reading {
            Reading::Assembly(None) => Reading::Assembly(dialect),
            Reading::Assembly(Some(_)) | Reading::Code(_) | Reading::Document | Reading::Table(_) => reading,
        };
        match input(&path, name, reading)? {
            Some(input) => {
                bytes += u64::try_from(input.text.len()).unwrap_or(u64::MAX);
                if bytes > MOST_BYTES {
                    return Err(too_much(root, "2 GiB of text"));
                }
                found.inputs.push(input);
            }
            None => found.undecoded += 1,
        }
    }
    Ok(found)
}

/// One file; none when it is no text of UTF-8 or too large.
///
/// # Errors
/// [`Failure`] when it cannot be read.
pub(super) fn input(path: &Path, name: String, reading: Reading) -> Result<Option<Input>, Failure> {
    let unreadable = |error: std::io::Error| {
        let message = format!("cannot read {}: {error}", path.display());
        Failure::new(Exit::Usage, message).remedy("check the path and its permissions")
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if usize::try_from(length).map_or(true, |length| length > MAX_BYTES) {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let hash = ContentHash::of(&bytes);
    Ok(String::from_utf8(bytes).ok().map(|text| Input { path: name, text, hash, reading }))
}

fn walk(root: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let mut open = vec![(root.to_owned(), 0_usize)];
    while let Some((folder, depth)) = open.pop() {
        let unreadable = |error: std::io::Error| {
            let message = format!("cannot read the folder {}: {error}", folder.display());
            Failure::new(Exit::Usage, message).remedy("name a folder with code, documents or tables")
        };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if kind.is_dir() && !hidden && depth < MOST_DEPTH {
                open.push((entry.path(), depth + 1));
            } else if kind.is_file() {
                paths.push(entry.path());
            }
            if paths.len() > MOST_FILES {
                return Err(too_much(root, "200,000 files"));
            }
        }
    }
    Ok(())
}

fn too_much(root: &Path, what: &str) -> Failure {
    let message = format!("{} holds more than {what}", root.display());
    Failure::new(Exit::Usage, message).remedy("build the graph from a folder below it")
}

/// The path from the root, with `/`.
fn relative(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<String> = inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join("/")
}
