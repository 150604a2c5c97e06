//! The routines of a source file: what stands between a label and the instruction behind which control does not go on.

use std::ops::Range;

use crate::diagnose::Code;
use crate::names::{lacking, names};
use crate::syntax::{Dialect, Directive, LabelKind, Program, Statement, StatementKind, TooLong, parse};

/// One routine of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit<'s> {
    /// Its label, or the name behind `.proc`.
    pub name: &'s str,
    /// Its lines, from that of its label to that of its end, without the last line break.
    pub range: Range<usize>,
    /// First and last line, from 1.
    pub lines: (u32, u32),
    /// The comment right above it, without comment signs.
    pub doc: String,
}

/// A text of which so few lines can be read is for another processor, or no code at all: 1 of this many.
const READABLE: usize = 8;

/// The routines of a text, in order. Labels of data are none, and a label that control runs into from above belongs to
/// the routine above it. None for a text that is not for this processor.
///
/// # Errors
/// [`TooLong`] when the text is longer than is read.
pub fn units(text: &str) -> Result<Vec<Unit<'_>>, TooLong> {
    let program = parse(text, None)?;
    let instructions = program.statements.iter().filter(|statement| is_instruction(statement)).count();
    if instructions < program.diagnostics.len() * READABLE {
        return Ok(Vec::new());
    }
    Ok(Walk { text, dialect: program.dialect, open: None, in_tail: false, data: 0, units: Vec::new() }
        .over(&program))
}

/// A routine that has begun.
struct Open<'s> {
    name: &'s str,
    first: u32,
    /// The line behind which it may end; 0 while control still goes on.
    end: u32,
    instructions: usize,
    /// Whether it is closed by `.endproc` and by nothing else.
    is_proc: bool,
}

struct Walk<'s> {
    text: &'s str,
    dialect: Option<Dialect>,
    open: Option<Open<'s>>,
    /// Whether a local label of the routine stands behind its end.
    in_tail: bool,
    /// The last line of the tables behind it that have such a label; 0 when there is none.
    data: u32,
    units: Vec<Unit<'s>>,
}

impl<'s> Walk<'s> {
    fn over(mut self, program: &Program<'s>) -> Vec<Unit<'s>> {
        let lines = Lines::of(self.text);
        for statement in &program.statements {
            self.step(statement, &lines);
        }
        self.close(&lines);
        self.units
    }

    fn step(&mut self, statement: &Statement<'s>, lines: &Lines<'s>) {
        let line = statement.line;
        if let Some(name) = lines.procedure(line) {
            return self.begin(name, line, lines);
        }
        let is_proc = self.open.as_ref().is_some_and(|open| open.is_proc);
        match &statement.kind {
            StatementKind::Label(label) if label.kind == LabelKind::Plain && self.may_begin() => {
                self.begin(label.name, line, lines);
            }
            StatementKind::Instruction(instruction) => {
                if let Some(open) = &mut self.open {
                    open.instructions += 1;
                    open.end = if instruction.mnemonic.ends_flow() { line } else { 0 };
                }
                self.in_tail = false;
            }
            StatementKind::Directive(_) if is_proc && lines.ends_procedure(line) => {
                self.open.iter_mut().for_each(|open| open.end = line);
                self.close(lines);
            }
            StatementKind::Directive(Directive::Origin(_)) if !is_proc => self.close(lines),
            StatementKind::Label(label) => {
                let is_local = matches!(label.kind, LabelKind::Local(_));
                self.in_tail = is_local && self.open.as_ref().is_some_and(|open| open.end > 0);
            }
            // A table under a local label of the routine is the routine's own: nothing else can name it so.
            StatementKind::Directive(Directive::Data(..)) if self.in_tail => self.data = line,
            StatementKind::Directive(_)
            | StatementKind::Assign { .. }
            | StatementKind::MacroCall(_)
            | StatementKind::Opaque => {}
        }
    }

    /// Whether a label begins a routine: control does not come to it from above, and no procedure is open.
    fn may_begin(&self) -> bool {
        self.open.as_ref().is_none_or(|open| !open.is_proc && (open.end > 0 || open.instructions == 0))
    }

    fn begin(&mut self, name: &'s str, first: u32, lines: &Lines<'s>) {
        self.close(lines);
        let is_proc = lines.procedure(first).is_some();
        (self.in_tail, self.data) = (false, 0);
        self.open = Some(Open { name, first, end: 0, instructions: 0, is_proc });
    }

    fn close(&mut self, lines: &Lines<'s>) {
        let Some(open) = self.open.take().filter(|open| open.end > 0 && open.instructions > 0) else {
            return;
        };
        let end = open.end.max(self.data);
        let range = lines.range(open.first, end);
        if !is_whole(&self.text[range.clone()], self.dialect) {
            return;
        }
        self.units.push(Unit {
            name: open.name,
            range,
            lines: (open.first, end),
            doc: lines.comment_above(open.first),
        });
    }
}

/// Whether no block is cut through and no local label lies elsewhere: alone, the text could not be assembled.
fn is_whole(text: &str, dialect: Option<Dialect>) -> bool {
    // Where nothing tells the dialect, blocks are read as asar's.
    let Ok(program) = parse(text, dialect.or(Some(Dialect::Asar))) else { return false };
    let names = names(&program);
    let is_cut = program.diagnostics.iter().any(|found| found.code == Code::BlockMismatch);
    !is_cut && lacking(&program, &names).is_empty()
}

const fn is_instruction(statement: &Statement<'_>) -> bool {
    matches!(statement.kind, StatementKind::Instruction(_))
}

/// The lines of a text, by number from 1.
struct Lines<'s> {
    starts: Vec<usize>,
    text: &'s str,
}

