//! Names that are not there, and names that are there twice.

use crate::diagnose::{Code, Diagnostic};
use crate::syntax::{Dialect, Expr, Instruction, Operand, Program, StatementKind};

use super::{Names, local_depth};

/// Local and anonymous labels that nothing defines in their scope. Nothing is said of a text whose names may come
/// from macros or other texts, or of locals before the first plain label.
#[must_use]
pub fn undefined(program: &Program<'_>, names: &Names<'_>) -> Vec<Diagnostic> {
    if names.open { Vec::new() } else { lacking(program, names) }
}

/// The same, also where macros or other texts might define them.
pub(crate) fn lacking(program: &Program<'_>, names: &Names<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, statement) in program.statements.iter().enumerate() {
        let StatementKind::Instruction(instruction) = &statement.kind else { continue };
        let Some(expr) = address(instruction) else { continue };
        if names.places.get(at).is_some_and(|place| place.in_macro) || !is_missing(names, at, expr) {
            continue;
        }
        let name = if let Expr::Symbol(name) = expr { name } else { "an anonymous label" };
        let message = format!("nothing defines {name} in reach; define it or correct the name");
        found.push(Diagnostic::new(Code::UndefinedLabel, instruction.operand_span, message));
    }
    found
}

fn address<'a, 's>(instruction: &'a Instruction<'s>) -> Option<&'a Expr<'s>> {
    if let Operand::Plain(expr, None) = &instruction.operand { Some(expr) } else { None }
}

fn is_missing(names: &Names<'_>, at: usize, expr: &Expr<'_>) -> bool {
    if let Expr::Symbol(name) = expr {
        let has_owner = names.places.get(at).is_some_and(|place| place.owner > 0);
        return has_owner
            && names.find(at, name).is_none()
            && !name.starts_with('?')
            && local_depth(names.dialect, name) == Some(1)
            && names.assignment(name).is_none();
    }
    matches!(expr, Expr::Anonymous(_)) && names.target(at, expr).is_none()
}

/// Labels that are defined twice in one scope. WLA-DX sections have scopes that are not followed here, so there nothing
/// is said.
#[must_use]
pub fn duplicates(program: &Program<'_>, names: &Names<'_>) -> Vec<Diagnostic> {
    if names.open || names.dialect == Some(Dialect::Wla) {
        return Vec::new();
    }
    let twice = names.twice.iter().filter_map(|&at| program.statements.get(at));
    twice
        .filter_map(|statement| {
            let StatementKind::Label(label) = &statement.kind else { return None };
            let message = format!("the label {} is defined twice; rename one", label.name);
            Some(Diagnostic::new(Code::DuplicateLabel, statement.span, message))
        })
        .collect()
}
