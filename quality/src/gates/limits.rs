//! Lengths.

use hafs_proto::check::Field;
use hafs_proto::{Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};

pub(super) fn run(sample: &SampleView<'_>, policy: &GatePolicy) -> Outcome {
    let instruction = visible_chars(sample.instruction);
    let output = visible_chars(sample.output);
    let mut findings = Vec::new();
    if instruction < u64::from(policy.min_instruction_chars) {
        let message = format!(
            "the instruction has {instruction} characters, fewer than {}",
            policy.min_instruction_chars
        );
        findings.push(Finding::new(Reason::InvalidInstruction, Field::Instruction, &message));
    }
    if output == 0 {
        findings.push(Finding::new(Reason::EmptyOutput, Field::Output, "the output is blank"));
    } else if output < u64::from(policy.min_output_chars) {
        let message = format!("the output has {output} characters, fewer than {}", policy.min_output_chars);
        findings.push(Finding::new(Reason::TooShort, Field::Output, &message));
    } else if output > u64::from(policy.max_output_chars) {
        let message = format!("the output has {output} characters, more than {}", policy.max_output_chars);
        findings.push(Finding::new(Reason::TooLong, Field::Output, &message));
    }
    Outcome::from_findings(findings)
}

/// The characters of a text that a reader sees, spaces between them included.
fn visible_chars(text: &str) -> u64 {
    let hidden = |c: char| {
        c.is_whitespace()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{3164}')
    };
    text.trim_matches(hidden).chars().count() as u64
}
