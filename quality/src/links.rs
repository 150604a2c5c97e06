//! Links in Markdown: which there are, which are none although they were meant as such, and where those that stay in the
//! document lead. Nothing is fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

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

impl Link {
    /// Whether it leads to a place of the same source: a file, or a heading.
    #[must_use]
    pub fn stays_inside(&self) -> bool {
        let scheme = self.to.split(['/', '#', '?']).next().is_some_and(|head| head.contains(':'));
        !scheme && !self.to.starts_with("//")
    }
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
    /// The anchors of the text's headings, and those that it sets itself.
    pub anchors: BTreeSet<String>,
}

impl Links {
    /// Whether the text has an anchor; the top is one of any text.
    #[must_use]
    pub fn has_anchor(&self, anchor: &str) -> bool {
        let anchor = anchor.to_lowercase();
        anchor.is_empty() || anchor == "top" || self.anchors.contains(&anchor)
    }

    /// Adds the anchors that markup sets: `<a name="x">`, `<h2 id="x">`.
    fn set(&mut self, markup: &str) {
        for attribute in [" id=", " name="] {
            for (at, _) in markup.match_indices(attribute) {
                let rest = &markup[at + attribute.len()..];
                let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
                let name = quote.and_then(|quote| rest[1..].split(quote).next());
                self.anchors.extend(name.map(str::to_lowercase));
            }
        }
    }
}

/// Reads the links of a text.
#[must_use]
pub fn links(text: &str) -> Links {
    let mut found = Links::default();
    // What is link, code or markup; the rest is prose.
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut heading: Option<String> = None;
    let mut titles: BTreeMap<String, u32> = BTreeMap::new();
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { link_type: LinkType::Email, .. }) => taken.push(range),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                if found.links.len() < MAX_LINKS {
                    found.links.push(Link { to: dest_url.into_string(), range: range.clone() });
                }
                taken.push(range);
            }
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock) => taken.push(range),
            Event::InlineHtml(markup) => {
                found.set(&markup);
                taken.push(range);
            }
            Event::Html(markup) => found.set(&markup),
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let slug = heading.take().map(|title| slug(&title)).unwrap_or_default();
                // The second of the same title ends with `-1`.
                let before = titles.entry(slug.clone()).or_insert(0_u32);
                found.anchors.insert(if *before == 0 { slug } else { format!("{slug}-{before}") });
                *before += 1;
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
        assert_eq!(links("[a](b) ![c](d) <a@example.org>").links.len(), 2);
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
        let found = links("## A\n\n## A\n\n<h2 id='Own'>x</h2>\n\nText <a name=\"here\"></a>\n");
        let anchors: Vec<&str> = found.anchors.iter().map(String::as_str).collect();
        assert_eq!(anchors, ["a", "a-1", "here", "own"]);
        assert!(found.has_anchor("HERE") && found.has_anchor("top") && !found.has_anchor("b"));
    }

    #[test]
    fn hostile_texts_end() {
        for unit in ["[", "](", "[a](", "![", "[a][", "<", "`", "[x](http://", "# a\n", "<a id=\"x\">"] {
            let _ended = links(&unit.repeat(60_000 / unit.len()));
        }
    }
}
