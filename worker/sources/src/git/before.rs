//! The part of a file that a change is about, as it was before: what someone who is to make the change gets.

/// Bytes of a file that is shown whole.
const WHOLE_BYTES: usize = 6 * 1024;
/// Bytes of the largest part that is shown.
const PART_BYTES: usize = 12 * 1024;
/// Lines shown around what changes.
const AROUND: usize = 15;
/// Stands where lines are left out.
const GAP: &str = "[...]";

/// The relevant part of `old`, the file before the change that `patch` describes; `None` when nothing of it is
/// relevant or it is too long.
pub(crate) fn before(old: &str, patch: &str) -> Option<String> {
    if old.trim().is_empty() {
        return None;
    }
    if old.len() <= WHOLE_BYTES {
        return Some(old.trim_end().to_owned());
    }
    let lines: Vec<&str> = old.lines().collect();
    let mut part: Vec<&str> = Vec::new();
    let mut shown = 0;
    for (start, end) in patch.lines().filter_map(hunk) {
        let first = start.saturating_sub(AROUND + 1).max(shown).min(lines.len());
        let last = end.saturating_add(AROUND).min(lines.len()).max(first);
        if first > shown {
            part.push(GAP);
        }
        part.extend(&lines[first..last]);
        shown = last;
    }
    if shown > 0 && shown < lines.len() {
        part.push(GAP);
    }
    let part = part.join("\n");
    (shown > 0 && part.len() <= PART_BYTES).then_some(part)
}

/// First and last old line of `@@ -START,COUNT +... @@`, from 1.
fn hunk(line: &str) -> Option<(usize, usize)> {
    let old = line.strip_prefix("@@ -")?.split(' ').next()?;
    let (start, count) = old.split_once(',').unwrap_or((old, "1"));
    let (start, count): (usize, usize) = (start.parse().ok()?, count.parse().ok()?);
    Some((start, start.saturating_add(count).saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbered(count: usize) -> String {
        (1..=count).map(|n| format!("this is the line number {n} of the file\n")).collect()
    }

    #[test]
    fn a_small_file_is_shown_whole_and_a_large_one_around_its_hunks() {
        assert_eq!(before("a\nb\n", "@@ -1 +1 @@").as_deref(), Some("a\nb"));
        let part = before(&numbered(400), "@@ -100,2 +100,3 @@ x\n@@ -110 +111 @@\n@@ -300,1 +301,0 @@")
            .expect("a part");
        let lines: Vec<_> = part.lines().collect();
        assert_eq!(lines.first(), Some(&GAP));
        assert_eq!(lines[1], "this is the line number 85 of the file");
        assert_eq!(lines.iter().filter(|line| **line == GAP).count(), 3, "{part}");
        assert!(
            part.contains("number 110 ") && part.contains("number 315 ") && !part.contains("number 200 ")
        );
    }

    #[test]
    fn an_empty_file_has_no_part() {
        assert_eq!(before("\n", "@@ -0,0 +1 @@"), None);
        assert_eq!(before(&numbered(400), "no hunk"), None);
    }

    proptest! {
        #[test]
        fn no_hunk_makes_it_panic(start in 0_usize.., count in 0_usize.., lines in 0_usize..400) {
            drop(before(&numbered(lines), &format!("@@ -{start},{count} +1 @@\n@@ -5,2 +5 @@")));
        }
    }
}
