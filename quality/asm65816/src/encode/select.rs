//! Which of its modes an operand means, as each dialect decides it.

use crate::opcodes::{Mode, Register};
use crate::syntax::{Dialect, Directive, Instruction, Operand};

use super::modes::{Modes, is_repeatable};
use super::value::Value;

/// What the assembler believes of the register widths, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Widths {
    pub accumulator: Option<u8>,
    pub index: Option<u8>,
    smart: bool,
    /// Whether what an option of the command line may change counts as unknown.
    doubts: bool,
}

impl Widths {
    /// What is believed at the start of a text: ca65 begins with 8 bits.
    pub(super) fn initial(dialect: Option<Dialect>) -> Self {
        let width = (dialect == Some(Dialect::Ca65)).then_some(1);
        Self { accumulator: width, index: width, smart: dialect == Some(Dialect::Wla), doubts: false }
    }

    /// What is certain at the start of a text: ca65 may have been told to follow `REP` and `SEP` by an option.
    pub(super) fn certain(dialect: Option<Dialect>) -> Self {
        Self { doubts: true, accumulator: None, index: None, ..Self::initial(dialect) }
    }

    /// Follows a directive.
    pub(super) fn directive(&mut self, directive: &Directive<'_>) {
        match directive {
            Directive::AccumulatorWidth(bytes) => self.accumulator = Some(*bytes),
            Directive::IndexWidth(bytes) => self.index = Some(*bytes),
            Directive::Smart => self.smart = true,
            Directive::Origin(_)
            | Directive::Data(..)
            | Directive::Space(..)
            | Directive::Block(_)
            | Directive::Unsized
            | Directive::Namespace(_)
            | Directive::Neutral => {}
        }
    }

    /// Follows `REP` and `SEP` where the assembler does so itself.
    pub(super) fn status(&mut self, sets: bool, bits: u8) {
        let bytes = if sets { 1 } else { 2 };
        let believed = self.smart.then_some(bytes);
        if self.smart || self.doubts {
            self.accumulator = if bits & 0x20 != 0 { believed } else { self.accumulator };
            self.index = if bits & 0x10 != 0 { believed } else { self.index };
        }
    }
}

/// A mode with the bytes of its operand, and how often the instruction is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub mode: Mode,
    pub bytes: u8,
    pub repeat: u32,
}

/// The longest repetition that is written out.
const MAX_REPEAT: i64 = 256;

/// The mode that the assembler takes; none where that cannot be known here.
pub(super) fn choose(
    instruction: &Instruction<'_>,
    modes: Modes,
    value: Value,
    dialect: Option<Dialect>,
    widths: Widths,
) -> Option<Choice> {
    let once = |mode: Mode, bytes| Some(Choice { mode, bytes, repeat: 1 });
    let smallest = modes.smallest()?;
    if matches!(smallest, Mode::ImmediateM | Mode::ImmediateX) {
        return once(smallest, immediate(instruction, value, dialect, widths)?);
    }
    if matches!(smallest, Mode::Implied | Mode::Accumulator) {
        let repeated =
            matches!(instruction.operand, Operand::Immediate(_)) && is_repeatable(instruction.mnemonic);
        let times = if repeated { value.known.filter(|times| (0..=MAX_REPEAT).contains(times))? } else { 1 };
        return Some(Choice { mode: smallest, bytes: 0, repeat: u32::try_from(times).ok()? });
    }
    if modes.largest() == Some(smallest) {
        return once(smallest, own_len(smallest));
    }
    let wanted = match instruction.size {
        Some(size) => size.bytes(),
        None => address(value, dialect)?,
    };
    let mode = modes.at_least(wanted).or(modes.largest())?;
    once(mode, own_len(mode))
}

pub(super) fn own_len(mode: Mode) -> u8 {
    u8::try_from(mode.operand_len(true)).unwrap_or(0)
}

/// Bytes of an immediate that follows a register's width.
fn immediate(
    instruction: &Instruction<'_>,
    value: Value,
    dialect: Option<Dialect>,
    widths: Widths,
) -> Option<u8> {
    if let Some(size) = instruction.size {
        return Some(size.bytes().min(2));
    }
    let believed =
        if instruction.mnemonic.register() == Register::Index { widths.index } else { widths.accumulator };
    match dialect {
        Some(Dialect::Ca65) => believed,
        _ if value.vague => None,
        Some(Dialect::Wla) if value.width > 1 => Some(2),
        Some(Dialect::Wla) => believed,
        Some(Dialect::Asar) | None if value.label => Some(2),
        Some(Dialect::Asar) | None => match value.width {
            0 => None,
            1 => Some(1),
            _ => Some(2),
        },
    }
}

/// Bytes of an address without a written size.
fn address(value: Value, dialect: Option<Dialect>) -> Option<u8> {
    let by_value = value.known.map(|known| match known {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        _ => 3,
    });
    match dialect {
        Some(Dialect::Asar | Dialect::Wla) | None if value.vague => None,
        Some(Dialect::Ca65) if value.label => Some(2),
        Some(Dialect::Ca65) => by_value.or(Some(2)),
        Some(Dialect::Wla) if value.label => Some(2),
        Some(Dialect::Wla) => by_value.map(|bytes: u8| bytes.max(value.width)),
        Some(Dialect::Asar) | None if value.label => Some(value.width.max(2)),
        Some(Dialect::Asar) | None => Some(value.width).filter(|&width| width > 0),
    }
}
