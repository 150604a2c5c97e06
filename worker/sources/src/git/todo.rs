//! TODO, FIXME, HACK and XXX comments, with the code around them and their age.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hafs_proto::{SeedKind, Timestamp};
use regex::Regex;

use super::blame::{Origin, origins};
use super::process::Git;
use super::repository::Snapshot;
use crate::draft::{Find, Place};
use crate::error::HarvestError;
use crate::files::class::{Class, classify, is_signed_by_generator};
use crate::files::language;
use crate::files::strand::{Splitter, TextFile, Wanted};
use crate::skip::Skip;
use crate::strand::Watch;
use crate::text::comments::{self, Comment};
use crate::text::decode::is_minified;
use crate::text::prose::words;

/// Words that a marker needs after it.
const WORDS: usize = 3;
/// Lines shown before and after the marker.
const BEFORE: usize = 8;
const AFTER: usize = 16;
/// Lines of one comment that are read on after the marker's line.
const CONTINUED: usize = 5;
/// Markers of one file that are looked at.
const MARKERS: usize = 50;
const SECONDS_OF_DAY: i64 = 86_400;

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a literal pattern, compiled by every test of this file.
    Regex::new(r"\b(TODO|FIXME|HACK|XXX)\b(?:\([^)]{0,64}\))?[\s:!.-]*(.*)").expect("a pattern that parses")
});

/// A name in brackets behind a marker: it says who, which no seed tells.
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a literal pattern, compiled by every test of this file.
    Regex::new(r"\b(TODO|FIXME|HACK|XXX)\([^)\n]{0,64}\)").expect("a pattern that parses")
});

/// Takes code in languages whose comments the miners read.
pub(crate) struct TodoSplitter<'a> {
    /// The repository.
    pub(crate) git: &'a Git,
    /// The commit that is read; ages are counted back from it.
    pub(crate) snapshot: &'a Snapshot,
    /// Who asked.
    pub(crate) watch: Watch<'a>,
}

impl Splitter for TodoSplitter<'_> {
    fn name(&self) -> &'static str {
        "todos"
    }

    fn wants(&self, path: &str) -> Wanted {
        match classify(path) {
            Class::Code(_) | Class::OtherCode => Wanted::Yes,
            Class::Prose(_) | Class::Junk(_) => Wanted::No,
        }
    }

    fn counts_files(&self) -> bool {
        false
    }

    fn refuses(&self, text: &str) -> Option<Skip> {
        (is_signed_by_generator(text) || is_minified(text)).then_some(Skip::Generated)
    }

    fn split(&self, file: &TextFile<'_>) -> Result<Vec<Result<Find, Skip>>, HarvestError> {
        let markers = markers(file.path, file.text);
        let lines: Vec<u32> = markers.iter().flatten().map(|marker| marker.line).collect();
        if lines.is_empty() {
            return Ok(markers.into_iter().map(|marker| marker.and(Err(Skip::TodoWithoutText))).collect());
        }
        let ages = origins(self.git, self.snapshot, self.watch, file.path, &lines)?;
        let find = |marker: Marker| find(file, &marker, ages.get(&marker.line), self.snapshot.committed);
        Ok(markers.into_iter().map(|marker| marker.map(find)).collect())
    }
}

/// One marker in a comment.
#[derive(Debug, PartialEq, Eq)]
struct Marker {
    line: u32,
    word: String,
    /// What is to be done.
    comment: String,
}

/// The markers of a text in the order of its lines.
fn markers(path: &str, text: &str) -> Vec<Result<Marker, Skip>> {
    if !MARKER.is_match(text) {
        return Vec::new();
    }
    let comments = comments::comments(language::comments(path), text);
    let marked = comments.iter().enumerate().filter_map(|(index, comment)| {
        let found = MARKER.captures(comment.text)?;
        let rest = continued(&comments[index..]);
        let comment_text =
            [found[2].trim()].into_iter().chain(rest).collect::<Vec<_>>().join(" ").trim().to_owned();
        let marker = Marker { line: comment.line, word: found[1].to_owned(), comment: comment_text };
        Some(if words(&marker.comment) >= WORDS { Ok(marker) } else { Err(Skip::TodoWithoutText) })
    });
    marked.take(MARKERS).collect()
}

/// The comment lines that follow the first without a gap, as far as they belong to the same sentence.
fn continued<'t>(comments: &[Comment<'t>]) -> Vec<&'t str> {
    let follows = comments.windows(2).take(CONTINUED).take_while(|pair| {
        let text = pair[1].text.trim();
        pair[1].alone && pair[1].line == pair[0].line + 1 && !text.is_empty() && !MARKER.is_match(text)
    });
    follows.map(|pair| pair[1].text.trim()).collect()
}

fn find(file: &TextFile<'_>, marker: &Marker, origin: Option<&Origin>, now: i64) -> Find {
    let lines: Vec<&str> = file.text.lines().collect();
    let at = usize::try_from(marker.line).unwrap_or(usize::MAX).saturating_sub(1).min(lines.len());
    let around = &lines[at.saturating_sub(BEFORE)..at.saturating_add(AFTER).min(lines.len())];
    let mut context = BTreeMap::from([
        ("path", file.path.to_owned()),
        ("marker", marker.word.clone()),
        ("comment", marker.comment.clone()),
    ]);
    if let Some(origin) = origin {
        let days = (now.saturating_sub(origin.written) / SECONDS_OF_DAY).max(0);
        context.insert(if origin.or_older { "age_days_at_least" } else { "age_days" }, days.to_string());
        context.insert("introduced_in", origin.commit.clone());
        let written = Timestamp::from_millis(origin.written.saturating_mul(1_000));
        context.extend(written.ok().map(|time| ("introduced_at", time.to_string())));
    }
    Find {
        kind: SeedKind::Todo,
        language: language::of(file.path).unwrap_or("text"),
        title: format!("{}: {}", marker.word, marker.comment),
        text: ASSIGNED.replace_all(around.join("\n").trim_matches('\n'), "$1").into_owned(),
        context,
        place: Place { lines: Some((marker.line, marker.line)), ..file.place.clone() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The markers are put together here so that this file has none itself.
    fn marked(text: &str) -> String {
        text.replace("T_DO", concat!("TO", "DO")).replace("F_ME", concat!("FIX", "ME"))
    }

    #[test]
    fn a_marker_counts_only_in_a_comment_and_with_words() {
        let text = marked(
            "let a = \"T_DO: not this one at all\";\n// T_DO(someone): handle the empty list\n// as well\nlet b; // F_ME\n",
        );
        let found = markers("a.rs", &text);
        let comment = "handle the empty list as well".to_owned();
        let first = Marker { line: 2, word: marked("T_DO"), comment };
        assert_eq!(found, [Ok(first), Err(Skip::TodoWithoutText)]);
    }

    #[test]
    fn the_name_behind_a_marker_is_not_told() {
        let text = marked("# T_DO(alice): retry when the server is busy\nrun()\n");
        let file = TextFile { path: "a.py", text: &text, place: Place::default() };
        let marker = markers("a.py", &text).remove(0).expect("a marker");
        let find = find(&file, &marker, None, 0);
        assert!(!find.text.contains("alice") && !find.title.contains("alice"), "{find:?}");
        assert!(find.text.contains(&marked("# T_DO: retry")), "{}", find.text);
    }
}
