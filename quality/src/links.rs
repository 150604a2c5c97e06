//! Links in Markdown: which there are, which are none although they were meant as such, and where those that stay in the
//! document lead. Nothing is fetched.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Links of one text that are looked at.
const MAX_LINKS: usize = 2_000;

/// A link or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub to: String,
    /// Where it stands, in bytes of the text.
    pub range: Range<usize>,
}

/// Something that was meant as a link and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub what: &'static str,
    /// Where, in bytes of the text.
    pub range: Range<usize>,
}

/// The links of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Those that are links.
    pub links: Vec<Link>,
    /// Those that are not.
    pub malformed: Vec<Malformed>,
    /// The anchors of the text's headings.
    pub anchors: BTreeSet<String>,
}

/// Reads the links of a text.
#[must_use]
pub fn links(text: &str) -> Links {
    let mut found = Links::default();
    // What is link, code or markup; the rest is prose.
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut heading: Option<String> = None;
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                if found.links.len() < MAX_LINKS {
                    found.links.push(Link { to: dest_url.into_string(), range: range.clone() });
                }
                taken.push(range);
            }
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock) | Event::InlineHtml(_) => taken.push(range),
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                found.anchors.extend(heading.take().map(|title| slug(&title)));
            }
            Event::Code(code) => {
                taken.push(range);
                heading.iter_mut().for_each(|title| title.push_str(&code));
            }
            Event::Text(words) => heading.iter_mut().for_each(|title| title.push_str(&words)),
            Event::Start(_)
            | Event::End(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    found.malformed = torn(text, taken);
    found.malformed.extend(found.links.iter().filter_map(|link| {
        let what = wrong(&link.to)?;
        Some(Malformed { what, range: link.range.clone() })
    }));
    found
}

/// What is wrong with where a link leads, whatever is there.
fn wrong(to: &str) -> Option<&'static str> {
    let lower = to.to_ascii_lowercase();
    if to.trim().is_empty() {
        return Some("it leads nowhere");
    }
    let typo =
        ["http//", "https//", "http:///", "https:///", "htttp", "htp://", "htps://", "http;//", "https;//"];
    if typo.iter().any(|typo| lower.starts_with(typo)) {
        return Some("its address does not begin as one does");
    }
    let web = lower.strip_prefix("http:").or_else(|| lower.strip_prefix("https:"));
    match web {
        Some(rest) if !rest.starts_with("//") => Some("its address does not begin as one does"),
        Some("//") => Some("its address has no host"),
        Some(_) | None => None,
    }
}

/// `](` in prose, with what looks like an address behind it: a link that its writer did not finish, or with a space in it.
fn torn(text: &str, mut taken: Vec<Range<usize>>) -> Vec<Malformed> {
    taken.sort_by_key(|range| range.start);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find("](") {
        let place = at + next;
        at = place + 2;
        let inside =
            taken.iter().take_while(|range| range.start <= place).any(|range| range.contains(&place));
        let begins = ["http://", "https://", "./", "../", "mailto:"];
        let address = begins.iter().any(|begin| text[at..].starts_with(begin));
        let line = text[..place].rfind('\n').map_or(0, |end| end + 1);
        let opened = text[line..place].contains('[') && !text[line..place].contains("\\[");
        if !inside && address && opened && !text[..place].ends_with('\\') && found.len() < MAX_LINKS {
            let end = text[at..].find('\n').map_or(text.len(), |len| at + len);
            found
                .push(Malformed { what: "it does not end, or its address holds a space", range: place..end });
        }
    }
    found
}

/// The anchor of a heading as the usual sites make it.
/// Source: GitHub Flavored Markdown as rendered: lower case, blanks to hyphens, all other signs but hyphen and underscore
/// dropped.
fn slug(title: &str) -> String {
    let keep = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    };
    title.trim().to_lowercase().chars().filter_map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malformed(text: &str) -> Vec<&'static str> {
        links(text).malformed.into_iter().map(|one| one.what).collect()
    }

    #[test]
    fn honest_links_code_and_escapes_are_not_malformed() {
        for text in [
            "See [the guide](https://example.org/a(b)c \"title\") and <https://example.org>.",
            "[a]: ./x.md\n\nSee [a], [b](../y.md#part) and ![i](i.png).",
            "`[x](http://a b)` and\n\n```\n[x](http://\n```\n",
            "An index a[i](j) and \\[x\\](https://example.org is no link.",
            "[x](<./a b.md>), [up](#top)",
        ] {
            assert_eq!(malformed(text), Vec::<&str>::new(), "{text}");
        }
        assert_eq!(links("[a](b) ![c](d)").links.len(), 2);
    }

    #[test]
    fn links_that_lead_nowhere_or_do_not_end_are_malformed() {
        for text in [
            "See [x]().",
            "See [x](https://example.org/a b c) here.",
            "See [x](https://example.org and more\n",
            "[x](http//example.org)",
            "[x](https:/example.org)",
            "[x](https://)",
        ] {
            assert_eq!(malformed(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn anchors_are_made_of_headings() {
        let found = links("# The `run` command, again!\n\nText\n\n## B_c d\n");
        let anchors: Vec<&str> = found.anchors.iter().map(String::as_str).collect();
        assert_eq!(anchors, ["b_c-d", "the-run-command-again"]);
    }

    #[test]
    fn hostile_texts_end() {
        for unit in ["[", "](", "[a](", "![", "[a][", "<", "`", "[x](http://"] {
            let _ended = links(&unit.repeat(60_000 / unit.len()));
        }
    }
}
