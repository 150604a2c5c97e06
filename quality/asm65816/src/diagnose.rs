//! What is found wrong in a text, where, and what may have been meant.

use std::fmt;

/// A byte range of the text, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range as an index into the text.
    #[must_use]
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The same range, `by` bytes further on; for a piece of a longer text.
    #[must_use]
    pub const fn shifted(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }
}

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A word in the place of an instruction that no processor of the family has.
    UnknownMnemonic,
    /// An operand that cannot be read.
    Malformed,
    /// A bracket or quote without its partner.
    Unbalanced,
    /// A number that is none.
    BadNumber,
    /// An addressing mode that the instruction does not have.
    BadAddressing,
    /// A value that does not fit its operand.
    OperandRange,
    /// A branch to further away than a branch can go.
    BranchRange,
    /// A local label that its scope does not define.
    UndefinedLabel,
    /// A label that is defined twice.
    DuplicateLabel,
    /// A block (`macro`, `if`, `.proc`) that is not closed, or closed without being open.
    BlockMismatch,
    /// An immediate of a size that the processor does not read at that place, on every way there.
    WidthMismatch,
    /// A routine that leaves its stack deeper or shallower than it found it, on every way through.
    StackImbalance,
    /// A return that does not belong to the way the routine is called.
    ReturnMismatch,
}

impl Code {
    /// The word used in messages and counts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::UnknownMnemonic => "unknown-mnemonic",
            Self::Malformed => "malformed-operand",
            Self::Unbalanced => "unbalanced",
            Self::BadNumber => "bad-number",
            Self::BadAddressing => "bad-addressing",
            Self::OperandRange => "operand-range",
            Self::BranchRange => "branch-range",
            Self::UndefinedLabel => "undefined-label",
            Self::DuplicateLabel => "duplicate-label",
            Self::BlockMismatch => "block-mismatch",
            Self::WidthMismatch => "width-mismatch",
            Self::StackImbalance => "stack-imbalance",
            Self::ReturnMismatch => "return-mismatch",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One thing that is certainly wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind.
    pub code: Code,
    /// Where.
    pub span: Span,
    /// What, for people; with what to do where that is known.
    pub message: String,
}

impl Diagnostic {
    pub(crate) const fn new(code: Code, span: Span, message: String) -> Self {
        Self { code, span, message }
    }
}
