//! Refusals, hedges and leaked instructions.

use std::ops::Range;

use hafs_proto::check::Field;
use hafs_proto::{Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};
use crate::{fences, phrases};

/// Findings of one kind that are recorded; more change no decision.
const MAX_FINDINGS: usize = 8;

/// The output refuses.
pub(super) fn refusal(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let prose = fences::prose(sample.output);
    report(
        phrases::refusal(&prose).into_iter(),
        Field::Output,
        (Reason::Refused, "the output refuses to answer"),
    )
}

/// The output excuses itself. Code is not looked at: there, such words are data.
pub(super) fn hedge(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let prose = fences::prose(sample.output);
    report(
        phrases::hedges(&prose),
        Field::Output,
        (Reason::Hedge, "the output excuses itself instead of answering"),
    )
}

/// The sample repeats what only a teacher should be told.
pub(super) fn leak(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let mut findings = Vec::new();
    for (field, text, reason) in [
        (Field::Instruction, sample.instruction, Reason::InvalidInstruction),
        (Field::Output, sample.output, Reason::ValidationFailed),
    ] {
        let prose = fences::prose(text);
        let leaked = phrases::leaks(&prose).filter(|range| !quoted_from(sample, &text[range.clone()]));
        let message = "the text repeats instructions that were meant for the teacher";
        findings.extend(findings_of(leaked, field, (reason, message)));
    }
    Outcome::from_findings(findings)
}

/// Whether the words stand in the material that the sample is about; then they are quoted, not leaked.
fn quoted_from(sample: &SampleView<'_>, words: &str) -> bool {
    sample.input.contains(words) || sample.seed.is_some_and(|seed| seed.contains(words))
}

fn report(found: impl Iterator<Item = Range<usize>>, field: Field, what: (Reason, &str)) -> Outcome {
    Outcome::from_findings(findings_of(found, field, what).collect())
}

fn findings_of<'a>(
    found: impl Iterator<Item = Range<usize>> + 'a,
    field: Field,
    (reason, message): (Reason, &'a str),
) -> impl Iterator<Item = Finding> + 'a {
    found.take(MAX_FINDINGS).map(move |range| Finding::new(reason, field, message).at(range))
}
