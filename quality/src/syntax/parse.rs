//! One bounded parse.

use std::ops::ControlFlow;

use thiserror::Error;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use super::language::Language;

/// The longest code that is parsed, in bytes.
pub const MAX_CODE_BYTES: usize = 1 << 20;

/// Calls of the progress callback that are allowed beyond one per byte. The parser calls it every hundred or so of
/// its steps, an honest text needs far less than one call per byte.
const SPARE_CALLS: usize = 10_000;

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

/// The tree of a text; it may hold errors.
pub(super) fn parse(language: Language, code: &str) -> Result<Tree, Unparsed> {
    if code.trim().is_empty() {
        return Err(Unparsed::Empty);
    }
    if code.len() > MAX_CODE_BYTES {
        return Err(Unparsed::TooLarge { bytes: code.len() });
    }
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).map_err(|_| Unparsed::TooMuchWork)?;
    let mut calls = 0;
    let mut count = |_: &ParseState| {
        calls += 1;
        if calls > code.len() + SPARE_CALLS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut count);
    let bytes = code.as_bytes();
    parser
        .parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
        .ok_or(Unparsed::TooMuchWork)
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
    fn hostile_nesting_ends() {
        for language in Language::ALL {
            for unit in ["{", "(", "[", "<", "if x {", "\"", "#if\n", "`", "$(", "/*"] {
                let _ended = parse(*language, &unit.repeat(20_000 / unit.len()));
            }
        }
    }
}
