//! Everything that is certainly wrong with widths, the stack and returns.

use std::collections::BTreeMap;

use crate::diagnose::{Code, Diagnostic};
use crate::encode::immediate_bytes;
use crate::names::Names;
use crate::opcodes::{Mnemonic, Register};
use crate::syntax::{Instruction, Program, Size, Statement, StatementKind};

use super::graph::{Graph, Next, graph};
use super::state::{Bit, Item, State, Widths};
use super::summary::{Summary, follow, summaries};

/// What is known of a text.
pub struct Flow {
    /// M and X before each statement; none where control never comes.
    pub widths: Vec<Option<(Bit, Bit)>>,
    /// What is certainly wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Follows a text over all of its ways.
#[must_use]
pub fn flow(program: &Program<'_>, names: &Names<'_>) -> Flow {
    let graph = graph(program, names);
    let known = summaries(program, names, &graph);
    let states = settle(program, names, &graph, &known);
    let mut diagnostics = Vec::new();
    let believed = immediate_bytes(program, names);
    for (at, statement) in program.statements.iter().enumerate() {
        let Some(state) = states.get(at).and_then(Option::as_ref) else { continue };
        let StatementKind::Instruction(instruction) = &statement.kind else { continue };
        if names.places.get(at).is_some_and(|place| place.in_macro) {
            continue;
        }
        let bytes = believed.get(at).copied().flatten();
        diagnostics.extend(bytes.and_then(|bytes| width(instruction, bytes, state.widths)));
        diagnostics.extend(balance(statement, instruction, state));
    }
    diagnostics.extend(returns(program, &graph));
    let widths =
        states.into_iter().map(|state| state.map(|state| (state.widths.m, state.widths.x))).collect();
    Flow { widths, diagnostics }
}

/// The state before every statement. Whatever nothing leads to may be entered from anywhere.
fn settle(
    program: &Program<'_>,
    names: &Names<'_>,
    graph: &Graph,
    known: &BTreeMap<usize, Summary>,
) -> Vec<Option<State>> {
    let mut states: Vec<Option<State>> = vec![None; program.statements.len()];
    let seeds = graph.entries.iter().copied().chain(0..program.statements.len());
    for seed in seeds {
        if !matches!(states.get(seed), Some(None)) {
            continue;
        }
        states[seed] = Some(State::entry(Widths::UNKNOWN));
        let mut work = vec![seed];
        while let Some(at) = work.pop() {
            let (Some(statement), Some(Some(state))) = (program.statements.get(at), states.get(at).cloned())
            else {
                continue;
            };
            let place = names.places.get(at).copied().unwrap_or_default();
            let kind = (!place.in_macro).then_some(&statement.kind);
            let next = graph.next.get(at).copied().unwrap_or(Next::Out);
            for (to, state) in follow(kind, state, at, next, known) {
                let Some(own) = states.get_mut(to) else { continue };
                let changed = match own {
                    Some(own) => own.join(&state),
                    None => own.replace(state).is_none(),
                };
                if changed {
                    work.push(to);
                }
            }
        }
    }
    states
}

/// An immediate of a size that the processor does not read there.
fn width(instruction: &Instruction<'_>, bytes: Bytes, widths: Widths) -> Option<Diagnostic> {
    let (bit, name) = match instruction.mnemonic.register() {
        Register::Accumulator => (widths.m, "the accumulator has"),
        Register::Index => (widths.x, "the index registers have"),
        Register::Fixed => return None,
    };
    let real = bit.bytes()?;
    let wrong = match bytes {
        Bytes::Exactly(bytes) => bytes != real,
        Bytes::AtLeastTwo => real < 2,
    };
    let (bits, fix) = if real == 1 { (8, "REP") } else { (16, "SEP") };
    let message = format!(
        "{} is given an immediate of the other size: here {name} {bits} bits on every way; change the size or add {fix}",
        instruction.mnemonic,
    );
    wrong.then(|| Diagnostic::new(Code::WidthMismatch, instruction.operand_span, message))
}

/// What the assembler writes for an immediate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// So many bytes.
    Exactly(u8),
    /// A value that one byte cannot hold.
    AtLeastTwo,
}

/// A return with a saved status on the stack, or with fewer bytes than an address: it cannot come back. Whole addresses
/// may have been pushed to jump there.
fn balance(statement: &Statement<'_>, instruction: &Instruction<'_>, state: &State) -> Option<Diagnostic> {
    let needed = match (instruction.mnemonic == Mnemonic::Rts, instruction.mnemonic == Mnemonic::Rtl) {
        (true, _) => 2,
        (_, true) => 3,
        (false, false) => return None,
    };
    let stack = state.stack.as_ref().filter(|stack| !stack.is_empty())?;
    let saved = stack.iter().any(|item| matches!(item, Item::Status(_)));
    let bytes: Option<u8> = stack.iter().try_fold(0_u8, |sum, item| match item {
        Item::Status(_) => sum.checked_add(1),
        Item::Bytes(bytes) => sum.checked_add((*bytes)?),
    });
    let what = if saved {
        "a status that PHP saved is still on the stack; restore it with PLP first"
    } else if bytes.is_some_and(|bytes| bytes < needed) {
        "bytes that were pushed are still on the stack; pull them first"
    } else {
        return None;
    };
    let message = format!("{} cannot return: {what}", instruction.mnemonic);
    Some(Diagnostic::new(Code::StackImbalance, statement.span, message))
}

/// Routines that are only called near and return far, or the other way round, on the straight way from their label.
fn returns(program: &Program<'_>, graph: &Graph) -> Vec<Diagnostic> {
    let mut calls: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
    for (statement, next) in program.statements.iter().zip(&graph.next) {
        let (StatementKind::Instruction(found), Next::Call(Some(target))) = (&statement.kind, next) else {
            continue;
        };
        let call = calls.entry(*target).or_default();
        call.0 |= found.mnemonic == Mnemonic::Jsr && found.size != Some(Size::Long);
        call.1 |= found.mnemonic == Mnemonic::Jsl;
    }
    let mismatch = |(&entry, &(near, far)): (&usize, &(bool, bool))| {
        let (at, found) = straight(program, graph, entry)?;
        let wrong = (near && !far && found == Mnemonic::Rtl) || (far && !near && found == Mnemonic::Rts);
        let call = if near { "JSR" } else { "JSL" };
        let message =
            format!("{found} ends a routine that is called by {call}; JSR goes with RTS, JSL with RTL");
        let span = program.statements.get(at)?.span;
        wrong.then(|| Diagnostic::new(Code::ReturnMismatch, span, message))
    };
    calls.iter().filter_map(mismatch).collect()
}

/// The return that a routine comes to when no branch is taken, with nothing but instructions in between.
fn straight(program: &Program<'_>, graph: &Graph, entry: usize) -> Option<(usize, Mnemonic)> {
    let mut state = State::entry(Widths::UNKNOWN);
    for (at, statement) in program.statements.iter().enumerate().skip(entry).take(200) {
        match graph.next.get(at)? {
            Next::Return => {
                let StatementKind::Instruction(found) = &statement.kind else { return None };
                let untouched = state.stack.as_ref().is_some_and(Vec::is_empty);
                return untouched.then_some((at, found.mnemonic));
            }
            Next::To(_) | Next::Out => return None,
            Next::On | Next::OnOr(_) | Next::OnOrOut | Next::Call(_) => {
                super::transfer::behind(&mut state, &statement.kind)
            }
        }
    }
    None
}
