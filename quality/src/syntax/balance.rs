//! Brackets of C++ and Rust, counted past comments, strings, characters and preprocessor lines.
//!
//! A grammar without a preprocessor cannot read every honest file: macros stand for half statements. Brackets balance
//! all the same, so they are the judge where only macros disturb the grammar.

use super::language::Language;

/// Whether every bracket is closed by its partner.
///
/// The branches of `#if ... #else ... #endif` stand for one another: the first one counts, and each of the others has to
/// do to the brackets around it what the first does. Where two conditions go together, one opens what the other closes,
/// so two such groups differ; a single one that differs has lost a bracket. A branch that ends in `#error`, and one
/// under `#if 0`, may hold anything. Other lines of the preprocessor do not count, with their continuations.
#[must_use]
pub fn is_balanced(language: Language, code: &str) -> bool {
    let mut lexer = Lexer { language, bytes: code.as_bytes(), at: 0, is_dead: false, line_begins: true };
    let mut groups = vec![Group::default()];
    groups[0].begin(false);
    while let Some(token) = lexer.next_token() {
        match token {
            Token::Bracket(bracket) => on_top(&mut groups).effect.add(bracket),
            Token::If { dead } => {
                let is_dead = dead || lexer.is_dead;
                let mut group = Group { was_dead: lexer.is_dead, ..Group::default() };
                group.begin(is_dead);
                groups.push(group);
                lexer.is_dead = is_dead;
            }
            Token::Else { dead } if groups.len() > 1 => {
                // Proof: the outermost group is never left, so there is one more.
                if let Some(group) = groups.last_mut() {
                    lexer.is_dead = group.was_dead || dead;
                    group.begin(lexer.is_dead);
                }
            }
            Token::Endif if groups.len() > 1 => lexer.is_dead = end(&mut groups),
            Token::Error => on_top(&mut groups).is_dead = true,
            Token::Else { .. } | Token::Endif => {}
        }
    }
    while groups.len() > 1 {
        end(&mut groups);
    }
    let whole = groups.remove(0);
    whole.differing != 1 && whole.branches.iter().all(|branch| branch.effect == Effect::default())
}

/// What some code does to the brackets around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Effect {
    /// The openers that it wants before it, the nearest first.
    closes: Vec<u8>,
    /// The openers that it leaves behind.
    opens: Vec<u8>,
    /// Whether a bracket met one of another kind.
    crossed: bool,
}

impl Effect {
    fn add(&mut self, bracket: u8) {
        match bracket {
            b'(' | b'[' | b'{' => self.opens.push(bracket),
            b')' => self.close(b'('),
            b']' => self.close(b'['),
            _ => self.close(b'{'),
        }
    }

    fn close(&mut self, opener: u8) {
        match self.opens.pop() {
            None => self.closes.push(opener),
            Some(opened) => self.crossed |= opened != opener,
        }
    }

    fn then(&mut self, next: &Self) {
        next.closes.iter().for_each(|opener| self.close(*opener));
        self.opens.extend(&next.opens);
        self.crossed |= next.crossed;
    }
}

/// One branch of a conditional.
#[derive(Debug, Default)]
struct Branch {
    effect: Effect,
    /// Whether it may hold anything: nobody compiles it.
    is_dead: bool,
}

/// A conditional: its branches so far.
#[derive(Debug, Default)]
struct Group {
    branches: Vec<Branch>,
    /// Conditionals inside whose branches do different things, or one if only this one does.
    differing: usize,
    /// Whether it stands in a branch that nobody compiles.
    was_dead: bool,
}

impl Group {
    fn begin(&mut self, is_dead: bool) {
        self.branches.push(Branch { effect: Effect::default(), is_dead });
    }

    /// What it does, and how many conditionals of it differ.
    fn sum_up(self) -> (Effect, usize) {
        let mut alive =
            self.branches.into_iter().filter(|branch| !branch.is_dead).map(|branch| branch.effect);
        let first = alive.next().unwrap_or_default();
        let differs = alive.any(|other| other != first);
        (first, if self.differing == 0 { usize::from(differs) } else { self.differing })
    }
}

/// The branch that is being read.
fn on_top(groups: &mut [Group]) -> &mut Branch {
    // Proof: a group is made with its first branch, and the outermost is never left.
    let branch = groups.last_mut().and_then(|group| group.branches.last_mut());
    branch.expect("a group has a branch")
}

/// Ends the innermost conditional. Returns whether what surrounds it is dead.
fn end(groups: &mut Vec<Group>) -> bool {
    let Some(group) = groups.pop() else { return false };
    let was_dead = group.was_dead;
    let (effect, differing) = group.sum_up();
    on_top(groups).effect.then(&effect);
    if let Some(around) = groups.last_mut().filter(|_| !was_dead) {
        around.differing += differing;
    }
    was_dead
}

