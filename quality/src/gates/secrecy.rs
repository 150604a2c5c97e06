//! Secrets and private data, in all three texts. Keys block; private data is reported, because it is redacted at the
//! source and again before an export.

use hafs_proto::{Finding, Outcome, Reason};

use super::view::{GatePolicy, SampleView};
use crate::secrets::{Class, scan};

/// Findings per text; more change nothing.
const MAX_FINDINGS: usize = 32;

pub(super) fn secrets(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    of_class(sample, Class::Key)
}

pub(super) fn privacy(sample: &SampleView<'_>, _: &GatePolicy) -> Outcome {
    of_class(sample, Class::Pii)
}

fn of_class(sample: &SampleView<'_>, class: Class) -> Outcome {
    let findings = sample.texts().into_iter().flat_map(|(field, text)| {
        let hits = scan(text).into_iter().filter(move |hit| hit.class == class).take(MAX_FINDINGS);
        hits.map(move |hit| {
            Finding::new(Reason::SecretFound, field, &format!("rule {} matches", hit.rule)).at(hit.range)
        })
    });
    Outcome::from_findings(findings.collect())
}
