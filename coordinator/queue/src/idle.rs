//! Why a claim gives nothing, from what the queue holds by route.

use std::collections::{BTreeMap, BTreeSet};

use hafs_domain::idle;
use hafs_proto::worker::{IdleCode, IdleReason};
use hafs_proto::{Route, Timestamp};

use crate::{Ask, Claimed, RouteStats, Vacancy};

/// A route with open tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Outlook {
    /// In numbers.
    pub(crate) stats: RouteStats,
    /// When the first of its delayed tasks is due.
    pub(crate) earliest: Option<Timestamp>,
}

/// Every route with open tasks.
pub(crate) type Survey = BTreeMap<Route, Outlook>;

/// The answer to a claim that gets nothing. Accounts for every open task by one reason.
pub(crate) fn nothing(ask: &Ask, survey: &Survey) -> Claimed {
    let free = routes(ask, |vacancy| vacancy.free > 0);
    let full = &routes(ask, |vacancy| vacancy.free == 0) - &free;
    let retry_at =
        free.iter().filter_map(|route| survey.get(*route)).filter_map(|outlook| outlook.earliest).min();
    let (in_free, in_full) = (sum(survey, &free), sum(survey, &full));
    let offered = in_free.plus(in_full);
    let all_full = ask.vacancies.iter().all(|vacancy| vacancy.free == 0);
    let mut reasons: Vec<IdleReason> = [
        (IdleCode::NoFreeSlot, in_full.ready - in_full.paused, all_full),
        (IdleCode::AlreadyHeld, in_free.ready - in_free.paused, false),
        (IdleCode::Delayed, offered.delayed, false),
        (IdleCode::Paused, offered.paused, false),
        (IdleCode::AllLeased, offered.leased, false),
        (IdleCode::QueueEmpty, 0, survey.is_empty()),
    ]
    .into_iter()
    .filter(|(_, tasks, always)| *tasks > 0 || *always)
    .map(|(code, tasks, _)| idle::reason(code, tasks))
    .collect();
    let foreign = || survey.iter().filter(|(route, _)| !free.contains(route) && !full.contains(route));
    let tasks = foreign().map(|(_, outlook)| outlook.stats.open()).sum();
    if tasks > 0 {
        reasons.push(idle::no_matching_route(tasks, foreign().map(|(route, _)| route)));
    }
    Claimed { grants: Vec::new(), reasons, retry_at }
}

fn sum(survey: &Survey, routes: &BTreeSet<&Route>) -> RouteStats {
    let each = routes.iter().filter_map(|route| survey.get(*route)).map(|outlook| outlook.stats);
    each.fold(RouteStats::default(), RouteStats::plus)
}

fn routes(ask: &Ask, pick: impl Fn(&Vacancy) -> bool) -> BTreeSet<&Route> {
    ask.vacancies.iter().filter(|vacancy| pick(vacancy)).flat_map(|vacancy| &vacancy.routes).collect()
}
