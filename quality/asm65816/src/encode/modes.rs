//! The modes that an operand's shape can mean.

use crate::diagnose::{Code, Diagnostic};
use crate::opcodes::{Kind, Mnemonic, Mode, Register, find, modes_of};
use crate::syntax::{Dialect, Index, Instruction, Operand};

/// The modes that an instruction has for one shape, by the bytes of the operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modes {
    /// With one byte.
    pub byte: Option<Mode>,
    /// With two.
    pub word: Option<Mode>,
    /// With three.
    pub long: Option<Mode>,
}

impl Modes {
    const fn one(mode: Mode) -> Self {
        match mode.operand_len(true) {
            3 => Self { byte: None, word: None, long: Some(mode) },
            2 => Self { byte: None, word: Some(mode), long: None },
            _ => Self { byte: Some(mode), word: None, long: None },
        }
    }

    const fn of(byte: Mode, word: Mode, long: Option<Mode>) -> Self {
        Self { byte: Some(byte), word: Some(word), long }
    }

    fn kept(self, keep: impl Fn(Mode) -> bool) -> Self {
        let kept = |mode: Option<Mode>| mode.filter(|&mode| keep(mode));
        Self { byte: kept(self.byte), word: kept(self.word), long: kept(self.long) }
    }

    /// The smallest mode there is.
    #[must_use]
    pub fn smallest(self) -> Option<Mode> {
        self.byte.or(self.word).or(self.long)
    }

    /// The largest mode there is.
    #[must_use]
    pub fn largest(self) -> Option<Mode> {
        self.long.or(self.word).or(self.byte)
    }

    /// The mode of at least so many bytes.
    #[must_use]
    pub fn at_least(self, bytes: u8) -> Option<Mode> {
        match bytes {
            0 | 1 => self.smallest(),
            2 => self.word.or(self.long),
            3 => self.long,
            _ => None,
        }
    }

    /// The mode of exactly so many bytes.
    #[must_use]
    pub const fn exactly(self, bytes: u8) -> Option<Mode> {
        match bytes {
            1 => self.byte,
            2 => self.word,
            3 => self.long,
            _ => None,
        }
    }
}

/// The modes that an instruction can mean.
///
/// # Errors
/// A diagnostic of [`Code::BadAddressing`] when the processor has none for the shape of the operand.
pub fn modes(instruction: &Instruction<'_>, dialect: Option<Dialect>) -> Result<Modes, Diagnostic> {
    let mnemonic = instruction.mnemonic;
    // Long jumps and calls have names of their own in asar.
    let is_long = |mode| mode == Mode::Long && matches!(mnemonic, Mnemonic::Jmp | Mnemonic::Jsr);
    let has = |mode| find(mnemonic, mode).is_some() && !(dialect == Some(Dialect::Asar) && is_long(mode));
    let found = shape(mnemonic, &instruction.operand, dialect).kept(has);
    if found.smallest().is_some() {
        return Ok(found);
    }
    let has: Vec<&str> = distinct(mnemonic);
    let message = format!("{mnemonic} takes no such operand; it takes {}", has.join(", "));
    Err(Diagnostic::new(Code::BadAddressing, instruction.operand_span, message))
}

fn distinct(mnemonic: Mnemonic) -> Vec<&'static str> {
    let mut notations = Vec::new();
    for mode in modes_of(mnemonic) {
        if !notations.contains(&mode.notation()) {
            notations.push(mode.notation());
        }
    }
    notations
}

fn shape(mnemonic: Mnemonic, operand: &Operand<'_>, dialect: Option<Dialect>) -> Modes {
    match operand {
        Operand::None => none(mnemonic),
        Operand::Accumulator => Modes::one(Mode::Accumulator),
        Operand::Immediate(_) => immediate(mnemonic, dialect),
        Operand::Plain(_, index) => plain(mnemonic, *index, dialect),
        Operand::Indirect(_, inner, outer) => indirect(mnemonic, *inner, *outer, dialect),
        Operand::IndirectLong(_, None) => Modes::of(Mode::IndirectLong, Mode::AbsoluteIndirectLong, None),
        Operand::IndirectLong(_, Some(Index::Y)) => Modes::one(Mode::IndirectLongY),
        Operand::Banks(..) => Modes::one(Mode::BlockMove),
        Operand::IndirectLong(_, Some(Index::X | Index::S)) | Operand::Opaque => Modes::default(),
    }
}

