//! One walk over a file that writes down what it says.

use hafs_asm65816::opcodes::{Kind, Mnemonic};
use hafs_asm65816::syntax::{
    Block, Directive, Expr, Index, Instruction, Label, LabelKind, Operand, Program, Size, Statement,
    StatementKind,
};
use hafs_proto::graph::{Certainty, EntityId, Family, NodeKind, Relation};

use super::banks::Banks;
use super::names::{Known, bare, macro_name, marked, procedure};
use super::value::{Base, Value, base, value};
use crate::address::{Place, Region};
use crate::facts::Facts;

/// The importer's name.
pub const IMPORTER: &str = "asm65816";
/// Its version.
pub const VERSION: u32 = 1;

/// Statements behind a label that are looked at for the first one that makes bytes.
const LOOK_AHEAD: usize = 24;

/// What a file says. `known` holds the names of all files that are read together, this one's among them.
#[must_use]
pub fn facts(path: &str, text: &str, program: &Program<'_>, known: &Known) -> Facts {
    let mut facts = Facts::default();
    let Ok(file) = EntityId::new(Family::File, path) else { return facts };
    facts.node(0, &file, NodeKind::File, None);
    let mut walk = Walk {
        text,
        program,
        known,
        facts,
        here: file.clone(),
        file,
        parent: "",
        macros: None,
        banks: Banks::default(),
    };
    for (at, statement) in program.statements.iter().enumerate() {
        walk.statement(at, statement);
    }
    walk.facts
}

struct Walk<'a, 's> {
    text: &'a str,
    program: &'a Program<'s>,
    known: &'a Known,
    facts: Facts,
    file: EntityId,
    /// Whose code this is: the last label of the whole program, a macro, or else the file.
    here: EntityId,
    parent: &'a str,
    /// Whose code it was before the macro that is being defined.
    macros: Option<EntityId>,
    banks: Banks,
}

