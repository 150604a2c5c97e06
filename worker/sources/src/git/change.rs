//! What commits changed, file by file, from `diff-tree --raw --numstat -z`.

use std::collections::BTreeMap;

use super::process::{Git, Running};
use crate::cursor::is_object_id;
use crate::error::HarvestError;
use crate::strand::Watch;

/// Files of one commit that are remembered; with more it is too large for a seed whatever they are.
const FILES: usize = 300;
const TOKEN_BYTES: usize = 4096;
/// Options of every diff: plumbing, renames found, nothing of the repository run.
pub(super) const DIFF: &[&str] =
    &["-r", "--root", "-M", "-l200", "--no-ext-diff", "--no-textconv", "--no-color"];

/// One file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The mode after, or before if the file is gone: `100644`, `120000`...
    pub(crate) mode: String,
    /// The blob before, if the file was there.
    pub(crate) before: Option<String>,
    /// The path before a rename.
    pub(crate) old_path: Option<Vec<u8>>,
    /// The path.
    pub(crate) path: Vec<u8>,
    /// Lines added and removed; absent for binary files.
    pub(crate) lines: Option<(u32, u32)>,
}

/// The files of one commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    /// The first files.
    pub(crate) files: Vec<Change>,
    /// Whether there are more.
    pub(crate) more: bool,
}

/// The changes of each of `commits`. One that git cannot diff, as in a partial clone, is left out.
pub(crate) fn changes(
    git: &Git,
    watch: Watch<'_>,
    commits: &[&str],
) -> Result<BTreeMap<String, Changes>, HarvestError> {
    match read(git, watch, commits) {
        Err(HarvestError::Git { .. }) if commits.len() > 1 => {
            // One commit spoils the batch: each is asked for by itself.
            let mut all = BTreeMap::new();
            for commit in commits {
                all.append(&mut changes(git, watch, &[*commit])?);
            }
            Ok(all)
        }
        Err(HarvestError::Git { .. }) => Ok(BTreeMap::new()),
        other => other,
    }
}

fn read(git: &Git, watch: Watch<'_>, commits: &[&str]) -> Result<BTreeMap<String, Changes>, HarvestError> {
    let arguments: Vec<&str> = DIFF
        .iter()
        .copied()
        .chain(["--stdin", "--always", "-z", "--raw", "--numstat", "--no-abbrev"])
        .collect();
    let mut running = git.run(watch, "diff-tree", &arguments)?;
    for commit in commits {
        running.ask(commit)?;
    }
    running.close_input();
    let mut all = BTreeMap::new();
    let mut current: Option<(String, Reader)> = None;
    while let Some(token) = running.token(0, TOKEN_BYTES)? {
        match std::str::from_utf8(&token) {
            Ok(id) if is_object_id(id) => {
                all.extend(current.replace((id.to_owned(), Reader::default())).map(Reader::close));
            }
            _ => {
                if let Some((_, reader)) = &mut current {
                    reader.take(&token, &mut running)?;
                }
            }
        }
    }
    all.extend(current.map(Reader::close));
    running.finish()?;
    Ok(all)
}

/// The records of one commit, as they come.
#[derive(Default)]
struct Reader {
    changes: Changes,
    by_path: BTreeMap<Vec<u8>, usize>,
}

impl Reader {
    fn close((commit, reader): (String, Self)) -> (String, Changes) {
        (commit, reader.changes)
    }

    /// Reads a record that begins with `head`; its paths follow.
    fn take(&mut self, head: &[u8], running: &mut Running<'_>) -> Result<(), HarvestError> {
        match head.strip_prefix(b":") {
            Some(raw) => self.raw(&String::from_utf8_lossy(raw), running),
            None => self.count(head, running),
        }
    }

    /// `MODE MODE ID ID STATUS`, then one path, or two for renames and copies.
    fn raw(&mut self, head: &str, running: &mut Running<'_>) -> Result<(), HarvestError> {
        let words: Vec<&str> = head.split(' ').collect();
        let &[old_mode, new_mode, old_id, _, status] = words.as_slice() else { return Ok(()) };
        let first = path(running)?;
        let moved = status.starts_with(['R', 'C']);
        let (old_path, path) = if moved { (Some(first), path(running)?) } else { (None, first) };
        if self.changes.files.len() >= FILES {
            self.changes.more = true;
            return Ok(());
        }
        let mode = if new_mode == "000000" { old_mode } else { new_mode }.to_owned();
        let before = (!old_id.bytes().all(|b| b == b'0')).then(|| old_id.to_owned());
        self.by_path.insert(path.clone(), self.changes.files.len());
        self.changes.files.push(Change { mode, before, old_path, path, lines: None });
        Ok(())
    }

    /// `ADDED\tREMOVED\tPATH`, or for renames an empty path and then two.
    fn count(&mut self, head: &[u8], running: &mut Running<'_>) -> Result<(), HarvestError> {
        let parts: Vec<&[u8]> = head.splitn(3, |byte| *byte == b'\t').collect();
        let &[added, removed, name] = parts.as_slice() else { return Ok(()) };
        let path = if name.is_empty() {
            path(running)?;
            path(running)?
        } else {
            name.to_vec()
        };
        if let (Some(&index), Some(added), Some(removed)) =
            (self.by_path.get(&path), number(added), number(removed))
        {
            self.changes.files[index].lines = Some((added, removed));
        }
        Ok(())
    }
}

fn path(running: &mut Running<'_>) -> Result<Vec<u8>, HarvestError> {
    Ok(running.token(0, TOKEN_BYTES)?.unwrap_or_default())
}

/// A count of lines; binary files have `-`.
fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