/// Without an operand: implied, the accumulator, or a signature that is left out.
fn none(mnemonic: Mnemonic) -> Modes {
    let mode = if matches!(mnemonic, Mnemonic::Brk | Mnemonic::Cop | Mnemonic::Wdm) {
        Mode::Immediate8
    } else if find(mnemonic, Mode::Accumulator).is_some() {
        Mode::Accumulator
    } else {
        Mode::Implied
    };
    Modes::one(mode)
}

fn immediate(mnemonic: Mnemonic, dialect: Option<Dialect>) -> Modes {
    let fixed =
        matches!(mnemonic, Mnemonic::Rep | Mnemonic::Sep | Mnemonic::Brk | Mnemonic::Cop | Mnemonic::Wdm);
    if fixed {
        return Modes::one(Mode::Immediate8);
    }
    if mnemonic == Mnemonic::Pea && dialect != Some(Dialect::Asar) {
        return Modes::one(Mode::Absolute);
    }
    if dialect != Some(Dialect::Ca65) && is_repeatable(mnemonic) {
        return none(mnemonic);
    }
    let mode = if mnemonic.register() == Register::Index { Mode::ImmediateX } else { Mode::ImmediateM };
    Modes { byte: Some(mode), word: Some(mode), long: None }
}

/// Whether `#n` repeats an instruction, as asar has it for shifts, steps and `NOP`.
pub(super) fn is_repeatable(mnemonic: Mnemonic) -> bool {
    use Mnemonic as M;
    matches!(
        mnemonic,
        M::Asl | M::Lsr | M::Rol | M::Ror | M::Inc | M::Dec | M::Inx | M::Iny | M::Dex | M::Dey | M::Nop
    )
}

fn plain(mnemonic: Mnemonic, index: Option<Index>, dialect: Option<Dialect>) -> Modes {
    let traps = matches!(mnemonic, Mnemonic::Brk | Mnemonic::Cop | Mnemonic::Wdm);
    match index {
        None if mnemonic.kind() == Kind::Transfer && find(mnemonic, Mode::Relative).is_some() => {
            Modes::one(Mode::Relative)
        }
        None if find(mnemonic, Mode::RelativeLong).is_some() => Modes::one(Mode::RelativeLong),
        None if traps && dialect != Some(Dialect::Asar) => Modes::one(Mode::Immediate8),
        None if mnemonic == Mnemonic::Pei && dialect != Some(Dialect::Asar) => Modes::one(Mode::Indirect),
        // asar takes the two banks of a block move as one number.
        None if find(mnemonic, Mode::BlockMove).is_some() && dialect != Some(Dialect::Ca65) => {
            Modes::one(Mode::BlockMove)
        }
        None => Modes::of(Mode::Direct, Mode::Absolute, Some(Mode::Long)),
        Some(Index::X) => Modes::of(Mode::DirectX, Mode::AbsoluteX, Some(Mode::LongX)),
        Some(Index::Y) => Modes::of(Mode::DirectY, Mode::AbsoluteY, None),
        Some(Index::S) => Modes::one(Mode::Stack),
    }
}

fn indirect(
    mnemonic: Mnemonic,
    inner: Option<Index>,
    outer: Option<Index>,
    dialect: Option<Dialect>,
) -> Modes {
    match (inner, outer) {
        // ca65 writes the long form with round brackets too.
        (None, None) if mnemonic == Mnemonic::Jml && dialect != Some(Dialect::Asar) => {
            Modes::one(Mode::AbsoluteIndirectLong)
        }
        (None, None) => Modes::of(Mode::Indirect, Mode::AbsoluteIndirect, None),
        (Some(Index::X), None) => Modes::of(Mode::IndirectX, Mode::AbsoluteIndirectX, None),
        (None, Some(Index::Y)) => Modes::one(Mode::IndirectY),
        (Some(Index::S), Some(Index::Y)) => Modes::one(Mode::StackIndirectY),
        (None | Some(Index::X | Index::Y | Index::S), _) => Modes::default(),
    }
}
