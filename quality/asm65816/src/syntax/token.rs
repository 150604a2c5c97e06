//! The pieces of a line.

use crate::diagnose::Span;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name; dots and `::` inside it belong to it.
    Word,
    /// A name with a dot, `@` or `?` in front.
    Sigil,
    /// `!name`
    Define,
    /// `<name>`, `\name`: stands for other text.
    Placeholder,
    /// `%name`
    MacroName,
    /// A number and the bytes that its spelling asks for.
    Number(u32, u8),
    /// A number that is none.
    BadNumber,
    /// A text in quotes.
    Text,
    /// A quote that is not closed on its line.
    OpenText,
    /// Two signs that belong together.
    Pair([u8; 2]),
    /// One sign.
    Sign(u8),
    /// Anything else.
    Other,
}

/// One piece with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
    /// Whether a space stands before it.
    pub spaced: bool,
}

impl Token {
    pub(super) fn is(&self, sign: u8) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// The sign it is; zero when it is none.
    pub(super) fn sign(&self) -> u8 {
        if let Kind::Sign(sign) = self.kind { sign } else { 0 }
    }

    pub(super) fn text<'s>(&self, source: &'s str) -> &'s str {
        source.get(self.span.range()).unwrap_or("")
    }
}
