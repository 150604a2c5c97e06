//! What the checks say.

use hafs_proto::{Check, CheckName, CheckedBy, Outcome, Reason};

use super::Block;

/// Every reason of every failing check.
pub(super) fn reasons(checks: &[Check]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for check in standing(checks) {
        match &check.outcome {
            // A failure without findings breaks the type's promise, and still is no pass.
            Outcome::Fail { findings } if findings.is_empty() => reasons.push(Reason::ValidationFailed),
            Outcome::Fail { findings } => reasons.extend(findings.iter().map(|finding| finding.reason)),
            Outcome::Pass | Outcome::NotApplicable | Outcome::Unchecked { .. } => {}
        }
    }
    reasons
}

/// What could not be checked, where that stands in the way.
pub(super) fn open(checks: &[Check], allow_unchecked: bool) -> Option<Block> {
    let mut open: Vec<(&Check, &str)> = standing(checks)
        .filter_map(|check| match &check.outcome {
            Outcome::Unchecked { why } if !settled(check, checks) => Some((check, why.as_str())),
            Outcome::Unchecked { .. } | Outcome::Pass | Outcome::NotApplicable | Outcome::Fail { .. } => None,
        })
        .collect();
    open.sort_by_key(|(check, why)| (check.name.clone(), *why));
    open.first().filter(|_| !allow_unchecked).map(|(check, why)| Block::Unchecked {
        check: check.name.clone(),
        why: (*why).to_owned(),
        others: open.len() - 1,
    })
}

/// The first validator that is needed and has said nothing, not even that it could not run.
pub(super) fn missing<'a>(checks: &[Check], needed: &'a [CheckName]) -> Option<&'a CheckName> {
    needed.iter().find(|name| !checks.iter().any(|check| check.name == **name))
}

/// Whether anything speaks for the sample.
pub(super) fn any_passed(checks: &[Check]) -> bool {
    standing(checks).any(|check| matches!(check.outcome, Outcome::Pass))
}

/// The checks that count: of each check and checker, the newest version.
fn standing(checks: &[Check]) -> impl Iterator<Item = &Check> {
    checks.iter().filter(|check| {
        !checks
            .iter()
            .any(|other| other.name == check.name && other.by == check.by && other.version > check.version)
    })
}

/// Whether a check that could not run did run another time. A worker's word is a claim, so it does not settle
/// what the coordinator could not check.
fn settled(unchecked: &Check, checks: &[Check]) -> bool {
    checks.iter().any(|other| {
        other.name == unchecked.name
            && other.version >= unchecked.version
            && (other.by == unchecked.by || other.by == CheckedBy::Coordinator)
            && !matches!(other.outcome, Outcome::Unchecked { .. })
    })
}