enum Token {
    Bracket(u8),
    If {
        /// `#if 0`
        dead: bool,
    },
    Else {
        /// `#elif 0`
        dead: bool,
    },
    Endif,
    Error,
}

struct Lexer<'a> {
    language: Language,
    bytes: &'a [u8],
    at: usize,
    /// Whether the branch that is read may hold anything, prose too.
    is_dead: bool,
    /// Whether only blanks stand before this byte on its line.
    line_begins: bool,
}

impl Lexer<'_> {
    /// The next bracket that is code, or line of the preprocessor that matters.
    fn next_token(&mut self) -> Option<Token> {
        while let Some(&byte) = self.bytes.get(self.at) {
            let rest = &self.bytes[self.at..];
            let at_line_begin = self.line_begins;
            self.line_begins = byte == b'\n' || (self.line_begins && byte.is_ascii_whitespace());
            match byte {
                b'#' if at_line_begin && self.language == Language::Cpp => {
                    if let Some(token) = self.directive() {
                        return Some(token);
                    }
                }
                _ if self.is_dead => self.at += 1,
                b'/' if rest.starts_with(b"//") => self.at += line(rest),
                b'/' if rest.starts_with(b"/*") => self.at += self.block_comment(rest),
                b'"' => self.at += self.quoted(rest, b'"'),
                b'R' | b'r' | b'b' | b'c' if self.raw_string(rest) > 0 => self.at += self.raw_string(rest),
                b'\'' => self.at += self.character(rest),
                b'(' | b')' | b'[' | b']' | b'{' | b'}' => {
                    self.at += 1;
                    return Some(Token::Bracket(byte));
                }
                _ => self.at += 1,
            }
        }
        None
    }

    /// A line of the preprocessor, with its continuations.
    fn directive(&mut self) -> Option<Token> {
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
        let mut words = words.split_whitespace();
        let word = words.next().unwrap_or_default();
        let dead = matches!(word, "if" | "elif") && words.next() == Some("0") && words.next().is_none();
        if word.starts_with("if") {
            Some(Token::If { dead })
        } else if word.starts_with("el") {
            Some(Token::Else { dead })
        } else if word.starts_with("endif") {
            Some(Token::Endif)
        } else {
            (word == "error").then_some(Token::Error)
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
        let is_of_word = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
        let before = self.bytes[..self.at].iter().rev().take_while(is_of_word).count();
        let prefix = &self.bytes[self.at - before..self.at];
        let begins = match self.language {
            Language::Cpp => matches!(prefix, b"" | b"u8" | b"u" | b"U" | b"L"),
            Language::Rust | Language::Python | Language::Bash | Language::Json => prefix.is_empty(),
        };
        if !begins {
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
        let word =
            self.bytes[..self.at].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'\'');
        let in_number = word.last().is_some_and(u8::is_ascii_digit);
        match rest {
            _ if self.language == Language::Cpp && in_number => 1,
            [_, b'\\', ..] => self.quoted(rest, b'\''),
            _ if self.language == Language::Cpp => self.quoted(rest, b'\''),
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
            "auto s = R\"x()\" ( )x\"; int n = 1'000'000 + 0xff'ff;",
            "switch (c) { case'{': return u8'('; }",
            "e += STR\" (\" + e + STR\")\"; auto s = u8R\"({)\";",
            "#define OPEN {\n#define TWO ( \\\n  (\nint x;",
            "#if A\nvoid f() {\n#else\nvoid g() {\n#endif\n}",
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
    fn branches_of_a_conditional_do_the_same_and_two_that_differ_may_belong_together() {
        for code in [
            "#if A\nvoid f() {\n#elif B\nvoid g() {\n#else\n#error \"don't\"\n#endif\n}",
            "#ifdef A\nif (x) {\n#else\n#endif\nf();\n#ifdef A\n}\n#else\n#endif",
            "#if 0\nit's { prose (\n#endif\nint x;",
            "#if 0\n{\n#else\nint y;\n#endif",
            "#if A\n#if B\nf({\n#else\nf([{\n#endif\n#if B\n})\n#else\n}])\n#endif\n#endif;",
            "#else\n#endif",
        ] {
            assert!(is_balanced(Language::Cpp, code), "{code}");
        }
        for code in [
            "#if A\nvoid f() {}\n#else\nvoid g() {\n#endif",
            "#if A\nvoid f() {}\n#elif B\nvoid g() }\n#else\nvoid g() {}\n#endif",
            "#if A\nint a;\n#else\n#if B\nint b;\n#else\nint c[2;\n#endif\n#endif",
            "#if A\nint a;\n#else\n#if B\nint b[;\n#endif\n#endif",
            "#if A\nf(\n#else\nf[\n#endif\n)",
            "#ifdef A\n#else\n#if B\n{\n#endif\n{\n#endif",
        ] {
            assert!(!is_balanced(Language::Cpp, code), "{code}");
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
