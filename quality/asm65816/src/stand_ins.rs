//! Values for the names that a snippet uses and does not define, so that it can be run alone.

use std::collections::BTreeSet;

use crate::opcodes::Kind;
use crate::registers::address;
use crate::syntax::{Expr, Operand, StatementKind, parse};

/// Where calls and jumps out of a snippet go: to its caller, so that a run ends there.
pub(crate) const AWAY: u32 = 0x80_fff0;
/// Where data with names of their own lie: in the first 8 KiB of work memory, clear of direct page and stack.
const DATA: u32 = 0x7e_0800;
const PLACES: u32 = 0x400;
/// Bytes from one to the next: a long pointer and one more do not reach the neighbour.
const STRIDE: u32 = 4;

/// The names that control goes to.
pub(crate) fn targets(text: &str) -> BTreeSet<String> {
    let Ok(program) = parse(text, None) else { return BTreeSet::new() };
    let target = |kind: &StatementKind<'_>| {
        let StatementKind::Instruction(instruction) = kind else { return None };
        let Operand::Plain(Expr::Symbol(name), None) = &instruction.operand else { return None };
        (instruction.mnemonic.kind() == Kind::Transfer).then(|| (*name).to_owned())
    };
    program.statements.iter().filter_map(|statement| target(&statement.kind)).collect()
}

/// A place for a name of data, the same each time: in memory, or that of the device that it names.
pub(crate) fn data(name: &str) -> u32 {
    if let Some(device) = address(name) {
        return device;
    }
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    DATA + hash % PLACES * STRIDE
}
