//! What the judges say, and whom to ask next.

use hafs_proto::verdict::CriterionVerdict;
use hafs_proto::{Reason, TeacherName, Verdict};

use super::{Block, Evidence};

/// Where the vote stands.
pub(super) enum Vote {
    /// No judge is configured.
    NotAsked,
    /// Enough agree.
    Yes,
    /// Enough agreement cannot be reached any more.
    No(Vec<Reason>),
    /// It is open; ask this judge.
    Next(TeacherName),
    /// It cannot be decided.
    Hung(Block),
}

/// Opinions counted.
pub(super) struct Count<'a> {
    pub(super) agree: u32,
    pub(super) of: u32,
    /// Judges that have a say, in the order of asking, each with its verdict.
    panel: Vec<(&'a TeacherName, Option<&'a Verdict>)>,
}

/// Counts one verdict for each judge that has a say: its first, whatever came later.
pub(super) fn count<'a>(evidence: &Evidence<'a>) -> Count<'a> {
    let panel: Vec<_> = seats(evidence)
        .into_iter()
        .map(|judge| (judge, first_verdict(evidence.verdicts, judge)))
        .filter(|(judge, verdict)| verdict.is_some() || !evidence.given_up.contains(judge))
        .collect();
    let given = || panel.iter().filter_map(|(_, verdict)| *verdict).take(evidence.policy.of as usize);
    let agree = given().filter(|verdict| agrees(evidence, verdict)).count();
    Count { agree: number(agree), of: number(given().count()), panel }
}

pub(super) fn vote(evidence: &Evidence<'_>, count: &Count<'_>) -> Vote {
    let policy = evidence.policy;
    if evidence.judges.is_empty() {
        return Vote::NotAsked;
    }
    if policy.agree == 0 {
        return Vote::Hung(Block::NoAgreementAsked);
    }
    if count.panel.is_empty() {
        return Vote::Hung(Block::NoJudge { author: evidence.author.to_string() });
    }
    let available = policy.of.min(number(count.panel.len()));
    if policy.agree > available {
        return Vote::Hung(Block::TooFewJudges { agree: policy.agree, available });
    }
    if count.agree >= policy.agree {
        return Vote::Yes;
    }
    if count.agree + (available - count.of) < policy.agree {
        return Vote::No(objections(evidence, count));
    }
    match count.panel.iter().find(|(_, verdict)| verdict.is_none()) {
        Some((judge, _)) => Vote::Next((*judge).clone()),
        None => Vote::No(objections(evidence, count)),
    }
}

/// Who has a say: the judges in order, those of the author's family behind the others, because they err alike; the
/// author last and only where the policy lets it judge itself.
fn seats<'a>(evidence: &Evidence<'a>) -> Vec<&'a TeacherName> {
    let mut seats: Vec<&TeacherName> = Vec::new();
    for judge in evidence.judges {
        if judge != evidence.author && !seats.contains(&judge) {
            seats.push(judge);
        }
    }
    let of_author = family(evidence, evidence.author);
    seats.sort_by_key(|judge| family(evidence, judge) == of_author);
    if evidence.policy.self_judge {
        seats.extend(evidence.judges.iter().find(|judge| *judge == evidence.author));
    }
    seats
}

/// The family of a teacher's model: the one that was told, else the one that its name speaks of.
fn family(evidence: &Evidence<'_>, teacher: &TeacherName) -> String {
    evidence.families.get(teacher).map_or_else(|| stem(teacher), |told| told.to_lowercase())
}

/// The letters that a model's name begins with, after any path.
fn stem(teacher: &TeacherName) -> String {
    let last = teacher.model().rsplit('/').next().unwrap_or_default().to_lowercase();
    let end = last.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(last.len());
    last[..end].to_owned()
}

fn first_verdict<'a>(verdicts: &'a [Verdict], judge: &TeacherName) -> Option<&'a Verdict> {
    verdicts
        .iter()
        .filter(|verdict| verdict.judge == *judge)
        .min_by_key(|verdict| (verdict.created_at, verdict.id))
}

fn agrees(evidence: &Evidence<'_>, verdict: &Verdict) -> bool {
    verdict.opinion.score >= evidence.policy.min_quality_score
}

/// Too few agreed; and what those who did not agree found unmet, where the taxonomy has a word for it.
fn objections(evidence: &Evidence<'_>, count: &Count<'_>) -> Vec<Reason> {
    let against = count.panel.iter().filter_map(|(_, verdict)| *verdict).filter(|it| !agrees(evidence, it));
    let unmet = against
        .flat_map(|verdict| &verdict.opinion.criteria)
        .filter(|criterion| criterion.verdict == CriterionVerdict::Fail)
        .filter_map(|criterion| reason_of_criterion(&criterion.id));
    std::iter::once(Reason::LowConsensus).chain(unmet).collect()
}

/// The reason that an unmet criterion of a rubric stands for, by the criterion's id.
#[must_use]
pub fn reason_of_criterion(id: &str) -> Option<Reason> {
    match id {
        "coherent" | "coherence" | "answers" | "answers_instruction" => Some(Reason::LowCoherence),
        "on_topic" | "relevant" | "relevance" => Some(Reason::OffTopic),
        "grounded" | "supported" | "faithful" => Some(Reason::HighHallucination),
        _ => None,
    }
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
