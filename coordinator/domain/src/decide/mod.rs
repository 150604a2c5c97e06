//! When a sample is good: a rule over stored checks and verdicts, so that it can be replayed.
//!
//! Whatever a check or a comparison found wrong rejects at once, and no judge is paid for it. A check that did
//! not run blocks: unchecked never counts as pass. Then workers are asked for the validators that the sample needs:
//! proof before opinion. Only then are judges asked, one by one, until `k of n` is decided, those of other families
//! than the author's first. Without judges, the checks alone decide.

mod block;
mod checks;
mod panel;

use std::collections::BTreeMap;

use hafs_proto::run::Policy;
use hafs_proto::verdict::Decision;
use hafs_proto::{Check, CheckName, Reason, SampleId, TeacherName, Timestamp, Verdict};

pub use block::Block;
pub use panel::reason_of_criterion;
use panel::{Count, Vote};

/// The version of the rule, stored with each decision.
pub const RULE: u32 = 2;

/// All that the rule looks at. The order of checks and of verdicts does not matter.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The run's policy.
    pub policy: &'a Policy,
    /// Validators that the sample needs beside the checks on record.
    pub needed: &'a [CheckName],
    /// Every check on record. The newest version of a check speaks; a run of it outweighs an unchecked.
    pub checks: &'a [Check],
    /// The teacher that wrote the sample.
    pub author: &'a TeacherName,
    /// The run's judges, in the order of asking.
    pub judges: &'a [TeacherName],
    /// The families of author and judges, as far as somebody has told them; of others the name tells.
    pub families: &'a BTreeMap<TeacherName, String>,
    /// Judges that were asked and will not answer, because their task is dead.
    pub given_up: &'a [TeacherName],
    /// Verdicts on record.
    pub verdicts: &'a [Verdict],
}

/// What to do with the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is good.
    Accept,
    /// It is not, for all these reasons, the most telling first; never empty.
    Reject(Vec<Reason>),
    /// Ask a worker for this check.
    Check(CheckName),
    /// Ask this judge.
    Ask(TeacherName),
    /// Nothing that can still come in decides it: set it aside and say why.
    Blocked(Block),
}

/// The rule's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// What to do.
    pub step: Step,
    /// Judges that agreed so far.
    pub agree: u32,
    /// Judges that gave an opinion so far.
    pub of: u32,
}

/// Applies the rule.
#[must_use]
pub fn decide(evidence: &Evidence<'_>) -> Ruling {
    let count = panel::count(evidence);
    let vote = panel::vote(evidence, &count);
    let Count { agree, of, .. } = count;
    Ruling { step: step(evidence, vote), agree, of }
}

fn step(evidence: &Evidence<'_>, vote: Vote) -> Step {
    let mut reasons = checks::reasons(evidence.checks);
    if let Vote::No(objections) = &vote {
        reasons.extend(objections);
    }
    if !reasons.is_empty() {
        return Step::Reject(most_telling_first(reasons));
    }
    if let Some(block) = checks::open(evidence.checks, evidence.policy.allow_unchecked) {
        return Step::Blocked(block);
    }
    if let Some(name) = checks::missing(evidence.checks, evidence.needed) {
        return Step::Check(name.clone());
    }
    if !checks::any_passed(evidence.checks) {
        return Step::Blocked(Block::NothingPassed);
    }
    match vote {
        Vote::NotAsked | Vote::Yes => Step::Accept,
        // Its objections are in `reasons`, so this arm is for the compiler.
        Vote::No(objections) => Step::Reject(objections),
        Vote::Next(judge) => Step::Ask(judge),
        Vote::Hung(block) => Step::Blocked(block),
    }
}

/// What checks say against a sample, or could not say for it; nothing when all that is needed speaks for it.
#[must_use]
pub fn objection(checks: &[Check], needed: &[CheckName], allow_unchecked: bool) -> Option<String> {
    let reasons = most_telling_first(checks::reasons(checks));
    if !reasons.is_empty() {
        let codes: Vec<&str> = reasons.iter().map(|reason| reason.code()).collect();
        return Some(format!("checks have failed it ({})", codes.join(", ")));
    }
    if let Some(block) = checks::open(checks, allow_unchecked) {
        return Some(block.to_string());
    }
    if let Some(name) = checks::missing(checks, needed) {
        return Some(format!("check `{name}`, which it needs, has not looked at it"));
    }
    (!checks::any_passed(checks)).then(|| Block::NothingPassed.to_string())
}

/// By stage, then in the order of the taxonomy; each once.
pub(crate) fn most_telling_first(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.sort_by_key(|reason| (reason.stage(), *reason));
    reasons.dedup();
    reasons
}

impl Ruling {
    /// The decision to store, if there is one.
    #[must_use]
    pub fn decision(&self, sample: SampleId, at: Timestamp) -> Option<Decision> {
        let (accepted, reasons) = match &self.step {
            Step::Accept => (true, Vec::new()),
            Step::Reject(reasons) => (false, reasons.clone()),
            Step::Check(_) | Step::Ask(_) | Step::Blocked(_) => return None,
        };
        Some(Decision {
            sample,
            rule: RULE,
            accepted,
            agree: self.agree,
            of: self.of,
            reasons,
            at,
            review: None,
        })
    }
}
