//! Text that a reader does not see.

use hafs_proto::{Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};
use crate::canon::hidden_text;
use crate::syntax::Language;

pub(super) fn run(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    let code = Language::of_domain(sample.domain).is_some();
    let findings = sample.texts().into_iter().flat_map(|(field, text)| {
        hidden_text(text, code).into_iter().map(move |hidden| {
            let message = format!("the text holds {}", hidden.kind.describe());
            Finding::new(Reason::ValidationFailed, field, &message).at(hidden.range)
        })
    });
    Outcome::from_findings(findings.collect())
}
