//! What assemblers complain of, in the classes that people count.

use hafs_proto::Reason;

/// The class of a complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ErrorClass {
    /// The text is no statement.
    Syntax,
    /// An instruction does not have the addressing mode.
    Addressing,
    /// A value does not fit.
    Range,
    /// A value that has to be known is not.
    Value,
    /// A name is not there, or is there twice.
    Label,
    /// A macro does not expand.
    Macro,
    /// A directive is unknown or used wrongly.
    Directive,
    /// The processor does not have the instruction.
    Instruction,
    /// A file or symbol that the snippet does not bring along.
    Outside,
    /// Anything else.
    Other,
}

impl ErrorClass {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Addressing => "addressing",
            Self::Range => "range",
            Self::Value => "value",
            Self::Label => "label",
            Self::Macro => "macro",
            Self::Directive => "directive",
            Self::Instruction => "instruction",
            Self::Outside => "outside",
            Self::Other => "other",
        }
    }

    /// Its code in the taxonomy of rejections.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Syntax | Self::Directive => Reason::SyntaxError,
            Self::Addressing => Reason::BadAddressing,
            Self::Range => Reason::OperandRange,
            Self::Label => Reason::UndefinedLabel,
            Self::Macro => Reason::MacroError,
            Self::Instruction => Reason::UnknownMnemonic,
            Self::Value | Self::Outside | Self::Other => Reason::ValidationFailed,
        }
    }

    /// The class of the first words that stand in a message.
    pub(super) fn of(message: &str, table: &[(&str, Self)]) -> Self {
        table.iter().find(|(words, _)| message.contains(words)).map_or(Self::Other, |(_, class)| *class)
    }
}

/// One complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Its class.
    pub class: ErrorClass,
    /// The line of the snippet, from 1.
    pub line: usize,
    /// The assembler's words.
    pub message: String,
    /// The name that nothing defines, when that is the complaint.
    pub undefined: Option<String>,
}

impl Complaint {
    /// The same, counted from the snippet's first line; beyond it, it stands at its last.
    pub(super) fn within(self, above: usize, lines: usize) -> Self {
        Self { line: self.line.saturating_sub(above).clamp(1, lines), ..self }
    }
}

/// A name that may stand in an assembly text.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A name of something that only another file can bring: a member of its scope or struct.
pub(super) fn is_of_elsewhere(name: &str) -> bool {
    name.contains("::") || name.get(1..).is_some_and(|rest| rest.contains('.'))
}
