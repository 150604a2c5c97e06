//! The tokens of C++ and Rust, as far as brackets and macros go: comments are skipped, literals are one token.

use std::ops::Range;

use super::language::Language;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// A number, a string, a character.
    Literal,
    /// One of the six brackets.
    Bracket(u8),
    /// Any other sign, one byte each.
    Sign(u8),
    /// `#if` and its like.
    If {
        /// `#if 0`
        dead: bool,
    },
    /// `#else`, `#elif` and their like.
    Else {
        /// `#elif 0`
        dead: bool,
    },
    /// `#endif`
    Endif,
    /// `#error`
    Error,
    /// Any other line of the preprocessor, with its continuations.
    Directive,
}

/// A token and its place in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// Reads tokens one after another.
pub(super) struct Lexer<'a> {
    language: Language,
    bytes: &'a [u8],
    at: usize,
    /// Whether what is read may be anything, prose too: then only lines of the preprocessor are tokens.
    pub(super) is_dead: bool,
    /// Whether only blanks stand before this byte on its line.
    line_begins: bool,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(language: Language, code: &'a str) -> Self {
        Self { language, bytes: code.as_bytes(), at: 0, is_dead: false, line_begins: true }
    }

    /// The kind of what stands here, or nothing where it is none, and its length.
    fn measure(&self, byte: u8, at_line_begin: bool) -> (Option<Kind>, usize) {
        let rest = &self.bytes[self.at..];
        let is_cpp = self.language == Language::Cpp;
        match byte {
            b'#' if at_line_begin && is_cpp => {
                let len = directive(rest);
                (Some(directive_kind(&rest[..len])), len)
            }
            _ if self.is_dead || byte.is_ascii_whitespace() => (None, 1),
            b'/' if rest.starts_with(b"//") => (None, line(rest)),
            b'/' if rest.starts_with(b"/*") => (None, self.block_comment(rest)),
            b'"' => (Some(Kind::Literal), self.quoted(rest, b'"')),
            b'\'' => self.character(rest),
            b'0'..=b'9' => (Some(Kind::Literal), number(rest, is_cpp)),
            b'(' | b')' | b'[' | b']' | b'{' | b'}' => (Some(Kind::Bracket(byte)), 1),
            _ if is_of_word(byte) => match self.raw_string(rest) {
                0 => (Some(Kind::Word), rest.iter().take_while(|b| is_of_word(**b)).count()),
                len => (Some(Kind::Literal), len),
            },
            _ => (Some(Kind::Sign(byte)), 1),
        }
    }

    /// The bytes of a string with escapes. In C++ one that does not end on its line ends there.
    fn quoted(&self, rest: &[u8], quote: u8) -> usize {
        let mut at = 1;
        while let Some(&byte) = rest.get(at) {
            match byte {
                b'\\' => at += 2,
                b'\n' if self.language == Language::Cpp => return at,
                _ if byte == quote => return at + 1,
                _ => at += 1,
            }
        }
        rest.len()
    }

    /// The length of a block comment; Rust's nest.
    fn block_comment(&self, rest: &[u8]) -> usize {
        let (mut depth, mut at) = (0_usize, 0);
        while at < rest.len() {
            if rest[at..].starts_with(b"/*") && (depth == 0 || self.language == Language::Rust) {
                depth += 1;
                at += 2;
            } else if rest[at..].starts_with(b"*/") {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    break;
                }
            } else {
                at += 1;
            }
        }
        at
    }

    /// The length of a raw string that begins here; zero when none does.
    fn raw_string(&self, rest: &[u8]) -> usize {
        let closing = match self.language {
            Language::Cpp => cpp_raw_end(rest),
            Language::Rust => rust_raw_end(rest),
            Language::Python | Language::Bash | Language::Json => None,
        };
        closing.map_or(0, |(head, end)| {
            find(&rest[head..], &end).map_or(rest.len(), |len| head + len + end.len())
        })
    }

    /// A character, or the quote alone where it begins a lifetime.
    fn character(&self, rest: &[u8]) -> (Option<Kind>, usize) {
        let len = match rest {
            _ if self.language == Language::Cpp => Some(self.quoted(rest, b'\'')),
            [_, b'\\', ..] => Some(self.quoted(rest, b'\'')),
            _ => rest
                .iter()
                .take(6)
                .skip(2)
                .position(|&b| b == b'\'')
                .filter(|&len| one_character(&rest[1..len + 2]))
                .map(|len| len + 3),
        };
        len.map_or((Some(Kind::Sign(b'\'')), 1), |len| (Some(Kind::Literal), len))
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let start = self.at;
            let byte = *self.bytes.get(start)?;
            let at_line_begin = self.line_begins;
            self.line_begins = byte == b'\n' || (at_line_begin && byte.is_ascii_whitespace());
            let (kind, len) = self.measure(byte, at_line_begin);
            self.at = (start + len).min(self.bytes.len());
            if let Some(kind) = kind {
                return Some(Token { kind, range: start..self.at });
            }
        }
    }
}

