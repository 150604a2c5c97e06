//! What a snippet leans on and does not bring along: names, macros, the widths of the registers where it begins. What an
//! assembler complains of because of these is no fault of the snippet.

use std::collections::{BTreeMap, BTreeSet};

use hafs_asm65816::diagnose::Span;
use hafs_asm65816::flow::{Bit, flow};
use hafs_asm65816::names::names;
use hafs_asm65816::opcodes::{Mnemonic, Register};
use hafs_asm65816::syntax::{
    Block, Dialect, Directive, Expr, Instruction, Operand, Program, StatementKind, parse,
};

use super::ORIGIN;
use super::errors::{Complaint, ErrorClass};

/// Where a value is put that stands for a name: as small as a direct page address or a byte is, so that it fits wherever
/// the name may stand. The next one lies two bytes on.
const FIRST: u32 = 0x10;

/// What one line leans on.
#[derive(Debug, Default)]
struct Line<'s> {
    names: Vec<&'s str>,
    /// The name that a branch goes to.
    branch: Option<&'s str>,
    is_macro_call: bool,
    /// Whether it has an immediate that two bytes can hold and whose size is the register's.
    follows_width: bool,
    is_condition: bool,
    /// Whether it has a define of asar that the snippet does not make: any text at all.
    has_define: bool,
}

/// What a snippet leans on.
#[derive(Debug, Default)]
pub(super) struct Leaning<'s> {
    /// By line, from 1.
    lines: BTreeMap<usize, Line<'s>>,
    /// Labels that it has itself. An assembler that gave up early says that they lack too.
    own: BTreeSet<&'s str>,
}

/// Lines that give names their values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct StandIns {
    /// In front of the snippet: a name and its value.
    pub before: Vec<(String, u32)>,
    /// Labels behind it.
    pub behind: Vec<String>,
}

impl<'s> Leaning<'s> {
    /// Reads a snippet. Of one that is too long nothing is known, and all is its own fault.
    pub(super) fn of(code: &'s str, dialect: Dialect) -> Self {
        let (mut lines, mut own): (BTreeMap<usize, Line<'s>>, _) = (BTreeMap::new(), BTreeSet::new());
        let Ok(program) = parse(code, Some(dialect)) else { return Self::default() };
        let names = names(&program);
        let is_ours = |define: &&str| names.assignment(define).is_some();
        let widths = flow(&program, &names).widths;
        for (statement, known) in program.statements.iter().zip(widths) {
            let line = lines.entry(statement.line as usize).or_default();
            match &statement.kind {
                StatementKind::Instruction(found) => {
                    let defines = found.operand.defines();
                    line.has_define |= found.opaque && (defines.is_empty() || !defines.iter().all(is_ours));
                    line.instruction(found, known);
                }
                StatementKind::MacroCall(_) => line.is_macro_call = true,
                // It begins with a define or a placeholder, or it is nonsense.
                StatementKind::Opaque => line.is_macro_call |= !is_nonsense(&program, statement.span),
                StatementKind::Assign { value: Some(value), .. } => line.names.extend(value.symbols()),
                StatementKind::Directive(Directive::Data(_, units)) => {
                    line.names.extend(units.iter().flat_map(Expr::symbols));
                }
                StatementKind::Directive(Directive::Space(count, fill)) => {
                    line.names.extend([count, fill].into_iter().flatten().flat_map(Expr::symbols));
                }
                StatementKind::Directive(Directive::Block(Block::If | Block::Else)) => {
                    line.is_condition = true
                }
                StatementKind::Label(label) => {
                    own.insert(label.name);
                }
                StatementKind::Directive(_) | StatementKind::Assign { value: None, .. } => {}
            }
        }
        Self { lines, own }
    }

    /// Values for these names, so that the assembler comes further. What a branch goes to lies as near as can be: in front of
    /// the code, or behind it, wherever most of its branches are.
    pub(super) fn stand_ins<'n>(&self, names: impl Iterator<Item = &'n String>) -> StandIns {
        let middle = self.lines.keys().next_back().copied().unwrap_or(0) / 2;
        let mut stand_ins = StandIns::default();
        for (name, value) in names.zip((FIRST..).step_by(2)) {
            let branches: Vec<usize> =
                self.lines.iter().filter(|(_, line)| line.branch == Some(name)).map(|(at, _)| *at).collect();
            let late = branches.iter().filter(|at| **at > middle).count();
            if branches.is_empty() {
                stand_ins.before.push((name.clone(), value));
            } else if late * 2 > branches.len() {
                stand_ins.behind.push(name.clone());
            } else {
                stand_ins.before.push((name.clone(), ORIGIN));
            }
        }
        stand_ins
    }

    /// The name that a complaint says is lacking, if it can come from elsewhere. A local label cannot; asar names it in full.
    pub(super) fn lacking(&self, complaint: &Complaint) -> Option<String> {
        let name = complaint.undefined.clone().filter(|_| !self.is_local(complaint));
        name.filter(|name| !self.own.contains(name.as_str()))
    }

    fn is_local(&self, complaint: &Complaint) -> bool {
        let Some(name) = &complaint.undefined else { return false };
        let names = self.lines.get(&complaint.line()).map_or(&[][..], |line| &line.names);
        let own = |local: &&str| {
            local
                .strip_prefix(['.', '@'])
                .is_some_and(|own| name.ends_with(own.trim_start_matches(['.', '@'])))
        };
        names.iter().any(own)
    }

