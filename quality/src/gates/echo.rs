//! Outputs that repeat their source instead of answering.

use hafs_proto::check::Field;
use hafs_proto::{Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};
use crate::canon::canon;
use crate::near::Shingles;

/// Words in a sequence that is compared.
const WORDS: usize = 5;

/// An output echoes when it equals its input or instruction, or when it is long and most of its word sequences stand
/// in its source. Without any source there is nothing to echo.
pub(super) fn run(sample: &SampleView<'_>, policy: &GatePolicy) -> Outcome {
    let sources = [
        ("the instruction", sample.instruction),
        ("the input", sample.input),
        ("the seed", sample.seed.unwrap_or("")),
    ];
    let form = canon(sample.output);
    if form.is_empty() {
        return Outcome::NotApplicable;
    }
    let long = form.split(' ').count() >= usize::try_from(policy.min_echo_words).unwrap_or(usize::MAX);
    let shingles = Shingles::of_size(sample.output, WORDS);
    let findings =
        sources.into_iter().filter(|(_, source)| !source.trim().is_empty()).filter_map(|(name, source)| {
            let share = if canon(source) == form {
                1.0
            } else if long {
                shingles.containment_in(&Shingles::of_size(source, WORDS))
            } else {
                0.0
            };
            let message = format!("{:.0} % of the output stands in {name}", share * 100.0);
            (share >= policy.max_echo.get())
                .then(|| Finding::new(Reason::SourceEcho, Field::Output, &message))
        });
    Outcome::from_findings(findings.collect())
}
