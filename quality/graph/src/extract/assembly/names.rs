//! What a set of files defines, so that one of them can speak of what stands in another.

use std::collections::{BTreeMap, BTreeSet};

use hafs_asm65816::syntax::{Block, Directive, LabelKind, Program, Statement, StatementKind};

use super::value::{Value, value};

/// The names of a set of files. What is told in any order comes to the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Labels of the whole program.
    labels: BTreeSet<String>,
    /// Values of names; nothing where two files or lines differ.
    values: BTreeMap<String, Option<Value>>,
    macros: BTreeSet<String>,
}

impl Known {
    /// Takes in the names of one file. Values that rest on another file's are looked up in `before`, the names of all
    /// files as an earlier round knew them.
    pub fn learn(&mut self, text: &str, program: &Program<'_>, before: &Self) {
        let mut own: BTreeMap<&str, Option<Value>> = BTreeMap::new();
        for statement in &program.statements {
            match &statement.kind {
                StatementKind::Label(label)
                    if matches!(label.kind, LabelKind::Plain | LabelKind::Aside)
                        && marked(label.name).is_none() =>
                {
                    self.labels.insert(label.name.to_owned());
                }
                StatementKind::Assign { name, value: expr } => {
                    let name = bare(name);
                    let read = expr.as_ref().and_then(|expr| {
                        value(expr, &|name| {
                            own.get(bare(name)).copied().flatten().or_else(|| before.value(name))
                        })
                    });
                    let same = own.get(name).is_none_or(|before| *before == read);
                    own.insert(name, read.filter(|_| same));
                }
                StatementKind::Directive(Directive::Block(Block::Macro)) => {
                    self.macros.extend(macro_name(text, statement).map(str::to_owned));
                }
                StatementKind::Directive(Directive::Block(Block::Scope)) => {
                    self.labels.extend(procedure(text, statement).map(str::to_owned));
                }
                StatementKind::Label(_)
                | StatementKind::Directive(_)
                | StatementKind::Instruction(_)
                | StatementKind::MacroCall(_)
                | StatementKind::Opaque => {}
            }
        }
        for (name, value) in own {
            let known = self.values.entry(name.to_owned()).or_insert(value);
            if *known != value {
                *known = None;
            }
        }
    }

    /// The value of a name, when there is one.
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        self.values.get(bare(name)).copied().flatten()
    }

    /// Whether a name is given a value anywhere.
    pub(super) fn is_value(&self, name: &str) -> bool {
        self.values.contains_key(bare(name))
    }

    /// Whether a name is a label of the whole program.
    #[must_use]
    pub fn is_label(&self, name: &str) -> bool {
        self.labels.contains(name)
    }

    pub(super) fn is_macro(&self, name: &str) -> bool {
        self.macros.contains(bare(name))
    }
}

/// A name without the mark of a define or of a macro's call.
pub(super) fn bare(name: &str) -> &str {
    name.trim_start_matches(['!', '%'])
}

/// The address that a disassembly marks a line with: `#_078000:`. It is no name of anything.
pub(super) fn marked(name: &str) -> Option<u32> {
    let digits = name.trim_start_matches('#').strip_prefix('_').filter(|digits| digits.len() == 6)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if plain { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// The words of a statement as they are written.
fn words<'s>(text: &'s str, statement: &Statement<'_>) -> impl Iterator<Item = &'s str> {
    let written = text.get(statement.span.range()).unwrap_or("");
    written
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@')))
        .filter(|it| !it.is_empty())
}

/// The name of a macro where it is defined: `macro Name(a)`, `.macro Name a`.
pub(super) fn macro_name<'s>(text: &'s str, statement: &Statement<'_>) -> Option<&'s str> {
    words(text, statement).nth(1)
}

/// The name of a procedure of ca65, which is a label: `.proc Name`.
pub(super) fn procedure<'s>(text: &'s str, statement: &Statement<'_>) -> Option<&'s str> {
    let mut words = words(text, statement);
    words.next().filter(|word| word.eq_ignore_ascii_case(".proc"))?;
    words.next()
}
