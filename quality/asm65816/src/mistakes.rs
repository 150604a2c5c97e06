//! Mistakes that people make, put into a routine that is right: the wrong branch, the wrong direction, a number beside
//! the right one. Whether the routine then does something else is not assumed but shown, by running both.

use std::ops::Range;

use crate::equivalent::{Spec, Verdict, equivalent};
use crate::opcodes::Mnemonic;
use crate::stand_ins::{AWAY, data, targets};
use crate::syntax::{Dialect, Expr, Instruction, Operand, StatementKind, TooLong, detect, parse};

/// What is exchanged for what.
const EXCHANGES: &[(Mnemonic, Mnemonic)] = &[
    (Mnemonic::Beq, Mnemonic::Bne),
    (Mnemonic::Bcc, Mnemonic::Bcs),
    (Mnemonic::Bpl, Mnemonic::Bmi),
    (Mnemonic::Bvc, Mnemonic::Bvs),
    (Mnemonic::Inx, Mnemonic::Dex),
    (Mnemonic::Iny, Mnemonic::Dey),
    (Mnemonic::Inc, Mnemonic::Dec),
    (Mnemonic::Clc, Mnemonic::Sec),
    (Mnemonic::Asl, Mnemonic::Lsr),
    (Mnemonic::Rol, Mnemonic::Ror),
    (Mnemonic::And, Mnemonic::Ora),
    (Mnemonic::Adc, Mnemonic::Sbc),
    (Mnemonic::Tax, Mnemonic::Txa),
    (Mnemonic::Tay, Mnemonic::Tya),
    (Mnemonic::Cpx, Mnemonic::Cpy),
    (Mnemonic::Sep, Mnemonic::Rep),
];

/// One mistake that can be made in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Its line, from 1.
    pub line: u32,
    /// What is replaced.
    pub range: Range<usize>,
    /// By what.
    pub with: String,
}

impl Mistake {
    /// The text with the mistake in it.
    #[must_use]
    pub fn made_in(&self, text: &str) -> String {
        [&text[..self.range.start], &self.with, &text[self.range.end..]].concat()
    }
}

/// The mistakes that can be made in a routine, in order of place.
///
/// # Errors
/// [`TooLong`] when the text is longer than is read.
pub fn mistakes(text: &str) -> Result<Vec<Mistake>, TooLong> {
    let program = parse(text, None)?;
    let mut found = Vec::new();
    for statement in &program.statements {
        let StatementKind::Instruction(instruction) = &statement.kind else { continue };
        let start = statement.span.range().start;
        found.extend(exchanged(instruction, text, start).map(|(range, with)| (statement.line, range, with)));
        found.extend(beside(instruction, text).map(|(range, with)| (statement.line, range, with)));
    }
    Ok(found.into_iter().map(|(line, range, with)| Mistake { line, range, with }).collect())
}

/// Another mnemonic in the place of an instruction's own.
fn exchanged(instruction: &Instruction<'_>, text: &str, start: usize) -> Option<(Range<usize>, String)> {
    let other = EXCHANGES.iter().find_map(|(one, other)| match instruction.mnemonic {
        found if found == *one => Some(*other),
        found if found == *other => Some(*one),
        _ => None,
    })?;
    let written = text.get(start..start + 3)?;
    let is_own = written.eq_ignore_ascii_case(&instruction.mnemonic.to_string());
    let with = other.to_string();
    let is_lower = written.bytes().all(|byte| byte.is_ascii_lowercase());
    is_own.then(|| (start..start + 3, if is_lower { with.to_ascii_lowercase() } else { with }))
}

/// The number beside an immediate one, written as the first is.
fn beside(instruction: &Instruction<'_>, text: &str) -> Option<(Range<usize>, String)> {
    let Operand::Immediate(Expr::Number { value, .. }) = &instruction.operand else { return None };
    let range = instruction.operand_span.range();
    let digits_at = range.start + text.get(range.clone())?.find("#$")? + 2;
    let digits = text.get(digits_at..range.end)?.trim_end();
    let is_plain = matches!(digits.len(), 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let next = value + 1;
    let fits = is_plain && u64::from(next) < 1 << (4 * digits.len());
    fits.then(|| (digits_at..digits_at + digits.len(), format!("{next:0width$X}", width = digits.len())))
}

/// Whether two snippets are shown to do different things. Names that neither defines get addresses of their own; calls
/// and jumps to them end a run. False when no run told them apart, or when they cannot be run.
#[must_use]
pub fn differ(first: &str, second: &str) -> bool {
    let dialect = detect(first).unwrap_or(Dialect::Asar);
    let targets = targets(first);
    let symbols = |name: &str| Some(if targets.contains(name) { AWAY } else { data(name) });
    let spec = Spec { dialect, ..Spec::default() };
    matches!(equivalent(first, second, &spec, &symbols), Ok(Verdict::Different { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "clear:\n  LDX #$00 ; from the first\n- STZ $0200,x\n  INX\n  CPX #$20\n  BNE -\n  JSR Redraw\n  RTS\n";

    fn made(text: &str) -> Vec<String> {
        let found = mistakes(text).expect("short enough");
        found.iter().map(|mistake| mistake.made_in(text)).collect()
    }

    #[test]
    fn a_mistake_changes_one_place_and_keeps_the_rest_as_it_is_written() {
        let lines: Vec<(u32, String)> = mistakes(CODE)
            .expect("short enough")
            .into_iter()
            .map(|mistake| {
                let made = mistake.made_in(CODE);
                (mistake.line, made.lines().nth(mistake.line as usize - 1).expect("a line").trim().to_owned())
            })
            .collect();
        let lines: Vec<(u32, &str)> = lines.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(
            lines,
            [(2, "LDX #$01 ; from the first"), (4, "DEX"), (5, "CPY #$20"), (5, "CPX #$21"), (6, "BEQ -")]
        );
        assert_eq!(made("  bne +\n+ rts\n"), ["  beq +\n+ rts\n"]);
        assert_eq!(made("  LDA #$FF\n"), Vec::<String>::new(), "there is no number beside it");
    }

    #[test]
    fn a_mistake_that_matters_is_shown_to_matter_and_one_that_does_not_is_not() {
        assert!(made(CODE).iter().all(|other| differ(CODE, other)));
        assert!(!differ("SEC\nSEC\nRTS\n", "CLC\nSEC\nRTS\n"));
        assert!(!differ(CODE, CODE));
        assert!(!differ("LDA unknown(1\n", "LDA #$00\n"), "what cannot be run shows nothing");
    }
}
