//! Repairs: another try of a seed whose samples were rejected for fixable reasons only.

use hafs_proto::task::Priority;
use hafs_proto::{ReasonClass, TeacherName};

use super::{Campaign, Failure, Planned, View, Work, hint, key};

/// At most `room` repairs, least tried first.
pub(super) fn plan(campaign: &Campaign<'_>, view: &View, room: usize) -> Vec<Planned> {
    let mut failures: Vec<&Failure> = view.failures.iter().filter(|it| repairable(campaign, it)).collect();
    failures.sort_by_key(|it| {
        (it.round, key::shuffle(campaign.spec.seed, &it.seed.to_string()), it.seed, &it.generator)
    });
    failures.dedup_by_key(|it| (it.round, it.seed, &it.generator));
    failures.into_iter().take(room).filter_map(|failure| repair(campaign, view, failure)).collect()
}

fn repairable(campaign: &Campaign<'_>, failure: &Failure) -> bool {
    failure.round < campaign.spec.policy.repairs
        && !failure.reasons.is_empty()
        && failure.reasons.iter().all(|reason| reason.class() == ReasonClass::Fixable)
}

fn repair(campaign: &Campaign<'_>, view: &View, failure: &Failure) -> Option<Planned> {
    let round = failure.round + 1;
    let key = key::generate(campaign.run, failure.seed, &failure.generator, round);
    let mut hints = hint::from_failure(failure);
    hints.extend(hint::from_others(campaign, view, &failure.generator, &failure.reasons));
    Some(Planned {
        key,
        priority: Priority::Normal,
        work: Work::Generate {
            seed: failure.seed,
            generator: failure.generator.clone(),
            teacher: next_teacher(&campaign.spec.teachers, &failure.teacher)?.clone(),
            round,
            hints: hint::few(hints),
        },
    })
}

/// The teacher after the one that failed, so that another one gets a chance.
fn next_teacher<'a>(teachers: &'a [TeacherName], failed: &TeacherName) -> Option<&'a TeacherName> {
    let after = teachers.iter().position(|teacher| teacher == failed).map_or(0, |at| at + 1);
    teachers.get(after).or_else(|| teachers.first())
}
