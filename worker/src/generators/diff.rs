//! Unified diffs: what was there before, and the largest whole part that fits.

use super::plan::Ask;

/// The diff with the words of whoever made it.
pub(super) fn with_message(ask: &Ask<'_>, diff: &str) -> String {
    let message = match ask.context("message").trim() {
        "" => ask.seed.draft.title.as_str(),
        message => message,
    };
    format!("Message: {message}\nFile: {}\n\n{diff}", ask.path())
}

/// Whether a line is added or removed.
pub(super) fn changes_something(diff: &str) -> bool {
    lines(diff).any(|(place, line)| place == Place::Hunk && line.starts_with(['+', '-']))
}

/// The code before the change: context and removed lines of each hunk, under the hunk's line number.
pub(super) fn before(diff: &str) -> String {
    let mut text = String::new();
    for (place, line) in lines(diff) {
        match place {
            Place::Header => {}
            Place::HunkStart => {
                if let Some(line) = first_line(line) {
                    text.push_str(&format!("@@ from line {line} @@\n"));
                }
            }
            Place::Hunk => {
                if let Some(old) = line.strip_prefix([' ', '-']) {
                    text.push_str(old);
                    text.push('\n');
                } else if line.is_empty() {
                    // Some tools strip the space of an empty context line.
                    text.push('\n');
                }
            }
        }
    }
    text
}

/// The longest beginning of a diff that ends with a whole file or hunk and is at most `max_bytes` long; `None` when
/// not even one hunk fits.
pub(super) fn fit(diff: &str, max_bytes: usize) -> Option<&str> {
    if diff.len() <= max_bytes {
        return Some(diff);
    }
    let mut at = 0;
    let mut best = 0;
    let mut hunks = 0;
    for (place, line) in diff.split_inclusive('\n').zip(lines(diff)).map(|(raw, (place, _))| (place, raw)) {
        let starts = place == Place::HunkStart || (place == Place::Header && line.starts_with("diff "));
        if starts && hunks > 0 && at <= max_bytes {
            best = at;
        }
        hunks += usize::from(place == Place::HunkStart);
        at += line.len();
    }
    (best > 0).then(|| &diff[..best])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    HunkStart,
    Hunk,
}

/// The lines of a diff and what they are.
fn lines(diff: &str) -> impl Iterator<Item = (Place, &str)> {
    let mut inside = false;
    diff.lines().map(move |line| {
        let place = if line.starts_with("@@ ") {
            inside = true;
            Place::HunkStart
        } else if inside && !line.starts_with("diff ") {
            Place::Hunk
        } else {
            inside = false;
            Place::Header
        };
        (place, line)
    })
}

/// The first old line of `@@ -12,3 +12,4 @@`; `None` for a new file, which has no lines before.
fn first_line(header: &str) -> Option<u64> {
    let range = header.strip_prefix("@@ -")?;
    let number = range.split([',', ' ']).next()?.parse().ok()?;
    (number > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIFF: &str = "diff --git a/x.rs b/x.rs\n--- a/x.rs\n+++ b/x.rs\n@@ -3,3 +3,3 @@ fn f\n a\n-b\n+B\n c\n@@ -20,2 +20,3 @@\n d\n+e\n f\n";

    #[test]
    fn the_code_before_holds_context_and_removed_lines_only() {
        assert_eq!(before(DIFF), "@@ from line 3 @@\na\nb\nc\n@@ from line 20 @@\nd\nf\n");
        assert_eq!(before("@@ -0,0 +1,2 @@\n+new\n+file\n"), "");
    }

    #[test]
    fn a_diff_is_cut_between_hunks_or_not_at_all() {
        let first = fit(DIFF, DIFF.len() - 1).expect("the first hunk");
        assert!(first.ends_with(" c\n") && first.starts_with("diff "));
        assert_eq!(fit(DIFF, 60), None);
        assert_eq!(fit(DIFF, DIFF.len()), Some(DIFF));
        assert!(changes_something(DIFF) && !changes_something("@@ -1 +1 @@\n a\n"));
    }

    proptest! {
        #[test]
        fn what_fits_is_a_beginning_within_the_limit(diff in "((diff x|@@ -1 .1 @@| a|-b|[+]c)\n){0,20}", max in 0_usize..100) {
            if let Some(part) = fit(&diff, max) {
                prop_assert!(part.len() <= max && diff.starts_with(part));
            }
        }
    }
}