impl<'a: 's, 's> Walk<'a, 's> {
    fn statement(&mut self, at: usize, statement: &'a Statement<'s>) {
        let line = statement.line;
        match &statement.kind {
            StatementKind::Label(label) => self.label(at, line, label),
            StatementKind::Assign { name, value } => self.assign(line, name, value.as_ref()),
            StatementKind::Directive(directive) => self.directive(at, statement, directive),
            StatementKind::Instruction(instruction) => {
                let worth = self.worth(instruction);
                self.instruction(line, instruction);
                self.banks.follow(instruction, worth);
            }
            StatementKind::MacroCall(name) => {
                self.banks = Banks::default();
                if self.known.is_macro(name) {
                    self.edge(line, Relation::Calls, &format!("%{}", bare(name)), Certainty::Exact);
                }
            }
            StatementKind::Opaque => self.banks = Banks::default(),
        }
    }

    fn label(&mut self, at: usize, line: u32, label: &Label<'a>) {
        if marked(label.name).is_some() {
            return;
        }
        self.banks = Banks::default();
        match label.kind {
            LabelKind::Plain | LabelKind::Aside => {
                self.open(line, label.name, self.look(at), label.kind == LabelKind::Plain);
            }
            LabelKind::Local(_) => {
                let name = format!("{}{}", self.parent, label.name);
                if let Ok(id) = EntityId::new(Family::Asm, &name) {
                    self.facts.node(line, &id, NodeKind::LocalLabel, None);
                }
            }
            LabelKind::Macro | LabelKind::Anonymous => {}
        }
    }

    /// A label of the whole program: what follows is its own.
    fn open(&mut self, line: u32, name: &'a str, (kind, address): (NodeKind, Option<u32>), has_locals: bool) {
        let Ok(id) = EntityId::new(Family::Asm, name) else { return };
        self.facts.node(line, &id, kind, address);
        self.facts.edge(line, (&self.file, &id), Relation::Contains);
        if has_locals && self.macros.is_none() {
            self.parent = name;
            self.here = id;
        }
    }

    /// A label is a routine's when the first thing behind it that makes bytes is an instruction. A mark with its address
    /// may stand between.
    fn look(&self, at: usize) -> (NodeKind, Option<u32>) {
        let mut address = None;
        let behind = self.program.statements.iter().skip(at + 1).take(LOOK_AHEAD);
        for statement in behind {
            match &statement.kind {
                StatementKind::Instruction(_) => return (NodeKind::Routine, address),
                StatementKind::Directive(Directive::Data(..) | Directive::Space(..) | Directive::Unsized) => {
                    return (NodeKind::Symbol, address);
                }
                StatementKind::Label(label) => address = address.or(marked(label.name)),
                StatementKind::Assign { .. }
                | StatementKind::Directive(_)
                | StatementKind::MacroCall(_)
                | StatementKind::Opaque => {}
            }
        }
        (NodeKind::Symbol, address)
    }

    fn assign(&mut self, line: u32, name: &str, expr: Option<&Expr<'s>>) {
        let Ok(id) = EntityId::new(Family::Asm, name) else { return };
        let read = expr.and_then(|expr| value(expr, &|name| self.known.value(name)));
        self.facts.node(line, &id, NodeKind::Constant, read.map(|it| it.value));
        let place = read.filter(|it| it.bytes >= 2 && it.value <= 0xff_ffff).map(|it| Place::of(it.value));
        // A number may be just that; written as an address of memory or a register, it is one.
        if let Some(place) = place.filter(|place| place.region() != Region::Cartridge) {
            self.facts.denotes(line, (&id, name), place);
        }
    }

    fn directive(&mut self, at: usize, statement: &'a Statement<'s>, directive: &Directive<'s>) {
        let line = statement.line;
        match directive {
            Directive::Data(unit, units) if *unit >= 2 => {
                for expr in units {
                    self.refer(line, expr);
                }
            }
            Directive::Block(block) => {
                self.banks = Banks::default();
                self.block(at, statement, *block);
            }
            Directive::Origin(_) | Directive::Unsized => self.banks = Banks::default(),
            Directive::Data(..)
            | Directive::Space(..)
            | Directive::AccumulatorWidth(_)
            | Directive::IndexWidth(_)
            | Directive::Smart
            | Directive::Namespace(_)
            | Directive::Neutral => {}
        }
    }

    fn block(&mut self, at: usize, statement: &'a Statement<'s>, block: Block) {
        match block {
            Block::Macro => {
                let name = macro_name(self.text, statement);
                let id = name.and_then(|name| EntityId::new(Family::Asm, &format!("%{name}")).ok());
                if let (None, Some(id)) = (&self.macros, id) {
                    self.facts.node(statement.line, &id, NodeKind::Macro, None);
                    self.facts.edge(statement.line, (&self.file, &id), Relation::Contains);
                    self.macros = Some(std::mem::replace(&mut self.here, id));
                }
            }
            Block::EndMacro => {
                if let Some(before) = self.macros.take() {
                    self.here = before;
                }
            }
            Block::Scope => {
                if let Some(name) = procedure(self.text, statement) {
                    self.open(statement.line, name, self.look(at), true);
                }
            }
            Block::If
            | Block::Else
            | Block::EndIf
            | Block::Loop
            | Block::EndLoop
            | Block::Members
            | Block::EndScope => {}
        }
    }

    fn instruction(&mut self, line: u32, instruction: &Instruction<'s>) {
        // A define or a parameter may stand for any text; one whose value is known stands for that.
        if instruction.opaque && self.worth(instruction).is_none() {
            return;
        }
        let mnemonic = instruction.mnemonic;
        if matches!(mnemonic, Mnemonic::Jsr | Mnemonic::Jsl) {
            self.transfer(line, instruction, Relation::Calls);
        } else if mnemonic.kind() == Kind::Transfer {
            self.transfer(line, instruction, Relation::Jumps);
        } else {
            self.access(line, instruction);
        }
    }

    fn transfer(&mut self, line: u32, instruction: &Instruction<'s>, relation: Relation) {
        let expr = match &instruction.operand {
            Operand::Plain(expr, _) => expr,
            // The table of targets is read; where it leads stands there.
            Operand::Indirect(expr, ..) | Operand::IndirectLong(expr, _) => {
                return self.touch(line, Relation::Reads, expr, instruction.size);
            }
            Operand::None
            | Operand::Accumulator
            | Operand::Immediate(_)
            | Operand::Banks(..)
            | Operand::Opaque => return,
        };
        match base(expr, &|name| self.known.value(name)) {
            Base::Name(name) if name.starts_with(['.', '@', '?']) => {}
            Base::Name(name) => {
                let certainty = self.certainty(name);
                // A branch inside a routine says nothing of others.
                if relation == Relation::Calls || self.here.name() != name {
                    self.edge(line, relation, name, certainty);
                }
            }
            Base::Value(it) => {
                let far = it.bytes >= 3;
                let certainty = if far { Certainty::Exact } else { Certainty::Undecided };
                self.facts.edge_as(line, (&self.here, &Place::of(it.value).entity()), relation, certainty);
            }
            Base::Nothing => {}
        }
    }

    fn access(&mut self, line: u32, instruction: &Instruction<'s>) {
        let relations: &[Relation] = match instruction.mnemonic.kind() {
            Kind::Read => &[Relation::Reads],
            Kind::Write => &[Relation::Writes],
            Kind::Modify => &[Relation::Reads, Relation::Writes],
            Kind::Transfer | Kind::Stack | Kind::Other => &[],
        };
        match &instruction.operand {
            Operand::Plain(expr, None) if instruction.mnemonic == Mnemonic::Pea => self.refer(line, expr),
            Operand::Plain(expr, None | Some(Index::X | Index::Y)) => {
                for relation in relations {
                    self.touch(line, *relation, expr, instruction.size);
                }
            }
            // What the pointer points to is decided when it runs; the pointer itself is read.
            Operand::Indirect(expr, None | Some(Index::X | Index::Y), _) | Operand::IndirectLong(expr, _)
                if !relations.is_empty() =>
            {
                self.touch(line, Relation::Reads, expr, Some(Size::Byte));
            }
            Operand::Immediate(expr) => self.refer(line, expr),
            Operand::Plain(..)
            | Operand::Indirect(..)
            | Operand::IndirectLong(..)
            | Operand::None
            | Operand::Accumulator
            | Operand::Banks(..)
            | Operand::Opaque => {}
        }
    }

    /// An operand in memory.
    fn touch(&mut self, line: u32, relation: Relation, expr: &Expr<'s>, size: Option<Size>) {
        match base(expr, &|name| self.known.value(name)) {
            Base::Value(it) => {
                let (place, certainty) = self.place(it, size);
                let memory = place.entity();
                self.facts.node(line, &memory, place.kind(), Some(place.address()));
                self.facts.edge_as(line, (&self.here, &memory), relation, certainty);
            }
            Base::Name(name) if name.starts_with(['.', '@', '?']) => {}
            Base::Name(name) => self.edge(line, relation, name, self.certainty(name)),
            Base::Nothing => {}
        }
    }

    /// The place that a value means as an operand in memory.
    fn place(&self, it: Value, size: Option<Size>) -> (Place, Certainty) {
        let bytes = size.map_or(it.bytes, Size::bytes).min(3);
        let sure = |known: bool| if known { Certainty::Exact } else { Certainty::Assumed };
        match bytes {
            0 | 1 => {
                let direct = u32::from(self.banks.direct.unwrap_or(0)).wrapping_add(it.value & 0xff) & 0xffff;
                (Place::of(direct), sure(self.banks.direct.is_some()))
            }
            // A name may hold the bank that the programmer has in mind.
            2 if it.value > 0xffff && self.banks.data.is_none() => (Place::of(it.value), Certainty::Assumed),
            2 => {
                let low = it.value & 0xffff;
                let place = Place::of(u32::from(self.banks.data.unwrap_or(0)) << 16 | low);
                let lost = self.banks.data.is_none() && low >= 0x6000;
                (place, if lost { Certainty::Undecided } else { sure(self.banks.data.is_some()) })
            }
            _ => (Place::of(it.value), Certainty::Exact),
        }
    }

    /// A name that is spoken of: in a table of pointers, or as a value.
    fn refer(&mut self, line: u32, expr: &Expr<'s>) {
        if let Base::Name(name) = base(expr, &|name| self.known.value(name))
            && self.known.is_label(name)
        {
            self.edge(line, Relation::References, name, Certainty::Exact);
        }
    }

    fn certainty(&self, name: &str) -> Certainty {
        let here = self.known.is_label(name) || self.known.is_value(name);
        if here { Certainty::Exact } else { Certainty::Undecided }
    }

    fn edge(&mut self, line: u32, relation: Relation, name: &str, certainty: Certainty) {
        if let Ok(id) = EntityId::new(Family::Asm, name) {
            self.facts.edge_as(line, (&self.here, &id), relation, certainty);
        }
    }

    fn worth(&self, instruction: &Instruction<'s>) -> Option<Value> {
        let (Operand::Immediate(expr)
        | Operand::Plain(expr, _)
        | Operand::Indirect(expr, ..)
        | Operand::IndirectLong(expr, _)) = &instruction.operand
        else {
            return None;
        };
        value(expr, &|name| self.known.value(name))
    }
}
