//! The diff of one commit, limited to the files that its seed shows.

use std::ffi::OsString;

use super::change::{Change, DIFF};
use super::process::Git;
use crate::error::HarvestError;
use crate::skip::Skip;
use crate::strand::Watch;
use crate::text::decode::{decode, is_minified};

/// Reads the diff; at most `max` bytes of it.
pub(crate) fn patch(
    git: &Git,
    watch: Watch<'_>,
    commit: &str,
    shown: &[&Change],
    max: usize,
) -> Result<Result<String, Skip>, HarvestError> {
    let mut arguments: Vec<OsString> = DIFF.iter().map(Into::into).collect();
    arguments.extend(["-p", "-U3", "--no-commit-id", commit, "--"].map(OsString::from));
    for change in shown {
        let paths = change.old_path.iter().chain([&change.path]);
        for path in paths {
            match as_argument(path) {
                Some(path) => arguments.push(path),
                None => return Ok(Err(Skip::NotUtf8)),
            }
        }
    }
    let mut running = git.run(watch, "diff-tree", &arguments)?;
    let Some(bytes) = running.rest(max)? else { return Ok(Err(Skip::LargeDiff)) };
    if let Err(HarvestError::Git { .. }) = running.finish() {
        return Ok(Err(Skip::Unreadable));
    }
    Ok(decode(&bytes).and_then(|text| tidy(&text)))
}

#[cfg(unix)]
fn as_argument(path: &[u8]) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt;
    Some(OsString::from_vec(path.to_vec()))
}

#[cfg(not(unix))]
fn as_argument(path: &[u8]) -> Option<OsString> {
    std::str::from_utf8(path).ok().map(OsString::from)
}

/// Takes out the lines with object ids, which mean nothing outside the repository.
fn tidy(text: &str) -> Result<String, Skip> {
    if is_minified(text) {
        return Err(Skip::Minified);
    }
    if !text.lines().any(|line| line.starts_with("@@ ")) {
        return Err(Skip::NoTextChange);
    }
    let kept: Vec<_> = text.lines().filter(|line| !line.starts_with("index ")).collect();
    Ok(kept.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_ids_go_and_a_diff_without_hunks_is_none() {
        let diff = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-index\n+b\n";
        assert_eq!(
            tidy(diff).as_deref(),
            Ok("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-index\n+b")
        );
        assert_eq!(tidy("diff --git a/x b/x\nold mode 1\nnew mode 2\n"), Err(Skip::NoTextChange));
    }
}
