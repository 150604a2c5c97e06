//! All checks of one text.

use crate::diagnose::Diagnostic;
use crate::encode::{branches, operands};
use crate::flow::flow;
use crate::names::{duplicates, names, undefined};
use crate::syntax::{Dialect, StatementKind, TooLong, parse};

/// What the checks say of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The dialect it was read in.
    pub dialect: Option<Dialect>,
    /// Instructions that were read.
    pub instructions: usize,
    /// Everything that is certainly wrong, in order of place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a text of nothing but assembly. Without a dialect the text's own words decide.
///
/// # Errors
/// [`TooLong`] when the text is longer than is read.
pub fn check(text: &str, dialect: Option<Dialect>) -> Result<Checked, TooLong> {
    let mut program = parse(text, dialect)?;
    let mut diagnostics = std::mem::take(&mut program.diagnostics);
    let names = names(&program);
    diagnostics.extend(operands(&program, &names));
    diagnostics.extend(branches(&program, &names));
    diagnostics.extend(undefined(&program, &names));
    diagnostics.extend(duplicates(&program, &names));
    diagnostics.extend(flow(&program, &names).diagnostics);
    diagnostics.sort_by_key(|found| found.span);
    let instruction = |kind: &StatementKind<'_>| matches!(kind, StatementKind::Instruction(_));
    let instructions = program.statements.iter().filter(|statement| instruction(&statement.kind)).count();
    Ok(Checked { dialect: program.dialect, instructions, diagnostics })
}