    /// A complaint as it counts, when these names were lacking.
    pub(super) fn judge(&self, complaint: Complaint, lacking: &BTreeSet<String>) -> Complaint {
        let nothing = Line::default();
        let line = self.lines.get(&complaint.line()).unwrap_or(&nothing);
        let leans = line.is_condition || line.names.iter().any(|name| lacking.contains(*name));
        let is_outside = match complaint.class {
            // asar says this too of a mode that there is not for an operand as large as the stand-in.
            ErrorClass::Instruction => line.is_macro_call || leans,
            ErrorClass::Syntax | ErrorClass::Macro => line.is_macro_call,
            ErrorClass::Range => leans || line.follows_width,
            ErrorClass::Label => complaint.undefined.is_some() && !self.is_local(&complaint),
            ErrorClass::Value | ErrorClass::Other => leans,
            ErrorClass::Addressing | ErrorClass::Directive | ErrorClass::Outside | ErrorClass::Space => false,
        } || line.has_define;
        let class = if is_outside { ErrorClass::Outside } else { complaint.class };
        Complaint { class, ..complaint }
    }
}

fn is_nonsense(program: &Program<'_>, place: Span) -> bool {
    program.diagnostics.iter().any(|found| place.range().contains(&found.span.range().start))
}

const fn is_branch(mnemonic: Mnemonic) -> bool {
    mnemonic.is_conditional() || matches!(mnemonic, Mnemonic::Bra)
}

impl<'s> Line<'s> {
    /// `known` is what the snippet itself says of the widths of the registers there.
    fn instruction(&mut self, found: &Instruction<'s>, known: Option<(Bit, Bit)>) {
        self.names.extend(found.operand.symbols());
        // Functions of ca65 have a dot: this is a `.define` of elsewhere.
        self.is_macro_call |= found.operand.calls().iter().any(|name| !name.starts_with('.'));
        match &found.operand {
            Operand::Plain(Expr::Symbol(name), None) if is_branch(found.mnemonic) => self.branch = Some(name),
            Operand::Immediate(value) => {
                let is_word = !matches!(value, Expr::Number { value, .. } if *value > 0xffff);
                let width = match found.mnemonic.register() {
                    Register::Accumulator => known.map(|(m, _)| m),
                    Register::Index => known.map(|(_, x)| x),
                    Register::Fixed => return,
                };
                self.follows_width |= is_word && width.and_then(Bit::bytes).is_none();
            }
            Operand::None
            | Operand::Accumulator
            | Operand::Plain(..)
            | Operand::Indirect(..)
            | Operand::IndirectLong(..)
            | Operand::Banks(..)
            | Operand::Opaque => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(class: ErrorClass, line: usize, undefined: Option<&str>) -> Complaint {
        Complaint {
            class,
            lines: vec![line],
            message: String::new(),
            undefined: undefined.map(str::to_owned),
        }
    }

    #[test]
    fn a_complaint_is_the_snippets_own_unless_it_leans_on_something_there() {
        let code = "  seta8\n  lda #512\n  bne away\n  stx $12,x\n  lda #$12345\n  lda table,x\n  mov a,b\n  lda \
                    #WSEL(1)|2\n";
        let leaning = Leaning::of(code, Dialect::Ca65);
        let lacking: BTreeSet<String> = ["away", "table"].map(str::to_owned).into();
        let outside =
            |class, line| leaning.judge(complaint(class, line, None), &lacking).class == ErrorClass::Outside;
        assert!(outside(ErrorClass::Instruction, 1), "a macro of elsewhere");
        assert!(outside(ErrorClass::Syntax, 8), "a text define of elsewhere");
        assert!(outside(ErrorClass::Range, 2), "the register may be wide there");
        assert!(
            outside(ErrorClass::Range, 3) && outside(ErrorClass::Range, 6),
            "a name may have another value"
        );
        assert!(outside(ErrorClass::Instruction, 6), "there is no such mode for a long one");
        assert!(!outside(ErrorClass::Addressing, 4));
        assert!(!outside(ErrorClass::Range, 5), "no register is so wide");
        let narrow = Leaning::of("  sep #$20\n  lda #512\n", Dialect::Ca65);
        let found = narrow.judge(complaint(ErrorClass::Range, 2, None), &BTreeSet::new());
        assert_eq!(found.class, ErrorClass::Range, "it says itself how wide the register is");
        assert!(!outside(ErrorClass::Instruction, 7), "no macro but a slip");
        let label = complaint(ErrorClass::Label, 6, Some("table"));
        assert_eq!(leaning.judge(label, &lacking).class, ErrorClass::Outside);
        assert!(!outside(ErrorClass::Label, 6), "a label that is there twice");
    }

    #[test]
    fn a_local_label_that_is_not_there_comes_from_nowhere() {
        let leaning = Leaning::of("Main:\n  BRA .gone\n  JSR Other\n", Dialect::Asar);
        let gone = complaint(ErrorClass::Label, 2, Some("Main_gone"));
        assert_eq!(leaning.lacking(&gone), None);
        assert_eq!(leaning.judge(gone, &BTreeSet::new()).class, ErrorClass::Label);
        let other = complaint(ErrorClass::Label, 3, Some("Other"));
        assert_eq!(leaning.lacking(&other).as_deref(), Some("Other"));
    }

    #[test]
    fn names_get_values_that_fit_and_branches_reach_theirs() {
        let code = "  bne early\n  sta buffer\n  jsr far\n  rts\nl:\n  nop\n  bra late\n";
        let names = ["buffer", "early", "far", "late"].map(str::to_owned);
        let found = Leaning::of(code, Dialect::Ca65).stand_ins(names.iter());
        let before = [("buffer", 0x10), ("early", ORIGIN), ("far", 0x14)];
        assert_eq!(found.before, before.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(found.behind, ["late"]);
    }
}
