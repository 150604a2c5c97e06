//! The comments of code, by a scanner that knows strings from comments. It is not a parser: what it takes for a
//! comment is one in all but odd cases, and a wrong guess costs one seed of little worth.

use crate::files::language::Comments;

/// The part of a comment on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comment<'t> {
    /// The line, from 1.
    pub(crate) line: u32,
    /// What it says, without the signs that begin and end it.
    pub(crate) text: &'t str,
    /// Whether nothing stands before it on the line.
    pub(crate) alone: bool,
}

/// How strings begin and end: opening, closing, whether `\` escapes, whether they may span lines.
type Quote = (&'static str, &'static str, bool, bool);

/// The signs of a family of languages.
struct Signs {
    line: &'static [&'static str],
    block: Option<(&'static str, &'static str)>,
    quotes: &'static [Quote],
}

const SLASHES: Signs = Signs {
    line: &["//"],
    block: Some(("/*", "*/")),
    quotes: &[
        ("r##\"", "\"##", false, true),
        ("r#\"", "\"#", false, true),
        ("\"", "\"", true, true),
        ("`", "`", true, true),
        // Characters that would open something; a lone `'` is a Rust lifetime.
        ("'\"'", "", false, false),
        ("'\\\"'", "", false, false),
        ("'`'", "", false, false),
        ("'/'", "", false, false),
    ],
};
const HASH: Signs = Signs {
    line: &["#"],
    block: None,
    quotes: &[
        ("\"\"\"", "\"\"\"", true, true),
        ("'''", "'''", true, true),
        ("\"", "\"", true, false),
        ("'", "'", true, false),
    ],
};
const DASHES: Signs =
    Signs { line: &["--"], block: None, quotes: &[("\"", "\"", true, false), ("'", "'", false, false)] };
const SEMICOLON: Signs = Signs { line: &[";"], block: None, quotes: &[("\"", "\"", true, false)] };

/// What the scanner is inside of at the end of a line.
#[derive(Clone, Copy)]
enum Inside {
    Code,
    Block(&'static str),
    Quote(Quote),
}

/// The comments of a text, line by line.
pub(crate) fn comments(style: Comments, text: &str) -> Vec<Comment<'_>> {
    let signs = match style {
        Comments::Slashes => &SLASHES,
        Comments::Hash => &HASH,
        Comments::Dashes => &DASHES,
        Comments::Semicolon => &SEMICOLON,
        Comments::None => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut inside = Inside::Code;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let mut scan = Scan { signs, line, number, at: 0 };
        while scan.at < line.len() {
            inside = scan.step(inside, &mut found);
        }
        inside = match inside {
            Inside::Quote((_, _, _, false)) => Inside::Code,
            Inside::Quote(_) | Inside::Block(_) | Inside::Code => inside,
        };
    }
    found
}

struct Scan<'t> {
    signs: &'static Signs,
    line: &'t str,
    number: u32,
    at: usize,
}

impl<'t> Scan<'t> {
    fn rest(&self) -> &'t str {
        &self.line[self.at..]
    }

    /// Reads at least one character.
    fn step(&mut self, inside: Inside, found: &mut Vec<Comment<'t>>) -> Inside {
        match inside {
            Inside::Code => self.code(found),
            Inside::Block(end) => self.block(end, found),
            Inside::Quote(quote) => self.quote(quote),
        }
    }

    fn code(&mut self, found: &mut Vec<Comment<'t>>) -> Inside {
        let rest = self.rest();
        let sign = self.signs.line.iter().find(|sign| rest.starts_with(**sign));
        if sign.is_some_and(|sign| self.begins_comment(sign)) {
            found.push(self.comment(rest));
            self.at = self.line.len();
            return Inside::Code;
        }
        if let Some((begin, end)) = self.signs.block.filter(|(begin, _)| rest.starts_with(begin)) {
            let inside = rest[begin.len()..].find(end);
            let len = inside.map_or(rest.len(), |len| begin.len() + len);
            found.push(self.comment(&rest[..len]));
            self.at += inside.map_or(len, |_| len + end.len());
            return if inside.is_some() { Inside::Code } else { Inside::Block(end) };
        }
        if let Some(quote) = self.signs.quotes.iter().find(|(begin, ..)| rest.starts_with(begin)) {
            self.at += quote.0.len();
            return if quote.1.is_empty() { Inside::Code } else { Inside::Quote(*quote) };
        }
        self.forward();
        Inside::Code
    }

    fn block(&mut self, end: &'static str, found: &mut Vec<Comment<'t>>) -> Inside {
        let rest = self.rest();
        let len = rest.find(end);
        found.push(self.comment(&rest[..len.unwrap_or(rest.len())]));
        self.at += len.map_or(rest.len(), |len| len + end.len());
        if len.is_some() { Inside::Code } else { Inside::Block(end) }
    }

    fn quote(&mut self, quote: Quote) -> Inside {
        let (_, end, escapes, _) = quote;
        if escapes && self.rest().starts_with('\\') {
            self.forward();
            self.forward();
        } else if self.rest().starts_with(end) {
            self.at += end.len();
            return Inside::Code;
        } else {
            self.forward();
        }
        Inside::Quote(quote)
    }

    fn forward(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    /// `#` begins a comment only at the start of a word: `$#` and `a#b` are none.
    fn begins_comment(&self, sign: &str) -> bool {
        sign != "#" || self.line[..self.at].chars().next_back().is_none_or(char::is_whitespace)
    }

    fn comment(&self, raw: &'t str) -> Comment<'t> {
        let text = raw.trim_start().trim_start_matches(['/', '*', '#', '-', ';', '!']).trim();
        Comment { line: self.number, text, alone: self.line[..self.at].trim().is_empty() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(style: Comments, text: &str) -> Vec<(u32, &str)> {
        comments(style, text).into_iter().map(|comment| (comment.line, comment.text)).collect()
    }

    #[test]
    fn strings_hide_comment_signs() {
        let rust = "let a = \"// no\"; // yes\nlet b = r#\"\n// no\n\"#; /* one\n two */ let c: &'a str = 'x';\n// three";
        assert_eq!(texts(Comments::Slashes, rust), [(1, "yes"), (4, "one"), (5, "two"), (6, "three")]);
    }

    #[test]
    fn a_quote_as_a_character_opens_nothing() {
        assert_eq!(texts(Comments::Slashes, "if c == '\"' { // yes\n}"), [(1, "yes")]);
    }

    #[test]
    fn a_hash_inside_a_word_or_a_docstring_is_no_comment() {
        let python = "\"\"\"\n# no\n\"\"\"\nx = 'a # no' # yes\n# also";
        assert_eq!(texts(Comments::Hash, python), [(4, "yes"), (5, "also")]);
        assert_eq!(texts(Comments::Hash, "if [ $# -gt 0 ]; then # yes"), [(1, "yes")]);
    }

    #[test]
    fn assembler_and_lua_have_their_own_signs() {
        assert_eq!(texts(Comments::Semicolon, "LDA #$01 ; load"), [(1, "load")]);
        assert_eq!(texts(Comments::Dashes, "x = '--' -- say"), [(1, "say")]);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_scanner_panic_or_stand_still(text in "[a\"'`/*#\\\\r\n é;-]{0,200}") {
            for style in [Comments::Slashes, Comments::Hash, Comments::Dashes, Comments::Semicolon, Comments::None] {
                drop(comments(style, &text));
            }
        }
    }
}
