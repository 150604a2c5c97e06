//! Where everything lies, as far as that is certain: how far branches have to go at least.

use crate::diagnose::{Code, Diagnostic};
use crate::flow::Bytes;
use crate::names::Names;
use crate::opcodes::Mode;
use crate::syntax::{Block, Dialect, Directive, Expr, Instruction, Operand, Program, StatementKind};

use super::modes::modes;
use super::select::{Widths, choose};
use super::value::Scope;

/// Branches that cannot reach their label: counting only what is certainly between them, it is too far.
#[must_use]
pub fn branches(program: &Program<'_>, names: &Names<'_>) -> Vec<Diagnostic> {
    let marks = least(program, names);
    let mut found = Vec::new();
    for (at, statement) in program.statements.iter().enumerate() {
        let StatementKind::Instruction(instruction) = &statement.kind else { continue };
        let Some((target, reach)) = branch(program, names, at, instruction) else { continue };
        let (Some(&from), Some(&to)) = (marks.get(at), marks.get(target)) else { continue };
        if from.run != to.run || names.places.get(at).is_some_and(|place| place.in_macro) {
            continue;
        }
        let behind = from.offset + reach.len;
        let (distance, limit) = if to.offset >= behind {
            (to.offset - behind, reach.limit - 1)
        } else {
            (behind - to.offset, reach.limit)
        };
        if distance > limit {
            let message = format!(
                "{} reaches {limit} bytes, its label is at least {distance} away; branch over a jump",
                instruction.mnemonic
            );
            found.push(Diagnostic::new(Code::BranchRange, instruction.operand_span, message));
        }
    }
    found
}

/// Where a statement lies at least, counted from the start of its run.
#[derive(Debug, Clone, Copy)]
struct Mark {
    run: u32,
    offset: u64,
}

/// How far a branch goes: its own length, and how far back from behind it.
struct Reach {
    len: u64,
    limit: u64,
}

fn branch(
    program: &Program<'_>,
    names: &Names<'_>,
    at: usize,
    instruction: &Instruction<'_>,
) -> Option<(usize, Reach)> {
    let Operand::Plain(expr, None) = &instruction.operand else { return None };
    let mode = modes(instruction, program.dialect).ok()?.smallest()?;
    let reach = if mode == Mode::Relative {
        Reach { len: 2, limit: 128 }
    } else if mode == Mode::RelativeLong {
        Reach { len: 3, limit: 32_768 }
    } else {
        return None;
    };
    Some((names.target(at, expr)?, reach))
}

/// The least place of every statement. A new run begins wherever the address may jump.
fn least(program: &Program<'_>, names: &Names<'_>) -> Vec<Mark> {
    let scope = Scope::new((program, names), &[], &|_| None);
    let mut widths = Widths::certain(program.dialect);
    let mut here = Mark { run: 0, offset: 0 };
    let mut marks = Vec::with_capacity(program.statements.len());
    for (at, statement) in program.statements.iter().enumerate() {
        marks.push(here);
        let certain = names.places.get(at).is_some_and(|place| !place.in_macro && !place.conditional);
        match &statement.kind {
            StatementKind::Instruction(instruction) => {
                here.offset += if certain { instruction_len(&scope, at, instruction, widths) } else { 0 };
                widths.follow(instruction);
            }
            StatementKind::Directive(directive) => {
                widths.directive(directive);
                match directive {
                    Directive::Data(unit, units) if certain => here.offset += data_len(*unit, units),
                    Directive::Origin(_)
                    | Directive::Unsized
                    | Directive::Block(Block::Scope | Block::Members | Block::EndScope) => {
                        here = Mark { run: here.run + 1, offset: 0 };
                    }
                    Directive::Data(..)
                    | Directive::Space(..)
                    | Directive::AccumulatorWidth(_)
                    | Directive::IndexWidth(_)
                    | Directive::Smart
                    | Directive::Block(_)
                    | Directive::Namespace(_)
                    | Directive::Neutral => {}
                }
            }
            StatementKind::Label(_)
            | StatementKind::Assign { .. }
            | StatementKind::MacroCall(_)
            | StatementKind::Opaque => {}
        }
    }
    marks
}

fn data_len(unit: u8, units: &[Expr<'_>]) -> u64 {
    let len = |expr: &Expr<'_>| {
        if let Expr::Text(text) = expr { u64::try_from(text.chars().count()).unwrap_or(0) } else { 1 }
    };
    units.iter().map(len).sum::<u64>() * u64::from(unit)
}

/// What the assembler writes for each immediate that follows a register's width, where that is certain. Where nothing
/// tells the dialect, only what every assembler does is.
pub(crate) fn immediate_bytes(program: &Program<'_>, names: &Names<'_>) -> Vec<Option<Bytes>> {
    let scope = Scope::new((program, names), &[], &|_| None);
    let mut widths = Widths::certain(program.dialect);
    let mut all = Vec::with_capacity(program.statements.len());
    for (at, statement) in program.statements.iter().enumerate() {
        let bytes = if let StatementKind::Instruction(instruction) = &statement.kind {
            let bytes = immediate(&scope, at, instruction, widths);
            widths.follow(instruction);
            bytes
        } else {
            None
        };
        if let StatementKind::Directive(directive) = &statement.kind {
            widths.directive(directive);
        }
        all.push(bytes);
    }
    all
}

fn immediate(
    scope: &Scope<'_, '_>,
    at: usize,
    instruction: &Instruction<'_>,
    widths: Widths,
) -> Option<Bytes> {
    let Operand::Immediate(expr) = &instruction.operand else { return None };
    let dialect = scope.program.dialect;
    let modes = modes(instruction, dialect).ok()?;
    if !matches!(modes.smallest(), Some(Mode::ImmediateM | Mode::ImmediateX)) {
        return None;
    }
    if let Some(size) = instruction.size {
        return Some(Bytes::Exactly(size.bytes().min(2)));
    }
    let value = scope.value(at, expr);
    if matches!(dialect, Some(Dialect::Asar | Dialect::Ca65)) {
        return choose(instruction, modes, value, dialect, widths).map(|choice| Bytes::Exactly(choice.bytes));
    }
    value.known.filter(|known| *known > 0xff).map(|_| Bytes::AtLeastTwo)
}

/// The length that an instruction certainly has.
fn instruction_len(scope: &Scope<'_, '_>, at: usize, instruction: &Instruction<'_>, widths: Widths) -> u64 {
    let Ok(modes) = modes(instruction, scope.program.dialect) else { return 1 };
    let value = match &instruction.operand {
        Operand::Immediate(expr)
        | Operand::Plain(expr, _)
        | Operand::Indirect(expr, ..)
        | Operand::IndirectLong(expr, _) => scope.value(at, expr),
        Operand::None | Operand::Accumulator | Operand::Banks(..) | Operand::Opaque => {
            super::value::Value::default()
        }
    };
    // A label may lie in the direct page.
    let sure = !value.label;
    match choose(instruction, modes, value, scope.program.dialect, widths) {
        Some(choice) if sure => u64::from(choice.repeat) * (1 + u64::from(choice.bytes)),
        Some(_) | None => 1 + modes.smallest().map_or(0, |mode| u64::from(mode.operand_len(false))),
    }
}
