//! What a routine does to the widths of its caller.

use std::collections::BTreeMap;

use crate::names::Names;
use crate::opcodes::Mnemonic;
use crate::syntax::{Program, StatementKind};

use super::graph::{Graph, Next};
use super::state::{Bit, Item, State, Widths};
use super::transfer::behind;

/// Visits of one routine; a larger one counts as unknown.
const MAX_VISITS: usize = 4_000;
/// Rounds in which routines learn of each other.
const ROUNDS: usize = 3;

/// What a routine is known to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    /// The widths behind it, counted from its entry.
    pub widths: Widths,
}

impl Summary {
    /// The widths behind a call.
    pub(super) fn after(self, before: Widths) -> Widths {
        let apply = |effect, before| if effect == Bit::Entry { before } else { effect };
        Widths { m: apply(self.widths.m, before.m), x: apply(self.widths.x, before.x) }
    }
}

/// Summaries of the routines that the text calls, by their labels. They start as unknown and become sharper, so that
/// every round is right.
pub(super) fn summaries(program: &Program<'_>, names: &Names<'_>, graph: &Graph) -> BTreeMap<usize, Summary> {
    let mut known = BTreeMap::new();
    for next in &graph.next {
        if let Next::Call(Some(target)) = next {
            known.insert(*target, Summary { widths: Widths::UNKNOWN });
        }
    }
    for _ in 0..ROUNDS {
        let sharper: BTreeMap<_, _> =
            known.keys().map(|&entry| (entry, summary(program, names, graph, &known, entry))).collect();
        if sharper == known {
            break;
        }
        known = sharper;
    }
    known
}

fn summary(
    program: &Program<'_>,
    names: &Names<'_>,
    graph: &Graph,
    known: &BTreeMap<usize, Summary>,
    entry: usize,
) -> Summary {
    let unknown = Summary { widths: Widths::UNKNOWN };
    let mut states: BTreeMap<usize, State> = BTreeMap::from([(entry, State::entry(Widths::ENTRY))]);
    let (mut work, mut visits, mut exit) = (vec![entry], 0, None::<Widths>);
    while let Some(at) = work.pop() {
        visits += 1;
        let (Some(statement), Some(state)) = (program.statements.get(at), states.get(&at).cloned()) else {
            return unknown;
        };
        let next = graph.next.get(at).copied().unwrap_or(Next::Out);
        if visits > MAX_VISITS || matches!(next, Next::Out | Next::OnOrOut) {
            return unknown;
        }
        if next == Next::Return {
            // An interrupt's return, or one through a changed stack, goes who knows where.
            let plain = !matches!(&statement.kind, StatementKind::Instruction(found) if found.mnemonic == Mnemonic::Rti);
            if !plain || state.stack.as_ref().is_none_or(|stack| !stack.is_empty()) {
                return unknown;
            }
            exit = Some(exit.map_or(state.widths, |exit| exit.join(state.widths)));
        }
        for (to, state) in follow(statement_kind(names, at, &statement.kind), state, at, next, known) {
            let changed = match states.get_mut(&to) {
                Some(own) => own.join(&state),
                None => states.insert(to, state).is_none(),
            };
            if changed {
                work.push(to);
            }
        }
    }
    exit.map_or(unknown, |widths| Summary { widths })
}

/// The statement, unless it stands in the definition of a macro.
fn statement_kind<'a, 's>(
    names: &Names<'_>,
    at: usize,
    kind: &'a StatementKind<'s>,
) -> Option<&'a StatementKind<'s>> {
    (!names.places.get(at).is_some_and(|place| place.in_macro)).then_some(kind)
}

/// Where control goes from a statement, and what is known there.
pub(super) fn follow(
    kind: Option<&StatementKind<'_>>,
    mut state: State,
    at: usize,
    next: Next,
    known: &BTreeMap<usize, Summary>,
) -> Vec<(usize, State)> {
    if let Some(kind) = kind {
        behind(&mut state, kind);
    }
    match next {
        Next::On | Next::OnOrOut => vec![(at + 1, state)],
        Next::OnOr(target) => vec![(target, state.clone()), (at + 1, state)],
        Next::To(target) => vec![(target, state)],
        Next::Call(target) => {
            let summary = target.and_then(|target| known.get(&target));
            state.widths = summary.map_or(Widths::UNKNOWN, |summary| summary.after(state.widths));
            // A routine may take its parameters off the stack.
            if let Some(stack) = state.stack.as_mut().filter(|_| summary.is_none()) {
                let holds_bytes = stack.iter().any(|item| matches!(item, Item::Bytes(_)));
                if holds_bytes {
                    state.stack = None;
                }
            }
            vec![(at + 1, state)]
        }
        Next::Return | Next::Out => Vec::new(),
    }
}
