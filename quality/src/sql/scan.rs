//! Where statements end: semicolons outside of strings, comments, brackets and bodies.

use std::ops::Range;

use super::SqlProblem;

/// What a look at the signs of a text gives.
pub(super) enum Scanned {
    /// The statements, without their semicolons and without empty ones.
    Statements(Vec<Range<usize>>),
    /// It is not only SQL: commands of a client, templates.
    Foreign(&'static str),
    /// Something does not end.
    Broken(SqlProblem),
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    begin: usize,
    brackets: Vec<usize>,
    found: Vec<Range<usize>>,
}

/// Splits a text into statements.
pub(super) fn statements(text: &str) -> Scanned {
    if let Some(why) = foreign(text) {
        return Scanned::Foreign(why);
    }
    let mut scanner = Scanner { text, at: 0, begin: 0, brackets: Vec::new(), found: Vec::new() };
    match scanner.scan() {
        Ok(()) => Scanned::Statements(scanner.found),
        Err((from, what)) => Scanned::Broken(SqlProblem {
            range: from..text.ceil_char_boundary(from + 80),
            what: what.to_owned(),
        }),
    }
}

/// What makes a text more than SQL.
fn foreign(text: &str) -> Option<&'static str> {
    let clients = |line: &str| {
        let line = line.trim_start();
        line.starts_with('\\')
            || line.starts_with("sqlite>")
            || line.starts_with("mysql>")
            || line.starts_with("=#")
    };
    let dots =
        |line: &str| line.starts_with('.') && line.as_bytes().get(1).is_some_and(u8::is_ascii_lowercase);
    let delimiter = |line: &str| line.trim_start().to_ascii_uppercase().starts_with("DELIMITER");
    if text.lines().any(|line| clients(line) || dots(line) || delimiter(line)) {
        return Some("it holds commands of a client");
    }
    if ["{{", "{%", "<%", "${", "%s", "%("].iter().any(|mark| text.contains(mark)) {
        return Some("it is a template");
    }
    let elided = |line: &str| line.contains("...") || line.contains('\u{2026}');
    if text.lines().any(elided) {
        return Some("parts of it are left out");
    }
    // Bodies hold statements of their own, and each database ends them in its own way.
    let upper = text.to_ascii_uppercase();
    let body = ["CREATE TRIGGER", "PROCEDURE", "BEGIN ATOMIC", "FUNCTION", "DECLARE", "TRIGGER"];
    body.iter().any(|word| upper.contains(word)).then_some("it holds bodies of code")
}

impl Scanner<'_> {
    fn scan(&mut self) -> Result<(), (usize, &'static str)> {
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            let rest = &self.text[self.at..];
            match byte {
                b'\'' => self.quoted('\'', "this string does not end")?,
                b'"' => self.quoted('"', "this name does not end")?,
                b'`' => self.quoted('`', "this name does not end")?,
                b'$' if dollar(rest).is_some() => self.dollars(rest)?,
                _ if rest.starts_with("--") => self.at += line(rest),
                _ if rest.starts_with("/*") => self.comment(rest)?,
                b'(' => {
                    self.brackets.push(self.at);
                    self.at += 1;
                }
                b')' => {
                    self.brackets.pop().ok_or((self.at, "this bracket closes nothing"))?;
                    self.at += 1;
                }
                b';' => self.end()?,
                _ => self.at += rest.chars().next().map_or(1, char::len_utf8),
            }
        }
        self.end()
    }

    /// Ends a statement here.
    fn end(&mut self) -> Result<(), (usize, &'static str)> {
        if let Some(open) = self.brackets.first() {
            return Err((*open, "this bracket is not closed"));
        }
        let range = self.begin..self.at.min(self.text.len());
        if !without_comments(&self.text[range.clone()]).trim().is_empty() {
            self.found.push(range);
        }
        self.at += 1;
        self.begin = self.at.min(self.text.len());
        Ok(())
    }

    /// A string or a name; the quote twice is the quote. A backslash before it is one too: some databases have that.
    fn quoted(&mut self, quote: char, what: &'static str) -> Result<(), (usize, &'static str)> {
        let from = self.at;
        let mut at = from + 1;
        loop {
            let Some(found) = self.text[at..].find(quote) else { return Err((from, what)) };
            at += found + 1;
            if self.text[at..].starts_with(quote) {
                at += 1;
            } else {
                self.at = at;
                return Ok(());
            }
        }
    }

    fn dollars(&mut self, rest: &str) -> Result<(), (usize, &'static str)> {
        let Some(mark) = dollar(rest) else { return Ok(()) };
        let end = rest[mark.len()..].find(mark).ok_or((self.at, "this string does not end"))?;
        self.at += end + 2 * mark.len();
        Ok(())
    }

    fn comment(&mut self, rest: &str) -> Result<(), (usize, &'static str)> {
        self.at += block_comment(rest).ok_or((self.at, "this comment does not end"))?;
        Ok(())
    }
}

/// `$$` or `$tag$` at the beginning of a text.
fn dollar(rest: &str) -> Option<&str> {
    let end = rest.get(1..)?.find('$')? + 2;
    let tag = &rest[1..end - 1];
    let is_tag = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_tag && !tag.starts_with(|c: char| c.is_ascii_digit())).then(|| &rest[..end])
}

/// Bytes of a block comment; they hold each other.
fn block_comment(rest: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    let bytes = rest.as_bytes();
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    None
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The text without its comments.
pub(super) fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("--") {
            at += line(rest);
        } else if rest.starts_with("/*") {
            at += block_comment(rest).unwrap_or(rest.len());
            code.push(' ');
        } else {
            let Some(next) = rest.chars().next() else { break };
            code.push(next);
            at += next.len_utf8();
        }
    }
    code
}
