//! When lines of a file were last changed.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::process::Git;
use super::repository::{Snapshot, resolve};
use crate::cursor::is_object_id;
use crate::error::HarvestError;
use crate::strand::Watch;

/// How far back blame looks, in commits along the first parents. Without an end a file of a long history can
/// take minutes.
const DEPTH: u32 = 2_000;
const LINE_BYTES: usize = 4096;

/// The last change of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The commit.
    pub(crate) commit: String,
    /// When its author wrote it, in seconds since the epoch.
    pub(crate) written: i64,
    /// Whether the line may be older, because the history that is looked at ends there.
    pub(crate) or_older: bool,
}

/// The origins of `lines` (from 1) of a file. Lines that git cannot trace are left out.
pub(crate) fn origins(
    git: &Git,
    snapshot: &Snapshot,
    watch: Watch<'_>,
    path: &str,
    lines: &[u32],
) -> Result<BTreeMap<u32, Origin>, HarvestError> {
    let mut arguments: Vec<OsString> =
        ["--no-textconv", "--root", "--porcelain"].map(OsString::from).to_vec();
    for line in lines {
        arguments.push(format!("-L{line},{line}").into());
    }
    arguments.push((&snapshot.revision).into());
    let horizon = resolve(git, watch, &format!("{}~{DEPTH}", snapshot.revision))?;
    arguments.extend(horizon.iter().map(|horizon| OsString::from(format!("^{horizon}"))));
    arguments.extend([OsString::from("--"), path.into()]);
    match read(git, watch, &arguments) {
        Ok(mut origins) => {
            for origin in origins.values_mut() {
                origin.or_older |= snapshot.shallow.contains(&origin.commit);
            }
            Ok(origins)
        }
        // An age is an extra: a partial clone, or a path that is no text, goes without.
        Err(HarvestError::Git { .. }) => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

fn read(git: &Git, watch: Watch<'_>, arguments: &[OsString]) -> Result<BTreeMap<u32, Origin>, HarvestError> {
    let mut running = git.run(watch, "blame", arguments)?;
    let mut commits: BTreeMap<String, Origin> = BTreeMap::new();
    let mut lines = Vec::new();
    let mut current = String::new();
    while let Some(line) = running.token(b'\n', LINE_BYTES)? {
        let line = String::from_utf8_lossy(&line);
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        if line.starts_with('\t') {
            continue;
        }
        if is_object_id(word) {
            current = word.to_owned();
            lines.extend(
                rest.split(' ').nth(1).and_then(|number| Some((number.parse().ok()?, current.clone()))),
            );
            commits.entry(current.clone()).or_insert_with(|| Origin {
                commit: current.clone(),
                written: 0,
                or_older: false,
            });
        } else if let Some(origin) = commits.get_mut(&current) {
            match word {
                "author-time" => origin.written = rest.parse().unwrap_or_default(),
                "boundary" => origin.or_older = true,
                _ => {}
            }
        }
    }
    running.finish()?;
    Ok(lines.into_iter().filter_map(|(line, commit)| Some((line, commits.get(&commit)?.clone()))).collect())
}
