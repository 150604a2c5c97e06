//! Mining: every source once, and on while the stock of seeds is low.

use hafs_proto::task::Priority;

use super::need::Need;
use super::{Campaign, Planned, SourceState, View, Work, key};

/// Seeds in stock for each task to plan, so that there is something to choose from.
const DEPTH: u64 = 4;

/// One page of each source that has a page, if seeds are needed and can be paid for.
pub(super) fn plan(campaign: &Campaign<'_>, view: &View, need: &Need) -> Vec<Planned> {
    if need.to_go == 0 || need.broke {
        return Vec::new();
    }
    let low = stock(campaign, view) < DEPTH * need.to_go.min(u64::from(campaign.window.max(1)));
    let pages = campaign.spec.sources.iter().filter_map(|source| match view.sources.get(source) {
        None => Some((source, None)),
        Some(SourceState::Next(cursor)) => low.then(|| (source, Some(cursor.clone()))),
        Some(SourceState::UnderWay | SourceState::Ended) => None,
    });
    pages
        .map(|(source, cursor)| Planned {
            key: key::harvest(campaign.run, source, cursor.as_deref()),
            priority: Priority::Normal,
            work: Work::Harvest { source: source.clone(), cursor },
        })
        .collect()
}

/// First tries that the seeds at hand allow.
fn stock(campaign: &Campaign<'_>, view: &View) -> u64 {
    let tries = view.seeds.iter().map(|seed| {
        let fits =
            |name: &&_| (campaign.takes)(name, seed.kind, &seed.rewrites) && !seed.tried.contains(*name);
        campaign.spec.generators.iter().filter(fits).count()
    });
    u64::try_from(tries.sum::<usize>()).unwrap_or(u64::MAX)
}
