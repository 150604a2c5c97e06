//! A routine as bytes in memory, if it is whole and keeps to itself.

use std::collections::{BTreeMap, BTreeSet};

use super::NotAlone;
use super::play::HOOK;
use crate::encode::{Options, encode};
use crate::equivalent::CODE;
use crate::names::{Names, names};
use crate::opcodes::Kind;
use crate::stand_ins::data;
use crate::syntax::{Dialect, Expr, Operand, Program, StatementKind, parse};

/// Bytes of code that fit before the hook.
const MAX_BYTES: usize = 0x6000;

/// Code in memory.
#[derive(Debug, Clone)]
pub(super) struct Assembled {
    pub(super) bytes: Vec<u8>,
    /// The lines of its instructions, by address.
    pub(super) lines: BTreeMap<u32, u32>,
    /// Addresses of its conditional branches.
    pub(super) forks: BTreeSet<u32>,
}

/// Assembles a text that goes nowhere but to its own labels, to the hook, and back.
pub(super) fn assemble(text: &str, dialect: Dialect, hook: Option<&str>) -> Result<Assembled, NotAlone> {
    let program = parse(text, Some(dialect)).map_err(|_| NotAlone::NotEncoded)?;
    let names = names(&program);
    if let Some(line) = leaves(&program, &names, hook) {
        return Err(NotAlone::Leaves { line });
    }
    let symbols = |name: &str| Some(if Some(name) == hook { HOOK } else { data(name) });
    let encoded = encode(&program, &names, &Options { origin: CODE, symbols: &symbols });
    let sound = program.diagnostics.is_empty() && encoded.diagnostics.is_empty();
    let bytes = encoded.whole().filter(|bytes| sound && !bytes.is_empty() && bytes.len() < MAX_BYTES);
    let mut assembled = Assembled {
        bytes: bytes.ok_or(NotAlone::NotEncoded)?,
        lines: BTreeMap::new(),
        forks: BTreeSet::new(),
    };
    for (statement, address) in program.statements.iter().zip(&encoded.addresses) {
        if let (StatementKind::Instruction(instruction), Some(address)) = (&statement.kind, address) {
            assembled.lines.insert(*address, statement.line);
            assembled.forks.extend(instruction.mnemonic.is_conditional().then_some(*address));
        }
    }
    Ok(assembled)
}

/// The line of the first call or jump that does not go to a label of the text or to the hook.
fn leaves(program: &Program<'_>, names: &Names<'_>, hook: Option<&str>) -> Option<u32> {
    let stays = |at, operand: &Operand<'_>| match operand {
        Operand::Plain(expr @ Expr::Symbol(name), None) => {
            Some(*name) == hook || names.target(at, expr).is_some()
        }
        Operand::Plain(expr, None) => names.target(at, expr).is_some(),
        Operand::None => true,
        Operand::Plain(_, Some(_))
        | Operand::Accumulator
        | Operand::Immediate(_)
        | Operand::Indirect(..)
        | Operand::IndirectLong(..)
        | Operand::Banks(..)
        | Operand::Opaque => false,
    };
    let mut statements = program.statements.iter().enumerate();
    statements.find_map(|(at, statement)| match &statement.kind {
        StatementKind::Instruction(instruction)
            if instruction.mnemonic.kind() == Kind::Transfer && !stays(at, &instruction.operand) =>
        {
            Some(statement.line)
        }
        StatementKind::Instruction(_)
        | StatementKind::Label(_)
        | StatementKind::Assign { .. }
        | StatementKind::Directive(_)
        | StatementKind::MacroCall(_)
        | StatementKind::Opaque => None,
    })
}
