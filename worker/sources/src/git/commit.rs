//! One commit: its object read, and whether it makes a seed.

use super::change::{Change, Changes};
use super::message::{self, Message};
use crate::files::Globs;
use crate::files::class::is_made;
use crate::files::language;
use crate::skip::Skip;
use crate::text::decode::decode;

/// Files of the largest commit that can be explained in one go.
const FILES: usize = 8;
/// Changed lines of the largest commit that a small model can explain.
const LINES: u32 = 150;

/// A commit object, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit {
    /// How many parents it has.
    pub(crate) parents: usize,
    /// When it was committed, in seconds since the epoch.
    pub(crate) committed: i64,
    /// Its message.
    pub(crate) message: Vec<u8>,
}

impl Commit {
    /// Reads the bytes of a commit object.
    pub(crate) fn parse(object: &[u8]) -> Self {
        let end = object.windows(2).position(|pair| pair == b"\n\n").unwrap_or(object.len());
        let (head, message) = object.split_at(end);
        let head = String::from_utf8_lossy(head);
        let committed = head.lines().find_map(|line| line.strip_prefix("committer ")).and_then(seconds);
        Self {
            parents: head.lines().filter(|line| line.starts_with("parent ")).count(),
            committed: committed.unwrap_or_default(),
            message: message.get(2..).unwrap_or_default().to_vec(),
        }
    }

    /// The message, if the commit is one to learn from.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) fn informative(&self) -> Result<Message, Skip> {
        if self.parents > 1 {
            return Err(Skip::Merge);
        }
        message::judge(&decode(&self.message)?)
    }
}

/// The seconds of `NAME <MAIL> SECONDS ZONE`.
fn seconds(line: &str) -> Option<i64> {
    line.rsplit(' ').nth(1)?.parse().ok()
}

/// The files of a commit that its seed shows, the most changed first.
///
/// # Errors
/// Why there is no seed: nothing but generated, binary or excluded files, or too much of the rest.
pub(crate) fn select<'c>(changes: &'c Changes, globs: &Globs) -> Result<Vec<&'c Change>, Skip> {
    if changes.more {
        return Err(Skip::ManyFiles);
    }
    let mut shown = Vec::new();
    let mut reason = Skip::NoTextChange;
    for change in &changes.files {
        let path = String::from_utf8_lossy(&change.path);
        match (change.mode.as_str(), change.lines) {
            _ if !globs.admit(&path) => {}
            _ if is_made(&path) => reason = Skip::Generated,
            ("120000" | "160000", _) | (_, Some((0, 0))) => {}
            (_, None) => reason = Skip::Binary,
            (_, Some(_)) => shown.push(change),
        }
    }
    if shown.is_empty() {
        return Err(reason);
    }
    if shown.len() > FILES {
        return Err(Skip::ManyFiles);
    }
    if shown.iter().map(|change| weight(change)).fold(0, u32::saturating_add) > LINES {
        return Err(Skip::LargeDiff);
    }
    shown.sort_by_key(|change| (std::cmp::Reverse(weight(change)), &change.path));
    Ok(shown)
}

fn weight(change: &Change) -> u32 {
    change.lines.map_or(0, |(added, removed)| added.saturating_add(removed))
}

/// The language of a file of a commit; `text` when the table does not have it.
pub(crate) fn language_of(path: &str) -> &'static str {
    language::of(path).unwrap_or("text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{SourceKind, SourceSettings};

    fn globs(exclude: &[&str]) -> Globs {
        let name = "code".parse().expect("a name");
        let mut settings = SourceSettings::new(name, SourceKind::Git { path: ".".into() });
        settings.exclude = exclude.iter().map(ToString::to_string).collect();
        Globs::new(&settings).expect("they parse")
    }

    fn change(path: &str, lines: Option<(u32, u32)>) -> Change {
        let mode = if path.ends_with("link") { "120000" } else { "100644" }.to_owned();
        Change { mode, before: None, old_path: None, path: path.into(), lines }
    }

    fn selected(files: Vec<Change>, exclude: &[&str]) -> Result<Vec<String>, Skip> {
        let changes = Changes { files, more: false };
        let shown = select(&changes, &globs(exclude))?;
        Ok(shown.iter().map(|change| String::from_utf8_lossy(&change.path).into_owned()).collect())
    }

    #[test]
    fn lock_binary_linked_and_excluded_files_are_left_out_of_a_commit() {
        let files = vec![
            change("Cargo.lock", Some((900, 900))),
            change("a.png", None),
            change("link", Some((1, 0))),
            change("secret/a.rs", Some((1, 1))),
            change("src/a.rs", Some((1, 1))),
            change("src/b.rs", Some((3, 1))),
        ];
        assert_eq!(selected(files, &["secret/"]), Ok(vec!["src/b.rs".into(), "src/a.rs".into()]));
    }

    #[test]
    fn a_commit_without_a_text_to_show_says_why() {
        for (files, skip) in [
            (vec![change("a.png", None)], Skip::Binary),
            (vec![change("Cargo.lock", Some((1, 1)))], Skip::Generated),
            (vec![change("moved.rs", Some((0, 0)))], Skip::NoTextChange),
            (vec![change("a.rs", Some((151, 0)))], Skip::LargeDiff),
            ((0..9).map(|n| change(&format!("{n}.rs"), Some((1, 0)))).collect(), Skip::ManyFiles),
        ] {
            assert_eq!(selected(files, &[]), Err(skip));
        }
    }

    #[test]
    fn a_commit_object_is_taken_apart() {
        let object = b"tree x\nparent a\nparent b\nauthor A <a> 1 +0000\ncommitter B C <b> 77 -0100\n\nHello\n\nWorld\n";
        let commit = Commit::parse(object);
        assert_eq!(
            (commit.parents, commit.committed, commit.message.as_slice()),
            (2, 77, &b"Hello\n\nWorld\n"[..])
        );
        assert_eq!(commit.informative(), Err(Skip::Merge));
        assert_eq!(Commit::parse(b"garbage").message, b"");
    }
}
