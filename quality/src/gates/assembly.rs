//! 65816 assembly in the output of an assembly domain must be assembly that an assembler takes.

use hafs_asm65816::check::check;
use hafs_asm65816::diagnose::{Code, Diagnostic};
use hafs_asm65816::syntax::{TooLong, runs};
use hafs_proto::check::Field;
use hafs_proto::{BoundedText, Finding, Outcome, Reason};

use std::ops::Range;

use super::view::{Demand, GatePolicy, SampleView};
use crate::fences;

/// Findings per sample; more change nothing.
const MAX_FINDINGS: usize = 8;

/// Domains that are about assembly of this processor.
const DOMAINS: &[&str] = &["asm", "asm65816", "65816", "65c816", "assembly", "snes", "snes-asm"];
/// Tags of fenced code that say so.
const TAGS: &[&str] = &[
    "asm", "65816", "65c816", "65816asm", "asm65816", "snes", "snesasm", "asar", "ca65", "wla", "wla-dx",
    "assembly",
];

/// Whether a domain is about assembly.
#[must_use]
pub fn is_assembly(domain: &str) -> bool {
    DOMAINS.iter().any(|known| known.eq_ignore_ascii_case(domain))
}

/// Not applicable to other domains and to outputs without assembly. Unchecked when the code is there and nothing in it
/// could be read, as with code for another processor.
pub(super) fn run(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    if !is_assembly(sample.domain) {
        return Outcome::NotApplicable;
    }
    let read = match sample.demand {
        Demand::Rest => vec![rest(sample.input, sample.output)],
        Demand::Nothing | Demand::Routine(_) | Demand::Rewritten(_) => {
            assembly_snippets(sample.output).into_iter().map(|range| snippet(sample.output, range)).collect()
        }
    };
    let mut all = Read::default();
    let found = !read.is_empty();
    for one in read {
        match one {
            Err(error) => return Outcome::Unchecked { why: BoundedText::clipped(&error.to_string()) },
            Ok(one) => all.add(one),
        }
    }
    all.findings.truncate(MAX_FINDINGS);
    match (found, all.instructions) {
        (false, _) => Outcome::NotApplicable,
        (true, 0) if all.findings.is_empty() => {
            let why = "no line of the code is an instruction of the 65816; a person has to read it";
            Outcome::Unchecked { why: BoundedText::clipped(why) }
        }
        (true, _) => Outcome::from_findings(all.findings),
    }
}

/// What was read of an answer.
#[derive(Default)]
struct Read {
    instructions: usize,
    findings: Vec<Finding>,
}

impl Read {
    fn add(&mut self, other: Self) {
        self.instructions += other.instructions;
        self.findings.extend(other.findings);
    }
}

fn snippet(output: &str, range: Range<usize>) -> Result<Read, TooLong> {
    let checked = check(&output[range.clone()], None)?;
    let findings = checked.diagnostics.iter().map(|found| {
        let span = found.span.range();
        finding(found, range.start + span.start..range.start + span.end)
    });
    Ok(Read { instructions: checked.instructions, findings: findings.collect() })
}

/// The rest of a routine, read behind its beginning, where its labels and widths come from. The beginning is real code
/// and not the answer's fault.
fn rest(beginning: &str, output: &str) -> Result<Read, TooLong> {
    let cut = beginning.len();
    let checked = check(&[beginning, output].concat(), None)?;
    let of_rest = checked.diagnostics.iter().filter(|found| found.span.range().start >= cut);
    let findings = of_rest.map(|found| {
        let span = found.span.range();
        finding(found, span.start - cut..span.end - cut)
    });
    Ok(Read { instructions: checked.instructions, findings: findings.collect() })
}

/// The assembly of an answer: fenced blocks with its tags, the runs of lines that are code in blocks without a tag, and
/// in an answer without fences the runs in the whole of it. Prose is never code.
#[must_use]
pub fn assembly_snippets(text: &str) -> Vec<Range<usize>> {
    let blocks = fences::blocks(text);
    if blocks.is_empty() {
        return runs(text);
    }
    let mut ranges = Vec::new();
    for block in blocks {
        if TAGS.contains(&block.tag.as_str()) {
            ranges.extend((!block.text.trim().is_empty()).then_some(block.range));
        } else if block.tag.is_empty() {
            let start = block.range.start;
            ranges.extend(runs(block.text).into_iter().map(|run| start + run.start..start + run.end));
        }
    }
    ranges
}

