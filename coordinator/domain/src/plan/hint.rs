//! What a teacher is told about earlier failures.

use hafs_proto::reason::Stage;
use hafs_proto::{BoundedText, GeneratorName, Reason, ReasonClass};

use super::{Campaign, Failure, View};

/// Hints in one prompt: small models lose the thread in long lists.
const FEW: usize = 3;
/// Characters of a finding in a hint.
const LONGEST: usize = 240;

/// Hints from what others of this generator were rejected for, if the policy wants that, `but` for these reasons.
pub(super) fn from_others(
    campaign: &Campaign<'_>,
    view: &View,
    generator: &GeneratorName,
    but: &[Reason],
) -> Vec<BoundedText<512>> {
    let top = view.top_reasons.get(generator).filter(|_| campaign.spec.policy.feedback);
    let others =
        top.into_iter().flatten().copied().filter(|reason| is_advice(*reason) && !but.contains(reason));
    few(others.map(|reason| hint(reason.describe())).collect())
}

/// One hint for each reason of a failed try, with what was found: a wrong result with its inputs says more than that a
/// result was wrong.
pub(super) fn from_failure(failure: &Failure) -> Vec<BoundedText<512>> {
    let found = |reason| failure.findings.iter().find(|finding| finding.reason == reason);
    let told = |reason: Reason| match found(reason) {
        Some(finding) => hint(&format!("{} ({})", reason.describe(), one_line(&finding.message))),
        None => hint(reason.describe()),
    };
    failure.reasons.iter().copied().filter(|reason| is_advice(*reason)).map(told).collect()
}

/// A finding as part of a sentence: it may quote what a teacher or a tool wrote, over many lines.
fn one_line(message: &str) -> String {
    let words =
        message.split(|it: char| it.is_whitespace() || it.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}

/// The first few, each once.
pub(super) fn few(hints: Vec<BoundedText<512>>) -> Vec<BoundedText<512>> {
    let mut few: Vec<BoundedText<512>> = Vec::new();
    for hint in hints {
        if few.len() < FEW && !few.contains(&hint) {
            few.push(hint);
        }
    }
    few
}

fn hint(what: &str) -> BoundedText<512> {
    BoundedText::clipped(&format!("An earlier answer was turned down: {what}. Avoid that."))
}

/// A network failure is nobody's advice, and a systemic reason is not the teacher's to mend.
fn is_advice(reason: Reason) -> bool {
    let about_the_answer = match reason.stage() {
        Stage::Call => reason == Reason::Truncated,
        Stage::Parse | Stage::Check | Stage::Dedup | Stage::Decide => true,
    };
    about_the_answer && reason.class() == ReasonClass::Fixable
}
