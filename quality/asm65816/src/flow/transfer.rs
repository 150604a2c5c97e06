//! What one instruction does to what is known.

#![expect(clippy::wildcard_enum_match_arm, reason = "most instructions change nothing that is followed")]

use crate::opcodes::{Mnemonic, Register};
use crate::syntax::{Directive, Expr, Instruction, Operand, StatementKind};

use super::state::{Bit, Item, State, Widths};

/// The state behind a statement. Calls are left to the caller of this.
pub(super) fn behind(state: &mut State, kind: &StatementKind<'_>) {
    match kind {
        StatementKind::Instruction(instruction) => step(state, instruction),
        StatementKind::MacroCall(_)
        | StatementKind::Opaque
        | StatementKind::Directive(Directive::Unsized) => {
            *state = State::lost();
        }
        StatementKind::Label(_) | StatementKind::Assign { .. } | StatementKind::Directive(_) => {}
    }
}

fn step(state: &mut State, instruction: &Instruction<'_>) {
    let mnemonic = instruction.mnemonic;
    let carry = state.carry.take();
    match mnemonic {
        Mnemonic::Clc | Mnemonic::Sec => state.carry = Some(mnemonic == Mnemonic::Sec),
        Mnemonic::Rep | Mnemonic::Sep => status(state, instruction),
        Mnemonic::Xce => match carry {
            // Into emulation mode all is 8 bits wide; out of it nothing changes.
            Some(true) => state.widths = Widths { m: Bit::Set, x: Bit::Set },
            Some(false) => {}
            None => state.widths = Widths::UNKNOWN,
        },
        Mnemonic::Php => state.push(Item::Status(state.widths)),
        Mnemonic::Plp => state.pull_status(),
        Mnemonic::Tcs | Mnemonic::Txs => state.stack = None,
        Mnemonic::Brk | Mnemonic::Cop => *state = State::lost(),
        _ => stack(state, mnemonic),
    }
}

fn status(state: &mut State, instruction: &Instruction<'_>) {
    let set = instruction.mnemonic == Mnemonic::Sep;
    let Operand::Immediate(Expr::Number { value, .. }) = &instruction.operand else {
        state.widths = Widths::UNKNOWN;
        return;
    };
    if value & 0x20 != 0 {
        state.widths.m = Bit::of(set);
    }
    if value & 0x10 != 0 {
        state.widths.x = Bit::of(set);
    }
    state.carry = (value & 1 != 0).then_some(set);
}

fn stack(state: &mut State, mnemonic: Mnemonic) {
    let sized = match mnemonic.register() {
        Register::Accumulator => state.widths.m.bytes(),
        Register::Index => state.widths.x.bytes(),
        Register::Fixed => {
            Some(if matches!(mnemonic, Mnemonic::Phb | Mnemonic::Phk | Mnemonic::Plb) { 1 } else { 2 })
        }
    };
    match mnemonic {
        Mnemonic::Pha | Mnemonic::Phx | Mnemonic::Phy => state.push(Item::Bytes(sized)),
        Mnemonic::Phb | Mnemonic::Phk | Mnemonic::Phd | Mnemonic::Pea | Mnemonic::Pei | Mnemonic::Per => {
            state.push(Item::Bytes(sized));
        }
        Mnemonic::Pla | Mnemonic::Plx | Mnemonic::Ply | Mnemonic::Plb | Mnemonic::Pld => state.pull(sized),
        _ => {}
    }
}
