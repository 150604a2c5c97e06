//! One limit: so much in a minute, or so much in a day.

use hafs_proto::Timestamp;
use serde::{Deserialize, Serialize};

/// Nanoseconds of a bucket's window.
const MINUTE_NS: u64 = 60_000_000_000;
const NS_OF_MS: u64 = 1_000_000;
/// Every amount is rounded up to a nanosecond; a thousand of these are not worth a wait.
const ROUNDING_NS: u64 = 1_000;
/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// Of so many parts of a minute's amount, [`HELD`] are what a bucket holds, and one is left to calls that arrive later
/// than they were handed out. It refills at what remains. So no window of a minute has more than the limit, and of a
/// limit of twenty and more at least 19 of 20 are used while there is work.
const PARTS: u64 = 80;
/// Most of what is kept back is the bucket's: what comes back while those who wait are slow to take it is not lost.
const HELD: u64 = 3;
/// A limit from which on a bucket can hold two calls for no more than a twentieth of it.
const TWO_FROM: u64 = 40;

/// A limit for each minute, kept as the moment at which nothing of it would be in use any more.
///
/// What is taken beyond what the bucket holds is owed: an amount that is larger than the bucket is let through when the
/// bucket is full, and then nothing is until it has been paid back.
///
/// Source: the generic cell rate algorithm, ITU-T I.371, "virtual scheduling", with amounts in place of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    limit: u64,
    /// In nanoseconds since the epoch.
    full_at: u64,
}

impl Bucket {
    /// A full bucket. A limit of zero counts as one.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { limit: limit.max(1), full_at: 0 }
    }

    /// The same debts under another limit.
    #[must_use]
    pub fn with_limit(self, limit: u64) -> Self {
        Self { full_at: self.full_at, ..Self::new(limit) }
    }

    /// The limit.
    #[must_use]
    pub const fn limit(self) -> u64 {
        self.limit
    }

    /// What it holds at most.
    #[must_use]
    pub fn capacity(self) -> u64 {
        let least = if self.limit < TWO_FROM { 1 } else { 2 };
        (self.limit.saturating_mul(HELD) / PARTS).max(least)
    }

    /// What it holds now; zero while something is owed.
    #[must_use]
    pub fn level(self, now: Timestamp) -> u64 {
        let owed = u128::from(self.full_at.saturating_sub(ns(now).saturating_add(ROUNDING_NS)));
        let used = (owed * u128::from(self.rate())).div_ceil(u128::from(MINUTE_NS));
        self.capacity().saturating_sub(u64::try_from(used).unwrap_or(u64::MAX))
    }

    /// When `amount` can be taken: `now`, or later.
    #[must_use]
    pub fn ready_at(self, amount: u64, now: Timestamp) -> Timestamp {
        let wanted = self.time_of(amount.min(self.capacity()));
        let after = self.full_at.max(ns(now)).saturating_add(wanted);
        let held = self.time_of(self.capacity()).saturating_add(ROUNDING_NS);
        let wait = after.saturating_sub(ns(now).saturating_add(held));
        now.plus(std::time::Duration::from_millis(wait.div_ceil(NS_OF_MS)))
    }

    /// Takes `amount`, whether it is there or not.
    pub fn take(&mut self, amount: u64, now: Timestamp) {
        self.full_at = self.full_at.max(ns(now)).saturating_add(self.time_of(amount));
    }

    /// Gives back what was taken and not used. It never holds more than its capacity: time that has passed is not
    /// counted twice.
    pub fn give_back(&mut self, amount: u64) {
        self.full_at = self.full_at.saturating_sub(self.time_of(amount));
    }

    /// Holds no more than `level`: the provider says so.
    pub fn lower_to(&mut self, level: u64, now: Timestamp) {
        let missing = self.capacity().saturating_sub(level);
        self.full_at = self.full_at.max(ns(now).saturating_add(self.time_of(missing)));
    }

    /// What comes back in a minute.
    fn rate(self) -> u64 {
        let late = (self.limit / PARTS).max(1);
        self.limit.saturating_sub(self.capacity() - 1 + late).max(1)
    }

    /// How long it takes until `amount` is back.
    fn time_of(self, amount: u64) -> u64 {
        let exact = (u128::from(amount) * u128::from(MINUTE_NS)).div_ceil(u128::from(self.rate()));
        u64::try_from(exact).unwrap_or(u64::MAX)
    }
}

fn ns(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or_default().saturating_mul(NS_OF_MS)
}

/// A limit for each day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayCount {
    limit: u64,
    day: i64,
    used: u64,
}

/// The day of a time, counted from the epoch, in UTC.
#[must_use]
pub const fn day_of(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

/// When the next day begins.
#[must_use]
pub fn next_day(at: Timestamp) -> Timestamp {
    Timestamp::from_millis((day_of(at) + 1) * DAY_MS).unwrap_or(at)
}

impl DayCount {
    /// Nothing is used yet.
    #[must_use]
    pub const fn new(limit: u64) -> Self {
        Self { limit, day: 0, used: 0 }
    }

    /// The same use under another limit.
    #[must_use]
    pub const fn with_limit(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// What is left today.
    #[must_use]
    pub const fn left(self, now: Timestamp) -> u64 {
        if self.day == day_of(now) { self.limit.saturating_sub(self.used) } else { self.limit }
    }

    /// When one more can be taken: `now`, or when the next day begins.
    #[must_use]
    pub fn ready_at(self, now: Timestamp) -> Timestamp {
        if self.left(now) > 0 { now } else { next_day(now) }
    }

    /// Takes `amount`.
    pub const fn take(&mut self, amount: u64, now: Timestamp) {
        if self.day != day_of(now) {
            (self.day, self.used) = (day_of(now), 0);
        }
        self.used = self.used.saturating_add(amount);
    }

    /// Gives back what was taken today and not used.
    pub const fn give_back(&mut self, amount: u64, now: Timestamp) {
        if self.day == day_of(now) {
            self.used = self.used.saturating_sub(amount);
        }
    }
}
