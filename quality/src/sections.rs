//! Markdown cut into sections by its headings.

use std::ops::Range;

use crate::fences::{FenceReader, Line};

/// The text under one heading, up to the next heading of any level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'a> {
    /// 1 to 6; 0 for what stands before the first heading.
    pub level: u8,
    /// The heading's text; empty for level 0.
    pub heading: String,
    /// The headings above this one and itself, outermost first.
    pub path: Vec<String>,
    /// First and last line, from 1, the heading included.
    pub lines: (u32, u32),
    /// The whole section in bytes, the heading included.
    pub range: Range<usize>,
    /// What stands under the heading, without surrounding white space; may be empty.
    pub body: &'a str,
}

/// A heading on its way to a section.
struct Heading {
    level: u8,
    text: String,
    /// Where the heading begins and where the body does.
    start: usize,
    body: usize,
    line: u32,
}

/// The sections of a document in order. Headings inside fences are text; front matter is left out.
/// Source: CommonMark 0.31, sections 4.2 and 4.3.
#[must_use]
pub fn sections(text: &str) -> Vec<Section<'_>> {
    let (from, first_line) = front_matter(text);
    let mut headings =
        vec![Heading { level: 0, text: String::new(), start: from, body: from, line: first_line }];
    headings.extend(find_headings(text, from, first_line));
    let ends = headings.iter().skip(1).map(|next| (next.start, next.line - 1));
    let ends: Vec<(usize, u32)> = ends.chain([(text.len(), last_line(text))]).collect();
    let mut path: Vec<(u8, String)> = Vec::new();
    let mut sections = Vec::with_capacity(headings.len());
    for (heading, (end, last)) in headings.into_iter().zip(ends) {
        let body = text[heading.body.min(end)..end].trim();
        if heading.level == 0 {
            if !body.is_empty() {
                sections.push(section(heading, Vec::new(), (end, last), body));
            }
            continue;
        }
        path.retain(|(level, _)| *level < heading.level);
        path.push((heading.level, heading.text.clone()));
        let names = path.iter().map(|(_, name)| name.clone()).collect();
        sections.push(section(heading, names, (end, last), body));
    }
    sections
}

fn section(heading: Heading, path: Vec<String>, (end, last): (usize, u32), body: &str) -> Section<'_> {
    Section {
        level: heading.level,
        heading: heading.text,
        path,
        lines: (heading.line, last.max(heading.line)),
        range: heading.start..end,
        body,
    }
}

fn last_line(text: &str) -> u32 {
    u32::try_from(text.lines().count()).unwrap_or(u32::MAX).max(1)
}

/// Where the document begins behind its front matter, and the line's number.
fn front_matter(text: &str) -> (usize, u32) {
    let mut at = 0;
    for (number, line) in (1_u32..).zip(text.split_inclusive('\n')) {
        at += line.len();
        match (number, line.trim_end()) {
            (1, "---") => {}
            (1, _) => return (0, 1),
            (_, "---" | "...") => return (at, number + 1),
            _ => {}
        }
    }
    (0, 1)
}

fn find_headings(text: &str, from: usize, first_line: u32) -> Vec<Heading> {
    let mut reader = FenceReader::default();
    let mut headings = Vec::new();
    let mut at = from;
    // The line before, when it can be the text of an underlined heading: where it begins.
    let mut paragraph: Option<(usize, u32)> = None;
    for (number, line) in (first_line..).zip(text[from..].split_inclusive('\n')) {
        let next = at + line.len();
        let outside = reader.line(line) == Line::Outside;
        if !outside {
            paragraph = None;
        } else if let Some((level, name)) = atx(line) {
            headings.push(Heading { level, text: name, start: at, body: next, line: number });
            paragraph = None;
        } else if let (Some(level), Some((start, first))) = (underline(line), paragraph) {
            let name = text[start..at].split_whitespace().collect::<Vec<_>>().join(" ");
            headings.push(Heading { level, text: name, start, body: next, line: first });
            paragraph = None;
        } else if can_be_underlined(line) {
            paragraph.get_or_insert((at, number));
        } else {
            paragraph = None;
        }
        at = next;
    }
    headings
}