impl<'s> Lines<'s> {
    fn of(text: &'s str) -> Self {
        let behind = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(behind).collect(), text }
    }

    fn range(&self, first: u32, last: u32) -> Range<usize> {
        let start = |line: u32| self.starts.get(line.saturating_sub(1) as usize).copied();
        let from = start(first).unwrap_or(self.text.len());
        let to = start(last + 1).unwrap_or(self.text.len()).max(from);
        let kept = self.text[from..to].trim_end_matches(['\r', '\n']);
        from..from + kept.len()
    }

    fn line(&self, number: u32) -> &'s str {
        &self.text[self.range(number, number)]
    }

    /// The name that a line gives to a procedure of ca65.
    fn procedure(&self, number: u32) -> Option<&'s str> {
        let mut words = self.line(number).split_whitespace();
        let opens = words.next().is_some_and(|word| word.eq_ignore_ascii_case(".proc"));
        words.next().filter(|_| opens).map(|name| name.trim_end_matches([';', ',']))
    }

    fn ends_procedure(&self, number: u32) -> bool {
        self.line(number).split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(".endproc"))
    }

    fn comment_above(&self, number: u32) -> String {
        let above = (1..number).rev().map(|line| self.line(line).trim());
        let mut lines: Vec<&str> = above
            .map_while(|line| line.strip_prefix(';'))
            .map(|line| line.trim_matches([';', ' ', '\t', '=', '-', '*', '#']))
            .filter(|line| !line.is_empty())
            .collect();
        lines.reverse();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<&str> {
        units(text).expect("short enough").into_iter().map(|unit| unit.name).collect()
    }

    #[test]
    fn a_routine_goes_from_its_label_to_where_control_ends() {
        let text = "org $808000\n\n; Turns the screen off.\n; =====\nscreen_off:\n  SEP #$20\n  LDA #$8F\n  BNE .set\n  RTS\n\
                    .set\n  STA $2100\n  RTS\n\ntable:\n  db 1, 2, 3\n\nnext:\n  INX\ninner:\n  INY\n  RTL\n";
        let found = units(text).expect("short enough");
        assert_eq!(found.iter().map(|unit| unit.name).collect::<Vec<_>>(), ["screen_off", "next"]);
        assert_eq!((found[0].lines, found[0].doc.as_str()), ((5, 12), "Turns the screen off."));
        assert_eq!(&text[found[1].range.clone()], "next:\n  INX\ninner:\n  INY\n  RTL");
    }

    #[test]
    fn a_table_under_a_local_label_belongs_to_its_routine() {
        let text = "pick:\n  ASL\n  TAX\n  JMP (.ways,x)\n\n.ways\n  dw a, b\n  dw c\n\n; Not this.\ntable:\n  db 1\n\nb:\n  RTS\n";
        let found = units(text).expect("short enough");
        assert_eq!(
            &text[found[0].range.clone()],
            "pick:\n  ASL\n  TAX\n  JMP (.ways,x)\n\n.ways\n  dw a, b\n  dw c"
        );
        assert_eq!(&text[found[1].range.clone()], "b:\n  RTS");
    }

    #[test]
    fn a_routine_that_is_not_whole_alone_is_none() {
        let shared = "a:\n  BNE +\n  RTS\nb:\n  INX\n+ RTS\n";
        assert_eq!(named(shared), ["b"], "its neighbour holds its label");
        assert_eq!(
            named("a:\n  NOP\nif !x\n  RTS\nelse\nb:\n  RTL\nendif\n"),
            ["b"],
            "its condition goes on"
        );
        assert_eq!(named("a:\n  %b()\n  BNE +\n  RTS\n"), Vec::<&str>::new());
    }

    #[test]
    fn a_procedure_of_ca65_ends_where_it_says() {
        let text = ".proc main\n  lda #$01\nagain:\n  dex\n  bne again\n  rts\n.endproc\n.proc other\n  rtl\n.endproc\n";
        let found = units(text).expect("short enough");
        assert_eq!(found.iter().map(|unit| unit.name).collect::<Vec<_>>(), ["main", "other"]);
        assert!(text[found[0].range.clone()].ends_with(".endproc"));
    }

    #[test]
    fn data_an_open_end_and_other_processors_are_no_routines() {
        assert_eq!(named("table:\n db 1\n dw 2\n"), Vec::<&str>::new());
        assert_eq!(named("start:\n LDA #$01\n STA $10\n"), Vec::<&str>::new());
        assert_eq!(named("f:\n mov eax, 1\n push ebp\n call g\n ret\n"), Vec::<&str>::new());
        assert_eq!(named(""), Vec::<&str>::new());
    }
}
