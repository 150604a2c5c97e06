//! Where an answer has its place: the unit of its name in the file of a source that it comes from.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

/// A unit of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its name.
    pub name: String,
    /// First and last line, from 1.
    pub lines: (u32, u32),
    /// Its bytes.
    pub range: Range<usize>,
}

/// The place of the unit of this name: the one at exactly these lines (a class is called like its constructors), or else the
/// one that overlaps them, or else the only one.
pub(crate) fn room(found: &[Known], lines: Option<(u32, u32)>, name: &str) -> Option<Range<usize>> {
    let same: Vec<&Known> = found.iter().filter(|known| known.name == name).collect();
    let exact = |known: &Known| Some(known.lines) == lines;
    let overlaps =
        |known: &Known| lines.is_some_and(|(first, last)| known.lines.0 <= last && first <= known.lines.1);
    let only = |fits: &dyn Fn(&Known) -> bool| {
        let mut fitting = same.iter().filter(|known| fits(known));
        fitting.next().filter(|_| fitting.next().is_none())
    };
    let known = if same.iter().any(|known| overlaps(known)) {
        only(&exact).or_else(|| only(&overlaps))
    } else {
        only(&|_| true)
    };
    known.map(|known| known.range.clone())
}

/// A path below a folder that is a file there, and nothing elsewhere by way of `..` or a link.
pub(crate) fn inside(folder: &Path, path: &Path) -> Option<PathBuf> {
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
    let path = folder.join(path).canonicalize().ok().filter(|path| is_below && path.starts_with(folder))?;
    path.is_file().then_some(path)
}
