//! What a document of Markdown says: which files it points to.

use std::ops::Range;

use hafs_proto::graph::{Certainty, EntityId, Family, NodeKind, Relation};
use hafs_quality::fences;

use crate::facts::Facts;

/// The importer's name.
pub const IMPORTER: &str = "links";
/// Its version.
pub const VERSION: u32 = 1;
/// Links of one text; more are left alone.
const MOST: usize = 10_000;

/// A link to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'t> {
    /// The path as it is written, without a place in the file.
    pub path: &'t str,
    /// Where that stands.
    pub range: Range<usize>,
}

/// The links of a text to files of its own: no addresses of the network, no places in the same file, nothing in fences.
#[must_use]
pub fn links(text: &str) -> Vec<Link<'_>> {
    let fenced: Vec<Range<usize>> = fences::blocks(text).into_iter().map(|block| block.range).collect();
    let mut found = Vec::new();
    for (at, _) in text.match_indices("](").take(MOST) {
        let start = at + 2;
        let rest = &text[start..];
        let end = rest.find([')', ' ', '\n']).unwrap_or(rest.len());
        let target = &rest[..end];
        let path = target.split('#').next().unwrap_or("");
        let outside =
            path.is_empty() || path.contains("://") || path.starts_with(['/', '<']) || path.contains(':');
        if !outside && !fenced.iter().any(|block| block.contains(&start)) {
            found.push(Link { path, range: start..start + path.len() });
        }
    }
    found
}

/// The path that a link means, from the root that was read; none when it leads out of it.
#[must_use]
pub fn target(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// What a document says. `is_file` knows the files that are read together.
#[must_use]
pub fn facts(path: &str, text: &str, is_file: &dyn Fn(&str) -> bool) -> Facts {
    let mut facts = Facts::default();
    let Ok(file) = EntityId::new(Family::File, path) else { return facts };
    let title = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or("");
    facts.told(0, &file, (NodeKind::Document, None), title);
    for link in links(text) {
        let Some(to) = target(path, link.path) else { continue };
        let line = text[..link.range.start].matches('\n').count() + 1;
        let certainty = if is_file(&to) { Certainty::Exact } else { Certainty::Undecided };
        if let Ok(to) = EntityId::new(Family::File, &to) {
            facts.edge_as(u32::try_from(line).unwrap_or(u32::MAX), (&file, &to), Relation::Links, certainty);
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_files_are_found_and_other_links_are_not() {
        let text = "See [a](docs/a.md#top), [b](https://x.example/b.md), [c](#here), [d](../d.asm \"t\").\n```\n[e](e.md)\n```\n";
        let found = links(text);
        let paths: Vec<&str> = found.iter().map(|link| link.path).collect();
        assert_eq!(paths, ["docs/a.md", "../d.asm"]);
        assert!(found.iter().all(|link| &text[link.range.clone()] == link.path));
    }

    #[test]
    fn a_link_is_followed_from_its_own_folder_and_not_out_of_the_root() {
        assert_eq!(target("docs/x.md", "../src/a.asm").as_deref(), Some("src/a.asm"));
        assert_eq!(target("x.md", "./a/./b.md").as_deref(), Some("a/b.md"));
        assert_eq!(target("x.md", "../a.md"), None);
    }
}
