//! What assemblers complain of, in the classes that people count.

use std::path::{Component, Path};

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
    /// The code does not fit where it has to lie.
    Space,
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
            Self::Space => "space",
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
            Self::Value | Self::Outside | Self::Space | Self::Other => Reason::ValidationFailed,
        }
    }

    /// Whether the snippet alone cannot be blamed for it.
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Outside | Self::Space)
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
    /// The lines of the file that is asked about, from 1, innermost first where macros call each other; none when it stands in
    /// another file.
    pub lines: Vec<usize>,
    /// The assembler's words.
    pub message: String,
    /// The name that nothing defines, when that is the complaint.
    pub undefined: Option<String>,
}

impl Complaint {
    /// The same, counted from the snippet's first line; beyond it, it stands at its last.
    pub(super) fn within(mut self, above: usize, lines: usize) -> Self {
        for line in &mut self.lines {
            *line = line.saturating_sub(above).clamp(1, lines);
        }
        self
    }

    /// The line where it stands; 0 when that is in another file.
    pub(super) fn line(&self) -> usize {
        self.lines.first().copied().unwrap_or(0)
    }
}

/// Leaves the first complaint of each line: a statement that is wrong once is often wrong in several ways, and the first says why.
pub(super) fn first_of_each_line(mut complaints: Vec<Complaint>) -> Vec<Complaint> {
    complaints.dedup_by(|next, one| {
        next.line() == one.line() && one.line() > 0 && next.undefined.is_some() == one.undefined.is_some()
    });
    complaints
}

/// The lines of a file among places as assemblers write them: `FILE:12`, `FILE(12)`.
pub(super) fn lines_of<'s>(places: impl Iterator<Item = &'s str>, file: &Path) -> Vec<usize> {
    let line = |place: &str| {
        let (path, line) = place.trim_end_matches(')').rsplit_once([':', '('])?;
        is_same(path, file).then(|| line.parse().ok())?
    };
    places.filter_map(line).collect()
}

/// Whether this is the path of a file, written in another way perhaps.
fn is_same(said: &str, file: &Path) -> bool {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in Path::new(said).components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => parts.push(part),
        }
    }
    parts.into_iter().eq(file.components())
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
