//! One walk over a text that writes down its names.

use std::collections::BTreeMap;

use crate::syntax::{Block, Directive, Label, LabelKind, Program, StatementKind};

use super::{Names, Place, stamp};

/// Scopes inside each other; deeper ones count as the one around them.
const MAX_SCOPES: usize = 64;

/// The names of a text.
#[must_use]
pub fn names<'s>(program: &Program<'s>) -> Names<'s> {
    let empty = Names {
        dialect: program.dialect,
        places: Vec::with_capacity(program.statements.len()),
        scopes: vec![0],
        plain: BTreeMap::new(),
        local: BTreeMap::new(),
        marks: BTreeMap::new(),
        assigned: BTreeMap::new(),
        twice: Vec::new(),
        open: program.includes,
    };
    let mut walk = Walk { names: empty, here: Place::default(), stack: Vec::new(), conditions: 0, macros: 0 };
    for (at, statement) in program.statements.iter().enumerate() {
        walk.statement(at, &statement.kind);
    }
    walk.names
}

struct Walk<'s> {
    names: Names<'s>,
    here: Place,
    stack: Vec<u32>,
    conditions: u32,
    macros: u32,
}

impl<'s> Walk<'s> {
    fn statement(&mut self, at: usize, kind: &StatementKind<'s>) {
        match kind {
            StatementKind::Label(label) if self.macros == 0 => self.label(at, label),
            StatementKind::Assign { name, .. } if self.macros == 0 => self.assign(at, name),
            StatementKind::Directive(Directive::Block(block)) => {
                // A scope's local labels are its own.
                if matches!(block, Block::Scope | Block::Members | Block::EndScope) {
                    self.here.parent = stamp(at);
                }
                self.block(*block);
            }
            StatementKind::MacroCall(_) | StatementKind::Opaque => self.names.open |= self.macros == 0,
            StatementKind::Label(_)
            | StatementKind::Assign { .. }
            | StatementKind::Directive(_)
            | StatementKind::Instruction(_) => {}
        }
        self.names.places.push(self.here);
    }

    fn assign(&mut self, at: usize, name: &'s str) {
        let name = name.trim_start_matches('!');
        let once = self.names.assigned.contains_key(name);
        self.names.assigned.insert(name, (!once).then_some(at));
    }

    fn label(&mut self, at: usize, label: &Label<'s>) {
        match label.kind {
            LabelKind::Plain => {
                self.here.parent = stamp(at);
                self.here.sub = 0;
                let seen = self.names.plain.insert((self.here.scope, label.name), at);
                self.twice(at, seen);
            }
            LabelKind::Aside => {
                let seen = self.names.plain.insert((self.here.scope, label.name), at);
                self.twice(at, seen);
            }
            LabelKind::Local(depth) => {
                let parent = if depth > 1 { self.here.sub } else { self.here.parent };
                let seen = self.names.local.insert((parent, label.name), at);
                self.twice(at, seen);
                if depth == 1 {
                    self.here.sub = stamp(at);
                }
            }
            LabelKind::Macro => {
                self.names.local.insert((self.here.parent, label.name), at);
            }
            LabelKind::Anonymous => self.names.marks.entry(label.name).or_default().push(at),
        }
    }

    fn twice(&mut self, at: usize, seen: Option<usize>) {
        let before = seen.and_then(|seen| self.names.places.get(seen));
        if before.is_some_and(|place| !place.conditional) && self.conditions == 0 {
            self.names.twice.push(at);
        }
    }

    fn block(&mut self, block: Block) {
        match block {
            Block::If | Block::Loop => self.conditions += 1,
            Block::EndIf | Block::EndLoop => self.conditions = self.conditions.saturating_sub(1),
            Block::Macro => self.macros += 1,
            Block::EndMacro => self.macros = self.macros.saturating_sub(1),
            Block::Scope | Block::Members if self.stack.len() < MAX_SCOPES => {
                self.stack.push(self.here.scope);
                let scope = u32::try_from(self.names.scopes.len()).unwrap_or(0);
                self.names.scopes.push(self.here.scope);
                self.here.scope = scope;
            }
            Block::EndScope => self.here.scope = self.stack.pop().unwrap_or(0),
            Block::Else | Block::Scope | Block::Members => {}
        }
        self.here.conditional = self.conditions > 0;
        self.here.in_macro = self.macros > 0;
    }
}
