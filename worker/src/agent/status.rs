//! What can be shown of the agent at a moment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::line::Link;
use super::state::{Mode, Room, Stage, State};
use super::tally::Tally;

/// The agent at a moment, for `status.json` and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// `joining`, `greeting`, `flushing` or `up`.
    pub link: String,
    /// `working`, `paused`, `asleep`, `draining`, `leaving` or `ended`.
    pub mode: String,
    /// `free`, `full` or `disk_trouble`.
    pub spool: String,
    /// Results that wait for an answer.
    pub spooled: u64,
    /// Their bytes.
    pub spooled_bytes: u64,
    /// Age of the oldest in milliseconds.
    pub oldest_spooled_ms: u64,
    /// Pools.
    pub pools: Vec<PoolStatus>,
    /// Teachers that are away: nothing is claimed for them.
    #[serde(default)]
    pub away: Vec<AwayStatus>,
    /// Counters since the start.
    pub tally: Tally,
}

/// A teacher that is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwayStatus {
    /// Its route.
    pub route: String,
    /// Why.
    pub why: String,
    /// How often it was found so in a row.
    pub times: u32,
    /// When it is asked again, in milliseconds; 0 when that is as soon as there is a task, or happens now.
    pub retry_ms: u64,
}

/// One pool at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolStatus {
    /// Its name.
    pub name: String,
    /// Slots.
    pub slots: u32,
    /// Of these, busy.
    pub busy: u32,
    /// Tasks that wait for a slot.
    pub waiting: u32,
}

impl State {
    /// What can be shown at `now`.
    #[must_use]
    pub fn status(&self, now: Duration) -> Status {
        Status {
            link: self.link_word().to_owned(),
            mode: self.mode_word().to_owned(),
            spool: match self.room {
                Room::Free => "free",
                Room::Full => "full",
                Room::DiskTrouble => "disk_trouble",
            }
            .to_owned(),
            spooled: self.outbox.len(),
            spooled_bytes: self.outbox.bytes(),
            oldest_spooled_ms: u64::try_from(self.outbox.oldest_age(now).as_millis()).unwrap_or(u64::MAX),
            pools: self.pool_status(),
            away: self.away_status(now),
            tally: self.tally(),
        }
    }

    fn away_status(&self, now: Duration) -> Vec<AwayStatus> {
        let away = self.circuits.iter().filter_map(|(route, circuit)| Some((route, circuit.absence()?)));
        away.map(|(route, (times, why, until))| {
            let wait = until.map_or(Duration::ZERO, |until| until.saturating_sub(now));
            let retry_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            AwayStatus { route: route.to_string(), why: why.to_owned(), times, retry_ms }
        })
        .collect()
    }

    const fn link_word(&self) -> &'static str {
        match self.line.link {
            Link::Joining => "joining",
            Link::Greeting => "greeting",
            Link::Flushing { .. } => "flushing",
            Link::Up => "up",
        }
    }

    const fn mode_word(&self) -> &'static str {
        match self.mode {
            Mode::Working if self.asleep.is_some() => "asleep",
            Mode::Working if self.paused => "paused",
            Mode::Working => "working",
            Mode::Draining { .. } => "draining",
            Mode::Leaving { .. } => "leaving",
            Mode::Ended => "ended",
        }
    }

    fn pool_status(&self) -> Vec<PoolStatus> {
        let count = |name: &str, wanted: fn(&Stage) -> bool| {
            let held = self.tasks.values().filter(|held| held.pool.as_str() == name && wanted(&held.stage));
            u32::try_from(held.count()).unwrap_or(u32::MAX)
        };
        self.pools
            .iter()
            .map(|(name, pool)| PoolStatus {
                name: name.to_string(),
                slots: pool.slots,
                busy: count(name, |stage| !matches!(stage, Stage::Waiting(_))),
                waiting: count(name, |stage| matches!(stage, Stage::Waiting(_))),
            })
            .collect()
    }
}
