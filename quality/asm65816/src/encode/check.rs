//! What an operand alone shows: a mode that is not there, a value that does not fit.

use crate::diagnose::{Code, Diagnostic};
use crate::names::Names;
use crate::opcodes::{Kind, Mode};
use crate::syntax::{BinaryOp, Dialect, Expr, Instruction, Operand, Program, StatementKind};

use super::modes::{Modes, modes};
use super::select::own_len;
use super::value::{Scope, Value};

/// Operands whose mode the processor does not have or whose value does not fit, whatever stands elsewhere.
#[must_use]
pub fn operands(program: &Program<'_>, names: &Names<'_>) -> Vec<Diagnostic> {
    let scope = Scope::new((program, names), &[], &|_| None);
    let statements = program.statements.iter().enumerate();
    statements
        .filter_map(|(at, statement)| {
            let StatementKind::Instruction(instruction) = &statement.kind else { return None };
            check(&scope, at, instruction).err()
        })
        .collect()
}

fn check(scope: &Scope<'_, '_>, at: usize, instruction: &Instruction<'_>) -> Result<(), Diagnostic> {
    let dialect = scope.program.dialect;
    let value = expr(&instruction.operand).map(|expr| scope.value(at, expr)).unwrap_or_default();
    if instruction.opaque && value.known.is_none() {
        return Ok(());
    }
    let modes = modes(instruction, dialect)?;
    if let Operand::Banks(first, second) = &instruction.operand {
        return [first, second].iter().try_for_each(|bank| {
            let value = scope.value(at, bank);
            if value.literal && dialect != Some(Dialect::Ca65) { fits(instruction, value, 1) } else { Ok(()) }
        });
    }
    size(instruction, modes, dialect)?;
    if is_address(&instruction.operand) && expr(&instruction.operand).is_some_and(holds_giant) {
        return Err(problem(instruction, Code::OperandRange, "an address has at most 24 bits"));
    }
    match room(instruction, modes) {
        Some(bytes)
            if is_held(instruction, value, modes, dialect) && fits(instruction, value, bytes).is_err() =>
        {
            fits(instruction, value, bytes)
        }
        Some(bytes) if is_too_wide(instruction, value, bytes, dialect) => Err(problem(
            instruction,
            Code::OperandRange,
            "the number is written with more digits than this mode has room for",
        )),
        Some(_) | None => Ok(()),
    }
}

/// The expression that a mode's room is held against.
fn expr<'a, 's>(operand: &'a Operand<'s>) -> Option<&'a Expr<'s>> {
    match operand {
        Operand::Immediate(expr)
        | Operand::Plain(expr, _)
        | Operand::Indirect(expr, ..)
        | Operand::IndirectLong(expr, _) => Some(expr),
        Operand::None | Operand::Accumulator | Operand::Banks(..) | Operand::Opaque => None,
    }
}

fn problem(instruction: &Instruction<'_>, code: Code, what: &str) -> Diagnostic {
    Diagnostic::new(code, instruction.operand_span, format!("{}: {what}", instruction.mnemonic))
}

const fn is_address(operand: &Operand<'_>) -> bool {
    matches!(operand, Operand::Plain(..) | Operand::Indirect(..) | Operand::IndirectLong(..))
}

/// Whether a sum has a part that no address can have.
fn holds_giant(expr: &Expr<'_>) -> bool {
    match expr {
        Expr::Number { value, .. } => *value > 0x00ff_ffff,
        Expr::Binary(BinaryOp::Add | BinaryOp::Subtract, pair) => pair.iter().any(holds_giant),
        Expr::Binary(..)
        | Expr::Unary(..)
        | Expr::Symbol(_)
        | Expr::Anonymous(_)
        | Expr::Define(_)
        | Expr::Here
        | Expr::Text(_)
        | Expr::Call(..)
        | Expr::Opaque => false,
    }
}

/// A written size that no mode of the instruction has. asar takes any for an immediate that follows a register.
fn size(instruction: &Instruction<'_>, modes: Modes, dialect: Option<Dialect>) -> Result<(), Diagnostic> {
    let (Some(size), Some(largest)) = (instruction.size, modes.largest()) else { return Ok(()) };
    let free = matches!(
        largest,
        Mode::Implied
            | Mode::Accumulator
            | Mode::Immediate8
            | Mode::Relative
            | Mode::RelativeLong
            | Mode::BlockMove
    ) || (matches!(dialect, None | Some(Dialect::Asar))
        && matches!(largest, Mode::ImmediateM | Mode::ImmediateX));
    if free || size.bytes() <= own_len(largest) {
        return Ok(());
    }
    let what = format!("an operand like this has at most {} bytes; write a smaller size", own_len(largest));
    Err(problem(instruction, Code::BadAddressing, &what))
}

/// The most bytes that the operand can have; none for those that are no plain values.
fn room(instruction: &Instruction<'_>, modes: Modes) -> Option<u8> {
    let largest = modes.largest()?;
    if matches!(largest, Mode::Implied | Mode::Accumulator | Mode::Relative | Mode::RelativeLong) {
        return None;
    }
    let written = instruction.size.filter(|_| instruction.mnemonic.kind() != Kind::Transfer);
    let written = written.map_or(u8::MAX, |size| size.bytes().max(modes.smallest().map_or(0, own_least)));
    Some(own_len(largest).min(written))
}

/// The fewest bytes of a mode.
fn own_least(mode: Mode) -> u8 {
    u8::try_from(mode.operand_len(false)).unwrap_or(0)
}

/// Whether the assembler holds a value to its room. asar cuts off what it computes, and sources write long addresses
/// with a smaller size to have their bank cut off; so there only other numbers as written are held. Others hold every
/// value that they know.
fn is_held(instruction: &Instruction<'_>, value: Value, modes: Modes, dialect: Option<Dialect>) -> bool {
    let is_cut =
        matches!(dialect, None | Some(Dialect::Asar)) && instruction.size.is_some() && value.width == 3;
    let strict = matches!(dialect, Some(Dialect::Ca65)) || modes.smallest() == Some(Mode::Immediate8);
    (value.literal && !is_cut) || (strict && !value.label && value.known.is_some())
}

fn fits(instruction: &Instruction<'_>, value: Value, bytes: u8) -> Result<(), Diagnostic> {
    let Some(known) = value.known else { return Ok(()) };
    let top = 1_i64 << (8 * u32::from(bytes));
    if (-top / 2..top).contains(&known) {
        return Ok(());
    }
    let what = format!("{known} (${known:X}) does not fit {}", bits(bytes));
    Err(problem(instruction, Code::OperandRange, &what))
}

const fn bits(bytes: u8) -> &'static str {
    match bytes {
        1 => "8 bits; the largest is $FF",
        2 => "16 bits; the largest is $FFFF",
        _ => "24 bits; the largest is $FFFFFF",
    }
}

/// asar takes the digits for the size, so that `LDA ($0012),y` has no mode there.
fn is_too_wide(instruction: &Instruction<'_>, value: Value, bytes: u8, dialect: Option<Dialect>) -> bool {
    dialect == Some(Dialect::Asar)
        && is_address(&instruction.operand)
        && instruction.size.is_none()
        && !value.label
        && value.known.is_some()
        && value.width > bytes
        && value.width <= 4
}
