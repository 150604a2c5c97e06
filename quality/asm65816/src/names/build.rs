//! One walk over a text that writes down its names.

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::{Block, Dialect, Directive, Label, LabelKind, Namespace, Program, StatementKind};

use super::whole::WholeNames;
use super::{Names, Place, local_depth, macro_mark, stamp};

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
        owners: BTreeMap::new(),
        whole: WholeNames::default(),
        doubtful: BTreeSet::new(),
        marks: BTreeMap::new(),
        assigned: BTreeMap::new(),
        twice: Vec::new(),
        open: program.includes,
    };
    let mut walk = Walk {
        names: empty,
        here: Place::default(),
        stack: Vec::new(),
        conditions: 0,
        macros: 0,
        nested: false,
        spaces: BTreeMap::new(),
        saved: Vec::new(),
    };
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
    /// Whether namespaces open inside each other.
    nested: bool,
    /// The scopes of namespaces by the scope around them and their name.
    spaces: BTreeMap<(u32, &'s str), u32>,
    /// Scopes that a text comes back to, and whether they opened inside each other there.
    saved: Vec<(u32, bool)>,
}

impl<'s> Walk<'s> {
    fn statement(&mut self, at: usize, kind: &StatementKind<'s>) {
        match kind {
            StatementKind::Label(label) if self.macros == 0 => self.label(at, label),
            StatementKind::Assign { name, .. } if self.macros == 0 => self.assign(at, name),
            StatementKind::Directive(Directive::Block(block)) => {
                // A scope's local labels are its own.
                if matches!(block, Block::Scope | Block::Members | Block::EndScope) {
                    self.here.owner = stamp(at);
                }
                self.block(*block);
            }
            StatementKind::Directive(Directive::Namespace(namespace)) => self.namespace(namespace),
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
                self.plain(at, label.name);
                self.own(at, 0, 0);
            }
            LabelKind::Aside => self.plain(at, label.name),
            LabelKind::Macro if macro_mark(label.name).is_some() => self.anonymous(at, label.name),
            LabelKind::Local(_) | LabelKind::Macro => self.local(at, label),
            LabelKind::Anonymous => self.anonymous(at, label.name),
        }
    }

    fn anonymous(&mut self, at: usize, mark: &'s str) {
        self.names.marks.entry(mark).or_default().push(at);
    }

    /// ca65 alone does not join the names of labels.
    fn has_whole_names(&self) -> bool {
        self.names.dialect != Some(Dialect::Ca65)
    }

    fn plain(&mut self, at: usize, name: &'s str) {
        let seen = self.names.plain.insert((self.here.scope, name), at);
        self.twice(at, seen);
        if self.has_whole_names() {
            let seen = self.names.whole.note_plain(self.here.scope, name, at, stamp(at));
            self.doubt(at, seen);
        }
    }

    fn local(&mut self, at: usize, label: &Label<'s>) {
        let depth = local_depth(self.names.dialect, label.name).unwrap_or(1);
        let owner = self.names.owner(self.here.owner, depth);
        let seen = self.names.local.insert((owner, label.name), at);
        if label.kind == LabelKind::Macro {
            self.doubt(at, seen);
        } else {
            self.twice(at, seen);
        }
        if self.has_whole_names() {
            let seen = self.names.whole.note_local(owner, label.name, at, stamp(at));
            self.doubt(at, seen);
        }
        self.own(at, depth, owner);
    }

    /// The labels that follow can be local to this one.
    fn own(&mut self, at: usize, depth: u8, owner: u32) {
        self.names.owners.insert(stamp(at), (depth, owner));
        self.here.owner = stamp(at);
    }

    /// Two statements define one name: which of them is meant depends on what is not followed here.
    fn doubt(&mut self, at: usize, seen: Option<usize>) {
        if let Some(seen) = seen {
            self.names.doubtful.extend([seen, at]);
        }
    }

    fn namespace(&mut self, namespace: &Namespace<'s>) {
        match namespace {
            Namespace::Nested(nested) => self.nested = *nested,
            Namespace::Save => {
                if self.saved.len() < MAX_SCOPES {
                    self.saved.push((self.here.scope, self.nested));
                }
                (self.here.scope, self.nested) = (0, false);
            }
            Namespace::Restore => (self.here.scope, self.nested) = self.saved.pop().unwrap_or_default(),
            Namespace::Leave if self.nested => {
                self.here.scope = self.names.scopes.get(self.here.scope as usize).copied().unwrap_or(0);
            }
            Namespace::Leave => self.here.scope = 0,
            Namespace::Enter(name) => {
                let around = if self.nested { self.here.scope } else { 0 };
                self.here.scope = match self.spaces.get(&(around, *name)) {
                    Some(scope) => *scope,
                    None => self.open_space(around, name),
                };
            }
        }
    }

    fn open_space(&mut self, around: u32, name: &'s str) -> u32 {
        let scope = self.open_scope(around);
        self.spaces.insert((around, name), scope);
        self.names.whole.space(scope, around, name);
        scope
    }

    fn open_scope(&mut self, around: u32) -> u32 {
        let scope = u32::try_from(self.names.scopes.len()).unwrap_or(0);
        self.names.scopes.push(around);
        scope
    }

    fn twice(&mut self, at: usize, seen: Option<usize>) {
        let before = seen.and_then(|seen| self.names.places.get(seen));
        if before.is_some_and(|place| !place.conditional) && self.conditions == 0 {
            self.names.twice.push(at);
        }
        self.doubt(at, seen);
    }

    fn block(&mut self, block: Block) {
        match block {
            Block::If | Block::Loop => self.conditions += 1,
            Block::EndIf | Block::EndLoop => self.conditions = self.conditions.saturating_sub(1),
            Block::Macro => self.macros += 1,
            Block::EndMacro => self.macros = self.macros.saturating_sub(1),
            Block::Scope | Block::Members if self.stack.len() < MAX_SCOPES => {
                self.stack.push(self.here.scope);
                self.here.scope = self.open_scope(self.here.scope);
            }
            Block::EndScope => self.here.scope = self.stack.pop().unwrap_or(0),
            Block::Else | Block::Scope | Block::Members => {}
        }
        self.here.conditional = self.conditions > 0;
        self.here.in_macro = self.macros > 0;
    }
}