fn finding(found: &Diagnostic, range: Range<usize>) -> Finding {
    let message = format!("65816 assembly, {}: {}", found.code, found.message);
    Finding::new(reason(found.code), Field::Output, &message).at(range)
}

const fn reason(code: Code) -> Reason {
    match code {
        Code::UnknownMnemonic => Reason::UnknownMnemonic,
        Code::Malformed | Code::BadNumber | Code::DuplicateLabel => Reason::SyntaxError,
        Code::Unbalanced | Code::BlockMismatch => Reason::Unbalanced,
        Code::BadAddressing => Reason::BadAddressing,
        Code::OperandRange | Code::BranchRange => Reason::OperandRange,
        Code::UndefinedLabel => Reason::UndefinedLabel,
        Code::WidthMismatch | Code::StackImbalance | Code::ReturnMismatch => Reason::ValidationFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(domain: &str, output: &str) -> Outcome {
        let sample = SampleView {
            instruction: "Write it.",
            input: "",
            output,
            domain,
            seed: None,
            demand: Demand::Nothing,
        };
        run(&sample, &GatePolicy::default())
    }

    fn reasons(output: &str) -> Vec<Reason> {
        let Outcome::Fail { findings } = outcome("asm", output) else { return Vec::new() };
        for finding in &findings {
            let span = finding.span.expect("a place");
            assert!(output.get(span.start as usize..span.end as usize).is_some());
        }
        findings.into_iter().map(|finding| finding.reason).collect()
    }

    #[test]
    fn good_code_passes_fenced_and_plain() {
        for output in [
            "The screen is turned off:\n\n```asm\nSEP #$20\nLDA #$8F\nSTA $2100 ; INIDISP\nRTS\n```\nAnd then it returns.",
            "REP #$30\nLDA #$1234\nSTA $7E0010\nRTL\n",
            "f:\n{\n  CPX #$07 : BNE +\n  LDA #$0D\n  RTL\n  +\n  LDA $10\n  RTL\n}\n",
            "First this:\n\n  LDX #$00\nloop:\n  STZ $0200,x\n  INX\n  BNE loop\n\nAnd then nothing.",
        ] {
            assert_eq!(outcome("asm", output), Outcome::Pass, "{output}");
        }
    }

    #[test]
    fn nonsense_fails_with_its_reason_and_place() {
        for (output, reason) in [
            ("```asm\nMOV A,#$12\n```", Reason::UnknownMnemonic),
            ("```asm\nSTA #$12\nRTS\n```", Reason::BadAddressing),
            ("```asm\nLDA #$12345\nRTS\n```", Reason::OperandRange),
            ("```65816\nLDA ($12\nRTS\n```", Reason::Unbalanced),
            ("```\nLDA #$GG\nRTS\n```", Reason::SyntaxError),
            ("```asm\nmain:\nBNE +\nRTS\n```", Reason::UndefinedLabel),
            ("Do this:\n\nSTX $12,x\nRTS\n", Reason::BadAddressing),
        ] {
            assert_eq!(reasons(output), [reason], "{output}");
        }
    }

    #[test]
    fn the_rest_of_a_routine_is_read_behind_its_beginning() {
        let input = "Fill:\n{\n  REP #$20\n  BEQ .done\n";
        let outcome = |output| {
            let demand = Demand::Rest;
            let sample =
                SampleView { instruction: "Go on.", input, output, domain: "asm", seed: None, demand };
            run(&sample, &GatePolicy::default())
        };
        assert_eq!(outcome("  LDA #$1234\n  STA $10\n.done\n  RTS\n}\n"), Outcome::Pass);
        let Outcome::Fail { findings } = outcome("  STA #$12\n.done\n  RTS\n}\n") else {
            panic!("no such mode")
        };
        assert_eq!(
            (findings[0].reason, findings[0].span.map(|span| span.start)),
            (Reason::BadAddressing, Some(6))
        );
    }

    #[test]
    fn prose_other_domains_and_other_languages_are_not_judged() {
        assert_eq!(outcome("asm", "And then the routine returns. Sep 2020."), Outcome::NotApplicable);
        assert_eq!(outcome("asm", "```c\nint x;\n```"), Outcome::NotApplicable);
        assert_eq!(outcome("rust", "```asm\nMOV A,B\n```"), Outcome::NotApplicable);
    }

    #[test]
    fn code_of_which_nothing_can_be_read_is_unchecked_and_not_passed() {
        let output = "```asm\narch spc700\nmov a,#$12\n```";
        assert!(matches!(outcome("asm", output), Outcome::Unchecked { .. }));
    }
}
