//! A place in the pieces of one statement.

use crate::diagnose::{Code, Diagnostic, Span};

use super::dialect::Dialect;
use super::token::{Kind, Token};

pub(super) struct Cursor<'a, 's> {
    pub source: &'s str,
    pub dialect: Option<Dialect>,
    tokens: &'a [Token],
    at: usize,
}

impl<'a, 's> Cursor<'a, 's> {
    pub(super) const fn new(source: &'s str, dialect: Option<Dialect>, tokens: &'a [Token]) -> Self {
        Self { source, dialect, tokens, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<Token> {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, by: usize) -> Option<Token> {
        self.tokens.get(self.at + by).copied()
    }

    pub(super) const fn skip(&mut self, by: usize) {
        self.at += by;
    }

    /// Takes a sign if it is next.
    pub(super) fn take(&mut self, sign: u8) -> bool {
        let found = self.peek().is_some_and(|token| token.is(sign));
        self.skip(usize::from(found));
        found
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// What has not been taken yet.
    pub(super) fn rest(&self) -> &'a [Token] {
        self.tokens.get(self.at..).unwrap_or(&[])
    }

    pub(super) fn text(&self, token: Token) -> &'s str {
        token.text(self.source)
    }

    /// A diagnostic at the next piece, or at the last one when nothing is left.
    pub(super) fn problem(&self, code: Code, message: &str) -> Diagnostic {
        let span =
            self.peek().or_else(|| self.tokens.last().copied()).map_or(Span::default(), |token| token.span);
        Diagnostic::new(code, span, message.to_owned())
    }

    /// A diagnostic that the next piece does not belong there.
    pub(super) fn unexpected(&self) -> Diagnostic {
        match self.peek() {
            None => self.problem(Code::Malformed, "the operand stops short; give it a value"),
            Some(token) if token.kind == Kind::OpenText => {
                self.problem(Code::Unbalanced, "a quote that is not closed on its line; close it")
            }
            Some(token) if token.kind == Kind::BadNumber => {
                let text = clip(self.text(token));
                self.problem(
                    Code::BadNumber,
                    &format!("`{text}` is no number; hexadecimal digits stand behind `$`"),
                )
            }
            Some(token) if token.is(b')') || token.is(b']') => {
                self.problem(Code::Unbalanced, "a bracket closes that was never opened; remove it")
            }
            Some(token) => {
                let text = clip(self.text(token));
                self.problem(Code::Malformed, &format!("`{text}` cannot stand here"))
            }
        }
    }

    /// Whether what is left holds text that stands for other text.
    pub(super) fn has_placeholders(&self) -> bool {
        self.rest()
            .iter()
            .any(|token| matches!(token.kind, Kind::Placeholder | Kind::Define | Kind::MacroName))
    }

    /// The place of the bracket that closes the one that is next.
    pub(super) fn closing(&self) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, token) in self.rest().iter().enumerate() {
            match token.sign() {
                b'(' | b'[' => depth += 1,
                b')' | b']' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// From the first to the last piece.
pub(super) fn span_of(tokens: &[Token]) -> Span {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => Span { start: first.span.start, end: last.span.end },
        _ => Span::default(),
    }
}

/// The beginning of a text, for messages.
pub(super) fn clip(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}