const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// The length of a number. Those of C++ have quotes between digits and signs in exponents.
fn number(rest: &[u8], is_cpp: bool) -> usize {
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        let digit_follows = rest.get(at + 1).is_some_and(|b| b.is_ascii_alphanumeric());
        let goes_on = is_of_word(byte) || (is_cpp && byte == b'\'' && digit_follows);
        // Rust has ranges: `0..n`.
        let fraction = byte == b'.' && (is_cpp || rest.get(at + 1).is_some_and(u8::is_ascii_digit));
        if !goes_on && !fraction {
            break;
        }
        at += 1;
    }
    at
}

/// The length of a line of the preprocessor, with its continuations.
fn directive(rest: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += line(&rest[at..]);
        let continued = rest[..at].ends_with(b"\\") || rest[..at].ends_with(b"\\\r");
        if !continued || at >= rest.len() {
            return at;
        }
        at += 1;
    }
}

fn directive_kind(text: &[u8]) -> Kind {
    let words = String::from_utf8_lossy(&text[1..]);
    let mut words = words.split_whitespace();
    let word = words.next().unwrap_or_default();
    let dead = matches!(word, "if" | "elif") && words.next() == Some("0") && words.next().is_none();
    match word {
        "error" => Kind::Error,
        _ if word.starts_with("if") => Kind::If { dead },
        _ if word.starts_with("el") => Kind::Else { dead },
        _ if word.starts_with("endif") => Kind::Endif,
        _ => Kind::Directive,
    }
}

fn one_character(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().count() == 1)
}

/// The bytes up to the end of the line.
fn line(rest: &[u8]) -> usize {
    rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
}

/// Length of the head of `R"mark(` and the end `)mark"` that belongs to it.
fn cpp_raw_end(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let prefix = rest.iter().take(3).position(|&b| b == b'R')?;
    let mark = rest[prefix..].strip_prefix(b"R\"")?;
    if !matches!(&rest[..prefix], b"" | b"u8" | b"u" | b"U" | b"L") {
        return None;
    }
    let len = mark.iter().take(17).position(|&b| b == b'(')?;
    Some((prefix + len + 3, [b")", &mark[..len], b"\""].concat()))
}

/// Length of the head of `r#"` and the end `"#` that belongs to it.
fn rust_raw_end(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let prefix = rest.iter().take(2).take_while(|b| b"bc".contains(b)).count();
    let hashes = rest[prefix..].strip_prefix(b"r")?.iter().take_while(|&&b| b == b'#').count();
    let head = prefix + 1 + hashes + 1;
    (rest.get(head - 1) == Some(&b'"')).then(|| (head, [b"\"".as_slice(), &vec![b'#'; hashes]].concat()))
}

fn find(bytes: &[u8], end: &[u8]) -> Option<usize> {
    bytes.windows(end.len()).position(|window| window == end)
}

/// The closing bracket of each opening one, by the kind of bracket.
pub(super) fn partners(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut partners = vec![None; tokens.len()];
    let mut open: Vec<(usize, u8)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Kind::Bracket(bracket) = token.kind else { continue };
        let closes = match bracket {
            b')' => b'(',
            b']' => b'[',
            b'}' => b'{',
            _ => {
                open.push((at, bracket));
                continue;
            }
        };
        if let Some((opener, _)) = open.pop_if(|(_, opened)| *opened == closes) {
            partners[opener] = Some(at);
        }
    }
    partners
}

/// Whether a word is written as the names of macros are.
pub(super) fn is_capitals(word: &str) -> bool {
    word.len() >= 2
        && word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(language: Language, code: &str) -> Vec<(Kind, &str)> {
        Lexer::new(language, code).map(|token| (token.kind, &code[token.range])).collect()
    }

    #[test]
    fn literals_are_one_token_and_comments_none() {
        let code = "x = 1'000 + u8R\"m( \" )m\" // c\n+ L'\\'' /* ' */ + STR\"a\";";
        let words: Vec<&str> = kinds(Language::Cpp, code).into_iter().map(|(_, text)| text).collect();
        assert_eq!(
            words,
            ["x", "=", "1'000", "+", "u8R\"m( \" )m\"", "+", "L", "'\\''", "+", "STR", "\"a\"", ";"]
        );
        let rust = kinds(Language::Rust, "&'a x, 'b', br#\"\"\"#, 0..9, 1.5");
        let literals: Vec<&str> =
            rust.iter().filter(|(kind, _)| *kind == Kind::Literal).map(|(_, text)| *text).collect();
        assert_eq!(literals, ["'b'", "br#\"\"\"#", "0", "9", "1.5"]);
    }

    #[test]
    fn lines_of_the_preprocessor_are_one_token_with_their_continuations() {
        let found = kinds(Language::Cpp, "# if 0\n#define A \\\n  b\n#elif X\n#endif\na # b");
        assert_eq!(found[0], (Kind::If { dead: true }, "# if 0"));
        assert_eq!(found[1], (Kind::Directive, "#define A \\\n  b"));
        assert_eq!(found[2].0, Kind::Else { dead: false });
        assert_eq!(found[5], (Kind::Sign(b'#'), "#"));
    }
}
