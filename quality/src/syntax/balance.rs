//! Brackets of C++ and Rust, counted past comments, strings, characters and preprocessor lines.
//!
//! A grammar without a preprocessor cannot read every honest file: macros stand for half statements. Brackets balance
//! all the same, so they are the judge where only macros disturb the grammar.

use super::language::Language;

/// Whether every bracket is closed by its partner. Of `#if ... #else ... #endif` the first branch counts; other lines of
/// the preprocessor do not, with their continuations.
#[must_use]
pub fn is_balanced(language: Language, code: &str) -> bool {
    let mut open = Vec::new();
    let mut lexer = Lexer { language, bytes: code.as_bytes(), at: 0, skipped_branches: 0, line_begins: true };
    while let Some(bracket) = lexer.next_bracket() {
        let opened = match bracket {
            b'(' | b'[' | b'{' => {
                open.push(bracket);
                continue;
            }
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        if open.pop() != Some(opened) {
            return false;
        }
    }
    open.is_empty()
}

struct Lexer<'a> {
    language: Language,
    bytes: &'a [u8],
    at: usize,
    /// Depth of conditionals inside a branch that does not count; zero outside such a branch.
    skipped_branches: usize,
    /// Whether only blanks stand before this byte on its line.
    line_begins: bool,
}

impl Lexer<'_> {
    /// The next bracket that is code.
    fn next_bracket(&mut self) -> Option<u8> {
        while let Some(&byte) = self.bytes.get(self.at) {
            let rest = &self.bytes[self.at..];
            let at_line_begin = self.line_begins;
            self.line_begins = byte == b'\n' || (self.line_begins && byte.is_ascii_whitespace());
            match byte {
                b'#' if at_line_begin && self.language == Language::Cpp => self.directive(),
                _ if self.skipped_branches > 0 => self.at += 1,
                b'/' if rest.starts_with(b"//") => self.at += line(rest),
                b'/' if rest.starts_with(b"/*") => self.at += self.block_comment(rest),
                b'"' => self.at += quoted(rest, b'"'),
                b'R' | b'r' | b'b' | b'c' if self.raw_string(rest) > 0 => self.at += self.raw_string(rest),
                b'\'' => self.at += self.character(rest),
                b'(' | b')' | b'[' | b']' | b'{' | b'}' => {
                    self.at += 1;
                    return Some(byte);
                }
                _ => self.at += 1,
            }
        }
        None
    }

    /// A line of the preprocessor, with its continuations.
    fn directive(&mut self) {
        let start = self.at;
        loop {
            self.at += line(&self.bytes[self.at..]);
            let continued =
                self.bytes[..self.at].ends_with(b"\\") || self.bytes[..self.at].ends_with(b"\\\r");
            if !continued || self.at >= self.bytes.len() {
                break;
            }
            self.at += 1;
        }
        let words = String::from_utf8_lossy(&self.bytes[start + 1..self.at.max(start + 1)]);
        let word = words.trim_start();
        if word.starts_with("if") {
            self.skipped_branches += usize::from(self.skipped_branches > 0);
        } else if word.starts_with("el") {
            self.skipped_branches = self.skipped_branches.max(1);
        } else if word.starts_with("endif") {
            self.skipped_branches = self.skipped_branches.saturating_sub(1);
        }
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
        let before = self.at.checked_sub(1).map(|at| self.bytes[at]);
        if before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_') && self.language == Language::Rust {
            return 0;
        }
        let closing = match self.language {
            Language::Cpp => cpp_raw_end(rest),
            Language::Rust => rust_raw_end(rest),
            Language::Python | Language::Bash | Language::Json => None,
        };
        closing.map_or(0, |(head, end)| {
            find(&rest[head..], &end).map_or(rest.len(), |len| head + len + end.len())
        })
    }

    /// The length of a character, or of the quote alone where it begins a lifetime or stands in a number.
    fn character(&self, rest: &[u8]) -> usize {
        let in_number = self.at.checked_sub(1).is_some_and(|at| self.bytes[at].is_ascii_hexdigit());
        match rest {
            _ if self.language == Language::Cpp && in_number => 1,
            [_, b'\\', ..] => quoted(rest, b'\''),
            _ if self.language == Language::Cpp => quoted(rest, b'\''),
            _ => rest
                .iter()
                .take(6)
                .skip(2)
                .position(|&b| b == b'\'')
                .filter(|&len| one_character(&rest[1..len + 2]))
                .map_or(1, |len| len + 3),
        }
    }
}

fn one_character(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().count() == 1)
}

/// The bytes up to the end of the line.
fn line(rest: &[u8]) -> usize {
    rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
}

/// The bytes of a string with escapes. One that does not end on its line ends there in C++ and is taken as such.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of the head of `R"mark(` and the end `)mark"` that belongs to it.
fn cpp_raw_end(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let mark = rest.strip_prefix(b"R\"")?;
    let len = mark.iter().take(17).position(|&b| b == b'(')?;
    Some((len + 3, [b")", &mark[..len], b"\""].concat()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_characters_comments_and_macros_do_not_count() {
        for code in [
            "f(\"(\", '(', \"\\\"{\"); // {\n/* ( */",
            "auto s = R\"x()\" ( )x\"; int n = 1'000;",
            "#define OPEN {\n#define TWO ( \\\n  (\nint x;",
            "#if A\nvoid f() {\n#else\nvoid g() {\n#endif\n}",
            "#ifdef A\n#else\n#if B\n{\n#endif\n{\n#endif",
        ] {
            assert!(is_balanced(Language::Cpp, code), "{code}");
        }
        for code in [
            "fn f<'a>(x: &'a str) -> char { '{' }",
            "let s = r#\"(\"{\"#; let t = br\"[\"; /* /* { */ ( */",
            "let c = ['\\'', '\\u{7f}', '\u{e9}', '('];",
            "let var = \"\\\\\"; g(r);",
        ] {
            assert!(is_balanced(Language::Rust, code), "{code}");
        }
    }

    #[test]
    fn one_bracket_too_few_or_too_many_is_noticed() {
        for code in ["f(", "f)", "{ ( }", "a[1", "} {", "if (x) { \"}\" "] {
            assert!(!is_balanced(Language::Cpp, code), "{code}");
            assert!(!is_balanced(Language::Rust, code), "{code}");
        }
    }
}
