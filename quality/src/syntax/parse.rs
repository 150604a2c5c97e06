//! One bounded parse.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use thiserror::Error;
use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

use super::language::Language;

/// The longest code that is parsed, in bytes.
pub const MAX_CODE_BYTES: usize = 256 * 1024;

/// Bytes that the parser is given at a time, so that looking far ahead can be counted.
const CHUNK: usize = 256;

/// Steps and reads that a parse may take: so many, and one for each so many bytes. Over three thousand honest files the
/// parser called back at most once in 40 bytes and read a text at most 12 times.
const SPARE: usize = 1_000;
const BYTES_PER_CALL: usize = 16;
const BYTES_PER_READ: usize = CHUNK / 24;

/// Brackets or signs that may stand inside each other; beyond, the parser's time grows with the square of the depth.
const MAX_DEPTH: usize = 1_000;

/// Levels of indentation of a Python text. Its scanner keeps them in a buffer of 1,024 bytes, two bytes each, and does
/// not look at its end closely enough.
const MAX_INDENTS: usize = 300;

/// Why code was not parsed. It is then unchecked, which is not the same as good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unparsed {
    /// Nothing but white space.
    #[error("there is no code")]
    Empty,
    /// Longer than is parsed.
    #[error("code of {bytes} bytes is over the limit of {MAX_CODE_BYTES} bytes")]
    TooLarge {
        /// Bytes found.
        bytes: usize,
    },
    /// The parser gave up within its steps.
    #[error("the parser did not finish within its steps")]
    TooMuchWork,
}

/// The tree of a text; it may hold errors. Places in the tree are places in the text.
pub(crate) fn parse(language: Language, code: &str) -> Result<Tree, Unparsed> {
    if code.trim().is_empty() {
        return Err(Unparsed::Empty);
    }
    if code.len() > MAX_CODE_BYTES {
        return Err(Unparsed::TooLarge { bytes: code.len() });
    }
    if is_too_deep(code) {
        return Err(Unparsed::TooMuchWork);
    }
    let code = &*harmless(language, code)?;
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).map_err(|_| Unparsed::TooMuchWork)?;
    let work = Work { calls: Cell::new(0), reads: Cell::new(0), bytes: code.len() };
    let mut count = |_: &ParseState| work.step();
    let options = ParseOptions::new().progress_callback(&mut count);
    let tree = parser.parse_with_options(&mut |at, _| work.read(code, at), None, Some(options));
    tree.filter(|_| !work.is_spent()).ok_or(Unparsed::TooMuchWork)
}

/// What a parse has cost so far, without a clock: the same text always ends the same way.
struct Work {
    calls: Cell<usize>,
    reads: Cell<usize>,
    bytes: usize,
}

impl Work {
    fn step(&self) -> ControlFlow<()> {
        self.calls.set(self.calls.get() + 1);
        if self.is_spent() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// The next bytes, or none when the work is spent: the parser then sees the end of the text and stops.
    fn read<'a>(&self, code: &'a str, at: usize) -> &'a [u8] {
        self.reads.set(self.reads.get() + 1);
        let end = if self.is_spent() { at } else { (at + CHUNK).min(code.len()) };
        code.as_bytes().get(at..end).unwrap_or_default()
    }

    fn is_spent(&self) -> bool {
        self.calls.get() > SPARE + self.bytes / BYTES_PER_CALL
            || self.reads.get() > SPARE + self.bytes / BYTES_PER_READ
    }
}

/// Where a node stands in the text, widened to whole characters: [`without_foreign_letters`] lets a grammar split them.
pub(super) fn place(text: &str, node: Node<'_>) -> Range<usize> {
    text.floor_char_boundary(node.start_byte())..text.ceil_char_boundary(node.end_byte())
}

/// The text in a form that the grammar's scanner, which is C, can be trusted with.
fn harmless(language: Language, code: &str) -> Result<Cow<'_, str>, Unparsed> {
    match language {
        Language::Bash if !code.is_ascii() => Ok(Cow::Owned(without_foreign_letters(code))),
        Language::Python if indents(code) > MAX_INDENTS => Err(Unparsed::TooMuchWork),
        Language::Python | Language::Bash | Language::Cpp | Language::Rust | Language::Json => {
            Ok(Cow::Borrowed(code))
        }
    }
}

/// The text with every byte beyond ASCII replaced by a letter. The scanner of Bash asks `isdigit` about whole code points,
/// which reads outside of a table and can end the process (tree-sitter-bash, issue 337). To a shell, such characters are
/// parts of words, as letters are.
fn without_foreign_letters(code: &str) -> String {
    code.bytes().map(|byte| if byte.is_ascii() { char::from(byte) } else { 'x' }).collect()
}

/// Whether brackets or signs stand too deep inside each other, whatever they mean in the language.
fn is_too_deep(code: &str) -> bool {
    let (mut brackets, mut signs) = (0_usize, 0_usize);
    code.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => brackets += 1,
            b')' | b']' | b'}' => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        match byte {
            b'-' | b'!' | b'*' | b'&' | b'~' | b'+' => signs += 1,
            b' ' | b'\n' | b'\t' | b'\r' => {}
            _ => signs = 0,
        }
        brackets > MAX_DEPTH || signs > MAX_DEPTH
    })
}

/// The number of different indentations.
fn indents(code: &str) -> usize {
    let width = |line: &str| -> usize {
        line.bytes()
            .map_while(|byte| match byte {
                b' ' => Some(1),
                b'\t' => Some(8),
                _ => None,
            })
            .sum()
    };
    code.lines().map(width).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grammar_loads_and_empty_or_huge_code_is_unchecked() {
        for language in Language::ALL {
            assert!(parse(*language, "1").is_ok(), "{language:?}");
            assert_eq!(parse(*language, " \n").err(), Some(Unparsed::Empty));
        }
        let huge = "a".repeat(MAX_CODE_BYTES + 1);
        assert_eq!(parse(Language::Rust, &huge).err(), Some(Unparsed::TooLarge { bytes: huge.len() }));
    }

    #[test]
    fn texts_that_scanners_cannot_be_trusted_with_do_not_reach_them() {
        for code in ["{\u{31860}", "{\u{10ffff}\u{e9}..3}", "a {\u{1f600}1..2}"] {
            assert!(parse(Language::Bash, code).is_ok(), "{code}");
        }
        let tree = parse(Language::Bash, "echo \u{e9}\u{1f600}; f").expect("parses");
        assert_eq!(tree.root_node().end_byte(), "echo \u{e9}\u{1f600}; f".len());
        let stairs: String = (0..600).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect();
        assert_eq!(parse(Language::Python, &stairs).err(), Some(Unparsed::TooMuchWork));
    }

    #[test]
    fn hostile_nesting_ends() {
        for language in Language::ALL {
            for unit in ["{", "(", "[", "<", "if x {", "\"", "#if\n", "`", "$(", "/*"] {
                let _ended = parse(*language, &unit.repeat(20_000 / unit.len()));
            }
        }
    }
}
