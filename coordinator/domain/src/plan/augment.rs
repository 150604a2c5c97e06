//! Augmentation: derived samples, as a share of the accepted ones.

use hafs_proto::task::{AugmentMethod, Priority};

use super::{Campaign, Parent, Planned, View, Work, key, sampling};

/// At most `room` derivations, while their share is below the policy's.
pub(super) fn plan(campaign: &Campaign<'_>, view: &View, room: usize) -> Vec<Planned> {
    let mut parents: Vec<&Parent> = view.parents.iter().collect();
    parents.sort_by_key(|it| (key::shuffle(campaign.spec.seed, &it.sample.to_string()), it.sample));
    parents.dedup();
    let room = room.min(usize::try_from(missing(campaign, view)).unwrap_or(usize::MAX));
    parents.into_iter().take(room).filter_map(|parent| derive(campaign, parent)).collect()
}

/// Derivations that the policy's share still allows. Those under way count as accepted, so the share is never
/// overshot.
fn missing(campaign: &Campaign<'_>, view: &View) -> u64 {
    let ratio = campaign.spec.policy.augmentation_ratio.get();
    let begun = view.augmented + view.open.augment;
    let allowed = |more: &u64| {
        let share = precise(begun + more) <= ratio * precise(view.accepted);
        share && *more <= u64::from(campaign.window.max(1))
    };
    u64::try_from((1..).take_while(allowed).count()).unwrap_or(u64::MAX)
}

/// Counts of samples are far below 2^32, so the number is exact.
fn precise(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn derive(campaign: &Campaign<'_>, parent: &Parent) -> Option<Planned> {
    let method = AugmentMethod::Paraphrase;
    let key = key::augment(campaign.run, parent.sample, method);
    let lot = sampling::augment(campaign.spec.seed, parent.content, method);
    let teachers = &campaign.spec.teachers;
    let nth = lot.checked_rem(u64::try_from(teachers.len()).ok()?)?;
    let teacher = teachers.get(usize::try_from(nth).ok()?)?.clone();
    let work = Work::Augment { sample: parent.sample, method, teacher };
    Some(Planned { key, priority: Priority::Bulk, work })
}