/// A heading that begins with `#`.
fn atx(line: &str) -> Option<(u8, String)> {
    let trimmed = line.trim();
    let indent = line.len() - line.trim_start_matches(' ').len();
    let level = trimmed.bytes().take_while(|&b| b == b'#').count();
    let rest = &trimmed[level..];
    let spaced = rest.is_empty() || rest.starts_with([' ', '\t']);
    if !(1..=6).contains(&level) || indent > 3 || !spaced {
        return None;
    }
    let name = rest.trim();
    let closed = name.trim_end_matches('#');
    let name = if closed.is_empty() || closed.ends_with([' ', '\t']) { closed.trim() } else { name };
    u8::try_from(level).ok().map(|level| (level, name.to_owned()))
}

/// The level of a heading that this line underlines.
fn underline(line: &str) -> Option<u8> {
    let trimmed = line.trim_end();
    let mark = trimmed.trim_start_matches(' ');
    if mark.is_empty() || trimmed.len() - mark.len() > 3 {
        return None;
    }
    if mark.bytes().all(|b| b == b'=') {
        return Some(1);
    }
    (mark.len() >= 2 && mark.bytes().all(|b| b == b'-')).then_some(2)
}

/// Whether a line is text of a paragraph, not of a list, quote, table or rule.
fn can_be_underlined(line: &str) -> bool {
    let trimmed = line.trim();
    let numbered = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
    let list = ["- ", "* ", "+ "].iter().any(|mark| trimmed.starts_with(mark))
        || (numbered.len() < trimmed.len() && (numbered.starts_with(". ") || numbered.starts_with(") ")));
    !(trimmed.is_empty()
        || list
        || trimmed.starts_with(['>', '|', '<'])
        || line.starts_with("    ")
        || line.starts_with('\t'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOCUMENT: &str = "---\ntitle: x\n---\nIntro.\n\n# One #\nText\n\n```sh\n# not a heading\n```\n## Two\n\n### Three\ndeep\n\nBack\nto two\n------\nend\n# Four\n";

    #[test]
    fn sections_follow_headings_of_both_kinds_and_respect_fences() {
        let found = sections(DOCUMENT);
        let paths: Vec<_> = found.iter().map(|s| (s.path.join(" > "), s.level, s.lines)).collect();
        assert_eq!(
            paths,
            [
                (String::new(), 0, (4, 5)),
                ("One".into(), 1, (6, 11)),
                ("One > Two".into(), 2, (12, 13)),
                ("One > Two > Three".into(), 3, (14, 16)),
                ("One > Back to two".into(), 2, (17, 20)),
                ("Four".into(), 1, (21, 21)),
            ]
        );
        assert_eq!(found[1].body, "Text\n\n```sh\n# not a heading\n```");
        assert_eq!(found[5].body, "");
    }

    #[test]
    fn rules_tables_lists_and_tags_are_not_headings() {
        for text in [
            "a\n\n---\nb",
            "- item\n---\n",
            "| a |\n|---|\n",
            "#hashtag",
            "####### seven",
            "    # code",
            "> q\n---\n",
        ] {
            assert!(sections(text).iter().all(|section| section.level == 0), "{text}");
        }
        assert_eq!(sections(""), []);
    }

    proptest! {
        #[test]
        fn sections_cover_the_document_in_order_and_never_panic(text in "(#|##|=|-|\n|a|`{3}| |é|>|---\n){0,40}") {
            let found = sections(&text);
            let mut at = None;
            for section in &found {
                prop_assert!(at.is_none_or(|at| at <= section.range.start));
                prop_assert!(section.lines.0 <= section.lines.1);
                prop_assert!(text.get(section.range.clone()).is_some_and(|whole| whole.contains(section.body)));
                at = Some(section.range.end);
            }
        }
    }
}
