//! Where an answer has its place: the unit of its name in the file of a source that it comes from.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use hafs_proto::SourceName;

/// The folders of the sources that a validator may read.
#[derive(Debug, Default)]
pub(crate) struct Folders(BTreeMap<SourceName, PathBuf>);

impl Folders {
    /// Opens them.
    ///
    /// # Errors
    /// Which of them is not there.
    pub(crate) fn open(sources: &[(SourceName, PathBuf)]) -> Result<Self, String> {
        let opened = sources.iter().map(|(name, path)| {
            let unreadable = |error| format!("the folder of source `{name}`, {}: {error}", path.display());
            Ok((name.clone(), path.canonicalize().map_err(unreadable)?))
        });
        opened.collect::<Result<_, String>>().map(Self)
    }

    /// The folder of a source, without links of the file system in its path.
    pub(crate) fn of(&self, source: &SourceName) -> Option<&Path> {
        self.0.get(source).map(PathBuf::as_path)
    }
}

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

/// A path without its `.` and `..`; nothing where it leaves the folder.
pub(crate) fn within(path: &Path) -> Option<PathBuf> {
    let mut place = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => place.push(name),
            Component::ParentDir if !place.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(place)
}
