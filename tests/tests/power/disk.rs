//! A disk that keeps what was synced and nothing else for sure: what it holds after a power cut at any moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::trace::{Call, What};

/// The smallest part of a write that a disk writes whole.
const SECTOR: usize = 512;

/// What becomes of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsynced {
    /// All of it is gone.
    Lost,
    /// All of it is there: the cut came late.
    Kept,
    /// Any part of it is there: writes in any order, torn between sectors; names up to some moment.
    Torn(u64),
}

/// Whether syncs are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honesty {
    Honest,
    /// A disk that says that it has synced and has not.
    Liar,
}

#[derive(Debug, Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Debug, Clone, Default)]
struct File {
    synced: Vec<u8>,
    /// Changes since, with the line where each was done.
    since: Vec<(usize, Change)>,
    length: usize,
    cursor: usize,
    append: bool,
}

#[derive(Debug, Clone)]
enum Naming {
    Is(PathBuf, usize),
    IsNot(PathBuf),
}

/// The files below one folder.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// Folders that were there from the beginning.
    folders: Vec<PathBuf>,
    files: Vec<File>,
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
    namings: Vec<(usize, Naming)>,
}

impl Disk {
    /// All that is below a folder, synced long ago; nothing if there is none.
    pub fn of(folder: &Path) -> Self {
        let mut disk = Self::default();
        disk.take_in(folder);
        disk
    }

    /// The files, by their names below `folder`.
    pub fn names<'d>(&'d self, folder: &'d Path) -> impl Iterator<Item = PathBuf> + 'd {
        self.names.keys().map(move |path| path.strip_prefix(folder).unwrap_or(path).to_owned())
    }

    /// What is synced of a file.
    pub fn bytes(&self, path: &Path) -> Option<&[u8]> {
        Some(&self.files.get(*self.synced_names.get(path)?)?.synced)
    }

    fn take_in(&mut self, folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        self.folders.push(folder.to_owned());
        for path in entries.map(|entry| entry.expect("is there").path()) {
            if path.is_dir() {
                self.take_in(&path);
            } else if path.is_file() {
                let synced = std::fs::read(&path).expect("is there");
                self.names.insert(path.clone(), self.files.len());
                self.synced_names.insert(path, self.files.len());
                self.files.push(File { length: synced.len(), synced, ..File::default() });
            }
        }
    }

    /// What the disk knows at this line of the trace of what was done to it: what began before it was done, or may have
    /// been; a sync that ended before it holds.
    pub fn after(&self, calls: &[Call], line: usize, honesty: Honesty) -> Self {
        let mut disk = self.clone();
        let mut syncs: Vec<&Call> = Vec::new();
        for call in calls.iter().take_while(|call| call.began < line) {
            disk.finish(&mut syncs, call.began);
            disk.apply(call);
            if honesty == Honesty::Honest && matches!(call.what, What::Sync { .. }) {
                syncs.push(call);
            }
        }
        disk.finish(&mut syncs, line);
        disk
    }

    /// Syncs that ended before `line` hold for everything that was done before they began.
    fn finish(&mut self, syncs: &mut Vec<&Call>, line: usize) {
        let (ended, open): (Vec<&Call>, Vec<&Call>) = syncs.iter().partition(|call| call.ended < line);
        *syncs = open;
        for call in ended {
            if let What::Sync { path } = &call.what {
                self.sync(path, call.began);
            }
        }
    }

    fn apply(&mut self, call: &Call) {
        match &call.what {
            What::Open { path, create, truncate, append } => {
                if *create && !self.names.contains_key(path) {
                    self.files.push(File::default());
                    self.name(call.ended, Naming::Is(path.clone(), self.files.len() - 1));
                }
                self.change(path, |file| {
                    (file.cursor, file.append) = (0, *append);
                    if *truncate && file.length > 0 {
                        file.change(call.ended, Change::Length(0));
                    }
                });
            }
            What::Write { path, at, bytes } => self.change(path, |file| {
                let at = at.and_then(|at| usize::try_from(at).ok());
                let place = at.unwrap_or(if file.append { file.length } else { file.cursor });
                if at.is_none() {
                    file.cursor = place + bytes.len();
                }
                file.change(call.ended, Change::Write { at: place, bytes: bytes.clone() });
            }),
            What::Truncate { path, length } => self.change(path, |file| {
                file.change(call.ended, Change::Length(usize::try_from(*length).unwrap_or(usize::MAX)));
            }),
            What::Reserve { path, length } => self.change(path, |file| {
                let length = usize::try_from(*length).unwrap_or(usize::MAX).max(file.length);
                file.change(call.ended, Change::Length(length));
            }),
            What::Seek { path, to } => {
                self.change(path, |file| file.cursor = usize::try_from(*to).unwrap_or(usize::MAX));
            }
            What::Rename { from, to } => {
                if let Some(file) = self.names.get(from).copied() {
                    self.name(call.ended, Naming::Is(to.clone(), file));
                    self.name(call.ended, Naming::IsNot(from.clone()));
                }
            }
            What::Unlink { path } => self.name(call.ended, Naming::IsNot(path.clone())),
            What::Sync { .. } | What::Acknowledge(_) => {}
        }
    }

