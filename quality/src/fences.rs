//! Fenced code in Markdown.

use std::ops::Range;

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FencedBlock<'a> {
    /// The first word behind the opening fence, in lower case, without braces: `rust` of `` ```{Rust, ignore} ``.
    pub tag: String,
    /// What stands between the fences.
    pub text: &'a str,
    /// Where that is, in bytes.
    pub range: Range<usize>,
    /// Whether the closing fence is there; without it the block goes to the end of the text.
    pub closed: bool,
}

/// What a line is to a reader of fences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Neither fence nor fenced.
    Outside,
    /// Opens a block; the text behind the marks.
    Opens(&'a str),
    /// Inside a block.
    Inside,
    /// Closes a block.
    Closes,
}

/// Reads line by line and knows whether it stands in a block. A block closes with the same mark, at least as often,
/// and nothing else on the line, so that longer fences can hold shorter ones.
/// Source: CommonMark 0.31, section 4.5; fences of any indentation are taken, because lists indent them.
#[derive(Debug, Default)]
pub(crate) struct FenceReader {
    open: Option<(char, usize)>,
}

impl FenceReader {
    /// What the next line is.
    pub(crate) fn line<'a>(&mut self, line: &'a str) -> Line<'a> {
        let trimmed = line.trim();
        let mark = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'));
        let len = mark.map_or(0, |mark| trimmed.chars().take_while(|&c| c == mark).count());
        let info = &trimmed[len..];
        match (self.open, mark) {
            (None, Some(mark)) if len >= 3 && !(mark == '`' && info.contains('`')) => {
                self.open = Some((mark, len));
                Line::Opens(info.trim())
            }
            (None, _) => Line::Outside,
            (Some((open, least)), Some(mark)) if mark == open && len >= least && info.is_empty() => {
                self.open = None;
                Line::Closes
            }
            (Some(_), _) => Line::Inside,
        }
    }
}

/// The fenced blocks of a text, in order.
#[must_use]
pub fn blocks(text: &str) -> Vec<FencedBlock<'_>> {
    let mut reader = FenceReader::default();
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        match reader.line(line) {
            Line::Opens(info) => open = Some((tag(info), next)),
            Line::Closes => blocks.extend(open.take().map(|(tag, from)| block(text, tag, from..at, true))),
            Line::Outside | Line::Inside => {}
        }
        at = next;
    }
    blocks.extend(open.map(|(tag, from)| block(text, tag, from..at, false)));
    blocks
}

fn block(text: &str, tag: String, range: Range<usize>, closed: bool) -> FencedBlock<'_> {
    FencedBlock { tag, text: &text[range.clone()], range, closed }
}

fn tag(info: &str) -> String {
    let word =
        info.trim_start_matches(['{', '.']).split(|c: char| c.is_whitespace() || ",}:".contains(c)).next();
    word.unwrap_or("").to_ascii_lowercase()
}

/// A text with its fenced blocks, fences included, replaced by spaces of the same length: places stay where they are.
#[must_use]
pub fn prose(text: &str) -> String {
    let mut reader = FenceReader::default();
    let mut prose = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if reader.line(line) == Line::Outside {
            prose.push_str(line);
        } else {
            prose.extend(line.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
        }
    }
    prose
}

/// The code of an answer: its fenced blocks one behind the other, or the whole of an answer without fences.
#[must_use]
pub fn code(output: &str) -> String {
    let blocks = blocks(output);
    if blocks.is_empty() {
        return output.to_owned();
    }
    blocks.iter().map(|block| block.text.trim_end()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_tag_and_text_and_longer_fences_hold_shorter_ones() {
        let text =
            "Do:\n```Rust,ignore\nfn a() {}\n```\n\n````md\n```c\nint x;\n```\n````\n~~~{.python}\nx = 1\n";
        let found = blocks(text);
        let seen: Vec<_> = found.iter().map(|b| (b.tag.as_str(), b.text, b.closed)).collect();
        assert_eq!(
            seen,
            [
                ("rust", "fn a() {}\n", true),
                ("md", "```c\nint x;\n```\n", true),
                ("python", "x = 1\n", false)
            ]
        );
        assert_eq!(&text[found[0].range.clone()], found[0].text);
    }

    #[test]
    fn inline_code_opens_no_block() {
        assert_eq!(blocks("```not a fence``` in a line\n`x`\n"), []);
    }

    #[test]
    fn prose_keeps_the_places_and_drops_the_code() {
        let text = "a\n```\né\n```\nb";
        assert_eq!(prose(text).len(), text.len());
        assert_eq!(prose(text).split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
    }
}
