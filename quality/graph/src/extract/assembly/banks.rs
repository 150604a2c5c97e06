//! The direct page and the data bank along a straight piece of code, as far as they are certain. Every label, call, macro
//! and block ends what is known.

use hafs_asm65816::opcodes::Mnemonic;
use hafs_asm65816::syntax::{Instruction, Operand};

use super::value::Value;

/// What was pushed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pushed {
    Byte(u8),
    Word(u16),
}

/// What is certain at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Banks {
    /// The data bank.
    pub data: Option<u8>,
    /// The direct page.
    pub direct: Option<u16>,
    accumulator: Option<Value>,
    top: Option<Pushed>,
}

impl Banks {
    /// What holds behind an instruction whose operand is worth so much.
    pub(super) fn follow(&mut self, instruction: &Instruction<'_>, worth: Option<Value>) {
        let mnemonic = instruction.mnemonic;
        let is = |these: &[Mnemonic]| these.contains(&mnemonic);
        if is(LEAVING) {
            *self = Self::default();
        } else if is(PUSHING) {
            self.top = self.pushed(mnemonic, worth);
        } else if mnemonic == Mnemonic::Plb {
            (self.data, self.top) = match self.top {
                Some(Pushed::Byte(bank)) => (Some(bank), None),
                Some(Pushed::Word(both)) => {
                    let [bank, next] = both.to_le_bytes();
                    (Some(bank), Some(Pushed::Byte(next)))
                }
                None => (None, None),
            };
        } else if mnemonic == Mnemonic::Pld {
            self.direct = if let Some(Pushed::Word(page)) = self.top { Some(page) } else { None };
            self.top = None;
        } else if mnemonic == Mnemonic::Tcd {
            self.direct = self.accumulator.filter(|value| value.bytes >= 2).and_then(word);
        } else if mnemonic == Mnemonic::Lda {
            self.accumulator = worth.filter(|_| matches!(instruction.operand, Operand::Immediate(_)));
        } else if !is(HARMLESS) {
            (self.accumulator, self.top) = (None, None);
        }
    }

    /// What a push leaves on top of the stack. The accumulator is as wide as its value was written.
    fn pushed(&self, mnemonic: Mnemonic, worth: Option<Value>) -> Option<Pushed> {
        if mnemonic == Mnemonic::Pea {
            return worth.and_then(word).map(Pushed::Word);
        }
        match self.accumulator.filter(|_| mnemonic == Mnemonic::Pha)? {
            value @ Value { bytes: 1, .. } => u8::try_from(value.value).ok().map(Pushed::Byte),
            value @ Value { bytes: 2, .. } => word(value).map(Pushed::Word),
            Value { .. } => None,
        }
    }
}

/// Instructions behind which nothing is certain any more: others' code has run, or the data bank has changed.
const LEAVING: &[Mnemonic] =
    &[Mnemonic::Jsr, Mnemonic::Jsl, Mnemonic::Brk, Mnemonic::Cop, Mnemonic::Mvn, Mnemonic::Mvp];
/// Instructions that push.
const PUSHING: &[Mnemonic] = &[
    Mnemonic::Pha,
    Mnemonic::Phb,
    Mnemonic::Phd,
    Mnemonic::Phk,
    Mnemonic::Php,
    Mnemonic::Phx,
    Mnemonic::Phy,
    Mnemonic::Pea,
    Mnemonic::Pei,
    Mnemonic::Per,
];
/// Instructions that change neither the accumulator nor the stack.
const HARMLESS: &[Mnemonic] =
    &[Mnemonic::Rep, Mnemonic::Sep, Mnemonic::Sta, Mnemonic::Stx, Mnemonic::Sty, Mnemonic::Stz];

fn word(value: Value) -> Option<u16> {
    u16::try_from(value.value).ok()
}
