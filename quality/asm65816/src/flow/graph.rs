//! Where control goes from each statement.

#![expect(clippy::wildcard_enum_match_arm, reason = "most instructions go on to the next")]

use std::collections::BTreeSet;

use crate::names::Names;
use crate::opcodes::{Kind, Mnemonic};
use crate::syntax::{Block, Directive, Expr, Instruction, Operand, Program, StatementKind};

/// Where control goes behind a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// To the next statement.
    On,
    /// To the next statement, or to another.
    OnOr(usize),
    /// To the next statement, or to one that is not in the text.
    OnOrOut,
    /// To another statement.
    To(usize),
    /// To a routine and back; its statement, if it is in the text.
    Call(Option<usize>),
    /// Back to the caller.
    Return,
    /// Nowhere in this text.
    Out,
}

/// The ways of a text.
pub(super) struct Graph {
    pub next: Vec<Next>,
    /// Labels that are called, or whose address is taken: control can come there from anywhere.
    pub entries: BTreeSet<usize>,
}

pub(super) fn graph(program: &Program<'_>, names: &Names<'_>) -> Graph {
    // Whatever leads to a label that is there twice may lead to either.
    let entries = names.doubtful.clone();
    let mut graph = Graph { next: Vec::with_capacity(program.statements.len()), entries };
    for (at, statement) in program.statements.iter().enumerate() {
        let in_macro = names.places.get(at).is_some_and(|place| place.in_macro);
        let next = match &statement.kind {
            _ if in_macro => Next::On,
            StatementKind::Instruction(instruction) => {
                graph.take_addresses(names, at, instruction);
                instruction_next(names, at, instruction)
            }
            StatementKind::Directive(Directive::Data(_, units)) => {
                graph.entries.extend(units.iter().filter_map(|expr| inner(names, at, expr)));
                Next::Out
            }
            StatementKind::Directive(Directive::Origin(_) | Directive::Space(..)) => Next::Out,
            StatementKind::Assign { value: Some(value), .. } => {
                graph.entries.extend(inner(names, at, value));
                Next::On
            }
            StatementKind::Directive(_)
            | StatementKind::Label(_)
            | StatementKind::Assign { .. }
            | StatementKind::MacroCall(_)
            | StatementKind::Opaque => Next::On,
        };
        graph.next.push(next);
    }
    graph.conditions(program);
    graph
}

fn instruction_next(names: &Names<'_>, at: usize, instruction: &Instruction<'_>) -> Next {
    let target = target(names, at, instruction);
    match instruction.mnemonic {
        Mnemonic::Jsr | Mnemonic::Jsl => Next::Call(target),
        Mnemonic::Rts | Mnemonic::Rtl | Mnemonic::Rti => Next::Return,
        Mnemonic::Stp => Next::Out,
        mnemonic if mnemonic.ends_flow() => target.map_or(Next::Out, Next::To),
        mnemonic if mnemonic.is_conditional() => target.map_or(Next::OnOrOut, Next::OnOr),
        _ => Next::On,
    }
}

/// The statement that a branch, jump or call leads to.
fn target(names: &Names<'_>, at: usize, instruction: &Instruction<'_>) -> Option<usize> {
    if let Operand::Plain(expr, None) = &instruction.operand { names.target(at, expr) } else { None }
}

/// The label inside an expression.
fn inner(names: &Names<'_>, at: usize, expr: &Expr<'_>) -> Option<usize> {
    match expr {
        Expr::Unary(_, inner_expr) => inner(names, at, inner_expr),
        Expr::Binary(_, pair) => pair.iter().find_map(|side| inner(names, at, side)),
        Expr::Call(_, arguments) => arguments.iter().find_map(|argument| inner(names, at, argument)),
        Expr::Number { .. }
        | Expr::Symbol(_)
        | Expr::Anonymous(_)
        | Expr::Define(_)
        | Expr::Here
        | Expr::Text(_)
        | Expr::Opaque => names.target(at, expr),
    }
}

impl Graph {
    /// Calls and immediates lead to labels that anything may enter.
    fn take_addresses(&mut self, names: &Names<'_>, at: usize, instruction: &Instruction<'_>) {
        let expr = match &instruction.operand {
            Operand::Immediate(expr) | Operand::Plain(expr, _) | Operand::Indirect(expr, ..) => expr,
            Operand::IndirectLong(expr, _) | Operand::Banks(expr, _) => expr,
            Operand::None | Operand::Accumulator | Operand::Opaque => return,
        };
        let is_way = instruction.mnemonic.kind() == Kind::Transfer
            && !matches!(instruction.mnemonic, Mnemonic::Jsr | Mnemonic::Jsl)
            && target(names, at, instruction).is_some();
        if !is_way {
            self.entries.extend(inner(names, at, expr));
        }
    }

    /// Conditional assembly: either arm may be the one that is there.
    fn conditions(&mut self, program: &Program<'_>) {
        let mut open: Vec<Vec<usize>> = Vec::new();
        for (at, statement) in program.statements.iter().enumerate() {
            let StatementKind::Directive(Directive::Block(block)) = &statement.kind else { continue };
            match block {
                Block::If | Block::Loop => open.push(vec![at]),
                Block::Else => {
                    if let Some(arms) = open.last_mut() {
                        self.arm(arms.first().copied(), at);
                        arms.push(at);
                    }
                }
                Block::EndIf | Block::EndLoop => {
                    let arms = open.pop().unwrap_or_default();
                    self.arm(arms.first().copied(), at);
                    // An arm ends where the next begins, and goes on behind the last.
                    arms.iter().skip(1).for_each(|&arm| self.set(arm, Next::To(at)));
                }
                Block::Macro | Block::EndMacro | Block::Scope | Block::Members | Block::EndScope => {}
            }
        }
    }

    /// From the condition to the start of another arm; with more than two arms the first decides for all.
    fn arm(&mut self, from: Option<usize>, to: usize) {
        let Some(from) = from else { return };
        let next = if self.next.get(from) == Some(&Next::On) { Next::OnOr(to + 1) } else { Next::OnOrOut };
        self.set(from, next);
        if next == Next::OnOrOut {
            self.entries.insert(to + 1);
        }
    }

    fn set(&mut self, at: usize, next: Next) {
        if let Some(own) = self.next.get_mut(at) {
            *own = next;
        }
    }
}
