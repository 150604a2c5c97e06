//! The commits of a repository, from HEAD backwards.

use std::collections::BTreeMap;

use hafs_proto::{SeedKind, limits};

use super::before::before;
use super::change::{Change, Changes, changes};
use super::commit::{Commit, language_of, select};
use super::message::Message;
use super::patch::patch;
use super::process::Git;
use super::repository::Snapshot;
use super::tree::CommitTree;
use crate::cursor::{Mark, is_object_id};
use crate::draft::{Find, Place, draft};
use crate::error::HarvestError;
use crate::files::Globs;
use crate::files::tree::Tree;
use crate::page::Batch;
use crate::settings::SourceSettings;
use crate::skip::Skip;
use crate::strand::{Strand, Watch};
use crate::text::decode::decode;

/// Commits that one page looks at, so that it ends in bounded time where few are good.
const LOOKED_AT: u64 = 1_000;
/// Commits whose changes are asked for together.
const TOGETHER: usize = 32;
/// Bytes of the largest commit object that is read.
const COMMIT_BYTES: u64 = 64 * 1024;
const OBJECT_ID_BYTES: usize = 64;

/// The strand of commits. Its marks are the number of commits that are done.
pub(crate) struct CommitStrand<'a, 't> {
    /// The repository.
    pub(crate) git: &'a Git,
    /// The commit to begin at.
    pub(crate) snapshot: &'a Snapshot,
    /// For objects and licences.
    pub(crate) tree: &'a CommitTree<'t>,
    /// Which files count.
    pub(crate) globs: &'a Globs,
    /// The source.
    pub(crate) settings: &'a SourceSettings,
    /// Who asked.
    pub(crate) watch: Watch<'a>,
}

impl Strand for CommitStrand<'_, '_> {
    fn name(&self) -> &'static str {
        "commits"
    }

    fn advance(&self, from: &Mark, batch: &mut Batch) -> Result<Mark, HarvestError> {
        let mut done = self.position(from)?;
        let count = LOOKED_AT.min(self.settings.max_commits.saturating_sub(done));
        let commits = self.list(done, count)?;
        let all = u64::try_from(commits.len()).is_ok_and(|len| len < LOOKED_AT);
        for together in commits.chunks(TOGETHER) {
            for (commit, judged) in self.judge(together)? {
                if batch.is_full() {
                    return Ok(Mark::At { key: done.to_string(), part: 0 });
                }
                self.watch.check()?;
                let found = match judged {
                    Ok((message, changes)) => self.find(&commit, &message, &changes)?,
                    Err(skip) => Err(skip),
                };
                batch.add(found.and_then(|find| draft(self.settings, find)));
                done += 1;
            }
        }
        Ok(if all { Mark::End } else { Mark::At { key: done.to_string(), part: 0 } })
    }
}

/// A commit, and what is needed to make a seed of it or why none is made.
type Judged = (String, Result<(Message, Changes), Skip>);

impl CommitStrand<'_, '_> {
    fn position(&self, from: &Mark) -> Result<u64, HarvestError> {
        let bad = |_| self.watch.bad_cursor("it has a number of commits that is no number");
        from.key().map_or(Ok(0), |key| key.parse().map_err(bad))
    }

    fn list(&self, done: u64, count: u64) -> Result<Vec<String>, HarvestError> {
        let arguments =
            [format!("--skip={done}"), format!("--max-count={count}"), self.snapshot.revision.clone()];
        let mut running = self.git.run(self.watch, "rev-list", &arguments)?;
        let mut commits = Vec::new();
        while let Some(line) = running.token(b'\n', OBJECT_ID_BYTES)? {
            commits.push(String::from_utf8_lossy(&line).into_owned());
        }
        running.finish()?;
        commits.retain(|commit| is_object_id(commit));
        Ok(commits)
    }

    /// Looks at messages first, and asks for the changes of those that say something.
    fn judge(&self, commits: &[String]) -> Result<Vec<Judged>, HarvestError> {
        let mut messages = Vec::new();
        for commit in commits {
            self.watch.check()?;
            messages.push(self.message(commit)?);
        }
        let worthy = commits.iter().zip(&messages).filter(|(_, message)| message.is_ok());
        let worthy: Vec<&str> = worthy.map(|(commit, _)| commit.as_str()).collect();
        let mut changes =
            if worthy.is_empty() { BTreeMap::new() } else { changes(self.git, self.watch, &worthy)? };
        let mut with_changes = |commit: &String, message: Result<Message, Skip>| {
            let message = message?;
            Ok((message, changes.remove(commit).ok_or(Skip::Unreadable)?))
        };
        Ok(commits.iter().zip(messages).map(|(c, message)| (c.clone(), with_changes(c, message))).collect())
    }

    fn message(&self, commit: &str) -> Result<Result<Message, Skip>, HarvestError> {
        if self.snapshot.shallow.contains(commit) {
            return Ok(Err(Skip::ShallowBoundary));
        }
        let object = self.tree.object(commit, COMMIT_BYTES)?;
        Ok(object.and_then(|object| Commit::parse(&object).informative()))
    }

    fn find(
        &self,
        commit: &str,
        message: &Message,
        changes: &Changes,
    ) -> Result<Result<Find, Skip>, HarvestError> {
        let shown = match select(changes, self.globs) {
            Ok(shown) => shown,
            Err(skip) => return Ok(Err(skip)),
        };
        let max = self.settings.max_diff_bytes.min(limits::SEED_TEXT_BYTES);
        let diff = match patch(self.git, self.watch, commit, &shown, max)? {
            Ok(diff) => diff,
            Err(skip) => return Ok(Err(skip)),
        };
        let old = self.old_part(&shown, &diff)?;
        let path = shown
            .first()
            .map(|change| String::from_utf8_lossy(&change.path).into_owned())
            .unwrap_or_default();
        Ok(Ok(Find {
            kind: SeedKind::Commit,
            language: language_of(&path),
            title: message.subject.clone(),
            text: diff,
            context: context(message, &shown, old),
            place: Place {
                license: self.tree.license(&path),
                revision: Some(commit.to_owned()),
                lines: None,
                path,
            },
        }))
    }

    /// What the change starts from, where it is about one file.
    fn old_part(&self, shown: &[&Change], diff: &str) -> Result<Option<String>, HarvestError> {
        let [Change { before: Some(id), .. }] = shown else { return Ok(None) };
        let old = self.tree.object(id, self.settings.max_file_bytes)?;
        Ok(old.and_then(|bytes| decode(&bytes)).ok().and_then(|old| before(&old, diff)))
    }
}

fn context(message: &Message, shown: &[&Change], old: Option<String>) -> BTreeMap<&'static str, String> {
    let files: Vec<_> = shown.iter().map(|change| String::from_utf8_lossy(&change.path)).collect();
    let mut context = BTreeMap::from([
        ("message", message.whole()),
        ("subject", message.subject.clone()),
        ("files", files.join("\n")),
    ]);
    if !message.body.is_empty() {
        context.insert("body", message.body.clone());
    }
    context.extend(old.map(|old| ("before", old)));
    context
}
