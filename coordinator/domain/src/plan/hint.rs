//! What a teacher is told about earlier failures.

use hafs_proto::reason::Stage;
use hafs_proto::{BoundedText, GeneratorName, Reason, ReasonClass};

use super::{Campaign, View};

/// Hints in one prompt: small models lose the thread in long lists.
const FEW: usize = 3;

/// Hints from what others of this generator were rejected for, if the policy wants that.
pub(super) fn from_others(
    campaign: &Campaign<'_>,
    view: &View,
    generator: &GeneratorName,
) -> Vec<BoundedText<512>> {
    let top = view.top_reasons.get(generator).filter(|_| campaign.spec.policy.feedback);
    few(from_reasons(top.map_or(&[], Vec::as_slice)))
}

/// One hint for each reason that a teacher can do something about.
pub(super) fn from_reasons(reasons: &[Reason]) -> Vec<BoundedText<512>> {
    reasons.iter().copied().filter(|reason| is_advice(*reason)).map(hint).collect()
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

fn hint(reason: Reason) -> BoundedText<512> {
    BoundedText::clipped(&format!("An earlier answer was turned down: {}. Avoid that.", reason.describe()))
}

/// A network failure is nobody's advice, and a systemic reason is not the teacher's to mend.
fn is_advice(reason: Reason) -> bool {
    let about_the_answer = match reason.stage() {
        Stage::Call => reason == Reason::Truncated,
        Stage::Parse | Stage::Check | Stage::Dedup | Stage::Decide => true,
    };
    about_the_answer && reason.class() == ReasonClass::Fixable
}
