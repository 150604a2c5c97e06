//! The repairs that the reader may make.

/// Something that is not JSON and has exactly one reading. Reported with the result, so that a teacher which
/// needs repairs often can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repair {
    /// A comma before a closing bracket.
    TrailingComma,
    /// A string in single quotes.
    SingleQuotes,
    /// `True`, `False` or `None`.
    PythonLiteral,
    /// A raw newline, tab or other control character inside a string.
    RawControl,
    /// A backslash before a character that JSON does not escape; the backslash was meant.
    BadEscape,
    /// Quotes inside a string that were not escaped.
    InnerQuotes,
    /// The records stood inside an envelope such as `{"samples": [...]}`.
    Unwrapped,
}

impl Repair {
    /// The word for logs and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TrailingComma => "trailing_comma",
            Self::SingleQuotes => "single_quotes",
            Self::PythonLiteral => "python_literal",
            Self::RawControl => "raw_control",
            Self::BadEscape => "bad_escape",
            Self::InnerQuotes => "inner_quotes",
            Self::Unwrapped => "unwrapped",
        }
    }
}
