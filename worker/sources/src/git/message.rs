//! Commit messages: taken apart, people's names taken out, and those that say nothing told from the rest.

use std::sync::LazyLock;

use regex::Regex;

use crate::skip::Skip;
use crate::text::prose::words;

/// Words of a subject that says something.
const WORDS: usize = 3;
/// Words of a body that makes up for a short subject.
const BODY_WORDS: usize = 8;
/// Bytes of a message beyond which it is a document.
const BYTES: usize = 8 * 1024;

/// A message without trailers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The first paragraph on one line.
    pub(crate) subject: String,
    /// The rest; may be empty.
    pub(crate) body: String,
}

impl Message {
    /// Subject and body as one text.
    pub(crate) fn whole(&self) -> String {
        if self.body.is_empty() { self.subject.clone() } else { format!("{}\n\n{}", self.subject, self.body) }
    }
}

static TRAILER: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a literal pattern, compiled by every test of this file.
    Regex::new(r"(?i)^\s*(?:[a-z]+(?:-[a-z]+)*-(?:by|id)|cc|change-id|git-svn-id)\s*:")
        .expect("a pattern that parses")
});

static REVERT: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a literal pattern, compiled by every test of this file.
    Regex::new(r#"(?i)^(?:revert\b\s*[:"]|revert(?:s|ed)?\s+commit|reapply\s+")|^revert "#)
        .expect("a pattern that parses")
});

/// Subjects that say nothing, whole, after a prefix such as `area:` is taken off.
static EMPTY: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        r"(?:fixup|squash|amend)!.*",
        r"merge\b.*",
        r"(?:wip|tmp|temp|test|tests|testing|stuff|misc|minor|debug|checkpoint|snapshot|save|sync|backup)\b.{0,20}",
        r"(?:initial|first)(?: commit| import| version| release)?\.?",
        r"(?:bump|update|upgrade|release|prepare|set|tag)(?: the)?(?: version| to)?(?: to| for| of)?(?: release)? ?v?\d.*",
        r"(?:bump|chore\(deps.*\)|upgrade|update) \S+ from \S+ to \S+.*",
        r"(?:release|version) v?\d.*",
        r"v?\d+(?:\.\d+)+\S*.{0,12}",
        r"(?:add|update|edit|modify|change|fix|delete|create|rename|remove|cleanup|clean up)(?: the)?(?: \S+)?\.?",
        r"(?:fix|fixes|fixed|address|apply)(?: a| the| some| more)? (?:typos?|lints?|tests?|builds?|ci|warnings?|bugs?|comments?|review|formatting|issues?)(?: comments?| feedback)?\.?",
        r"(?:run |apply )?(?:cargo |go |rust)?(?:fmt|format|formatting|clippy|lint|prettier|black)\.?",
        r"update (?:changelog|readme|lock ?file|dependencies|deps|submodules?)\b.{0,20}",
    ];
    // Proof: literal patterns, compiled by every test of this file.
    Regex::new(&format!("(?i)^(?:{})$", patterns.join("|"))).expect("patterns that parse")
});

static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a literal pattern, compiled by every test of this file.
    Regex::new(r"^(?:\[[^\]]{1,40}\]\s*|[A-Za-z0-9_./-]{1,40}(?:\([^)]{0,60}\))?!?:\s+)+")
        .expect("a pattern that parses")
});

/// Takes a message apart.
///
/// # Errors
/// [`Skip::Revert`] for the taking back of another commit, [`Skip::UninformativeMessage`] when it does not say
/// what changed.
pub(crate) fn judge(text: &str) -> Result<Message, Skip> {
    let message = take_apart(text);
    if REVERT.is_match(&message.subject) {
        return Err(Skip::Revert);
    }
    let plain = PREFIX.replace(&message.subject, "");
    let said = words(&plain) >= WORDS || words(&message.body) >= BODY_WORDS;
    if !said || text.len() > BYTES || EMPTY.is_match(plain.trim()) {
        return Err(Skip::UninformativeMessage);
    }
    Ok(message)
}

fn take_apart(text: &str) -> Message {
    let mut lines = text.lines().skip_while(|line| line.trim().is_empty());
    let subject: Vec<_> = lines.by_ref().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let (subject, trailed): (Vec<_>, Vec<_>) = subject.into_iter().partition(|line| !TRAILER.is_match(line));
    drop(trailed);
    let body: Vec<_> = lines.filter(|line| !TRAILER.is_match(line)).map(str::trim_end).collect();
    Message { subject: subject.join(" "), body: body.join("\n").trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_say_nothing_are_told_from_those_that_do() {
        for empty in [
            "wip",
            "fix",
            "Fix typo",
            "WIP: more",
            "update README.md",
            "Bump version to 1.2.3",
            "v1.2.3",
            "1.0.0-rc.1",
            "Initial commit",
            "fixup! queue: reject stale tokens",
            "Merge branch 'main' into x",
            "chore: bump serde from 1 to 2",
            "cargo fmt",
            "fix tests",
            "address review comments",
            "Update foo.rs",
            "",
            "...",
            "release 2.0",
            "ci: fix",
        ] {
            assert_eq!(judge(empty), Err(Skip::UninformativeMessage), "{empty}");
        }
        for full in [
            "queue: reject completions that carry a superseded token",
            "Fix a crash when the list is empty",
            "Add retries to the HTTP client",
            "feat(parser): accept trailing commas in lists",
            "修复队列在重启之后丢失任务的问题",
        ] {
            assert!(judge(full).is_ok(), "{full}");
        }
    }

    #[test]
    fn a_body_makes_up_for_a_short_subject_and_reverts_are_told() {
        assert!(
            judge("Leases\n\nThey end at now plus duration, so that a slow worker cannot bank time.").is_ok()
        );
        assert_eq!(judge("Revert \"queue: reject stale tokens\""), Err(Skip::Revert));
    }

    #[test]
    fn trailers_with_names_are_taken_out() {
        let trailer = concat!("Signed-off", "-by: A B <a", "@b.example>");
        let text = format!(
            "area: say what is true now\n\nBecause of this.\n\n{trailer}\nCo-authored-by: C\nChange-Id: I1\n"
        );
        let message = judge(&text).expect("informative");
        assert_eq!(message.whole(), "area: say what is true now\n\nBecause of this.");
    }
}