    fn change(&mut self, path: &Path, act: impl FnOnce(&mut File)) {
        if let Some(file) = self.names.get(path).and_then(|file| self.files.get_mut(*file)) {
            act(file);
        }
    }

    fn name(&mut self, done: usize, naming: Naming) {
        naming.apply(&mut self.names);
        self.namings.push((done, naming));
    }

    fn sync(&mut self, path: &Path, began: usize) {
        self.change(path, |file| {
            for (done, change) in std::mem::take(&mut file.since) {
                if done < began {
                    change.apply(&mut file.synced);
                } else {
                    file.since.push((done, change));
                }
            }
        });
        for (done, naming) in std::mem::take(&mut self.namings) {
            if done < began && naming.folder() == Some(path) {
                naming.apply(&mut self.synced_names);
            } else {
                self.namings.push((done, naming));
            }
        }
    }

    /// Writes what is left after the cut to another folder.
    pub fn restore(&self, from: &Path, to: &Path, unsynced: Unsynced) -> std::io::Result<()> {
        let moved = |path: &Path| to.join(path.strip_prefix(from).unwrap_or(path));
        for folder in &self.folders {
            std::fs::create_dir_all(moved(folder))?;
        }
        let mut dice = Dice::of(unsynced);
        let mut names = self.synced_names.clone();
        let kept = dice.below(self.namings.len() + 1);
        self.namings.iter().take(kept).for_each(|(_, naming)| naming.apply(&mut names));
        for (path, file) in names.iter().filter_map(|(path, file)| Some((path, self.files.get(*file)?))) {
            let target = moved(path);
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(target, file.after(&mut dice))?;
        }
        Ok(())
    }
}

impl File {
    fn change(&mut self, done: usize, change: Change) {
        self.length = match &change {
            Change::Write { at, bytes } => self.length.max(at + bytes.len()),
            Change::Length(length) => *length,
        };
        self.since.push((done, change));
    }

    fn after(&self, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        for (_, change) in &self.since {
            match change {
                Change::Write { at, bytes: written } => {
                    let mut place = *at;
                    for part in parts(*at, written) {
                        if dice.keeps() {
                            Change::Write { at: place, bytes: part.to_vec() }.apply(&mut bytes);
                        }
                        place += part.len();
                    }
                }
                Change::Length(_) if dice.keeps() => change.apply(&mut bytes),
                Change::Length(_) => {}
            }
        }
        bytes
    }
}

/// A write in the parts that sectors cut it into.
fn parts(at: usize, bytes: &[u8]) -> Vec<&[u8]> {
    let (head, rest) = bytes.split_at((SECTOR - at % SECTOR).min(bytes.len()));
    std::iter::once(head).chain(rest.chunks(SECTOR)).filter(|part| !part.is_empty()).collect()
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[*at..end].copy_from_slice(bytes);
            }
            Self::Length(length) => file.resize(*length, 0),
        }
    }
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Is(path, file) => drop(names.insert(path.clone(), *file)),
            Self::IsNot(path) => drop(names.remove(path)),
        }
    }

    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Is(path, _) | Self::IsNot(path) => path.parent(),
        }
    }
}

/// Decides what survives: always the same for the same number.
#[derive(Debug)]
struct Dice {
    unsynced: Unsynced,
    state: u64,
}

impl Dice {
    const fn of(unsynced: Unsynced) -> Self {
        let state = match unsynced {
            Unsynced::Torn(seed) => seed,
            Unsynced::Lost | Unsynced::Kept => 0,
        };
        Self { unsynced, state }
    }

    /// The next number. Source: Vigna's splitmix64.
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn keeps(&mut self) -> bool {
        match self.unsynced {
            Unsynced::Lost => false,
            Unsynced::Kept => true,
            Unsynced::Torn(_) => self.next().is_multiple_of(2),
        }
    }

    fn below(&mut self, most: usize) -> usize {
        match self.unsynced {
            Unsynced::Lost => 0,
            Unsynced::Kept => most.saturating_sub(1),
            Unsynced::Torn(_) => usize::try_from(self.next() % (most as u64).max(1)).unwrap_or(0),
        }
    }
}
