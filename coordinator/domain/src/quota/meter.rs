//! All limits of one teacher with one key: reserve before a call, settle after it, and heed what the provider says.

use std::time::Duration;

use hafs_proto::Timestamp;
use hafs_proto::quota::{Left, Limits, Seen};
use hafs_proto::teacher::Usage;
use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, DayCount};
use super::need::Need;

/// A 429 that does not say when to come back.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest wish of a provider that is honoured.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3_600);
/// Shares are in thousandths.
const WHOLE: u64 = 1_000;
/// What was used is expected a quarter higher the next time.
const MARGIN: u64 = 1_250;
/// The newest call counts for so much in an average.
const WEIGHT: u64 = 8;

/// The limits and what is used of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    /// What workers' configurations say.
    told: Limits,
    /// What the provider's answers say.
    learned: Limits,
    requests: Option<Bucket>,
    input: Option<Bucket>,
    output: Option<Bucket>,
    tokens: Option<Bucket>,
    day: Option<DayCount>,
    /// Nothing is asked before: the latest that any answer has said.
    blocked_until: Option<Timestamp>,
    /// What calls use of the prompt tokens that were estimated, and of the longest reply that was allowed.
    input_share: u64,
    output_share: u64,
    /// What the last task in line wanted.
    typical: Need,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            told: Limits::default(),
            learned: Limits::default(),
            requests: None,
            input: None,
            output: None,
            tokens: None,
            day: None,
            blocked_until: None,
            input_share: WHOLE,
            output_share: WHOLE,
            typical: Need::default(),
        }
    }
}

impl Meter {
    /// The limits that are kept: of what is configured and what the provider says, the lower.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let lower = |told: Option<u64>, learned: Option<u64>| told.into_iter().chain(learned).min();
        let (told, learned) = (&self.told, &self.learned);
        Limits {
            requests_per_minute: lower(told.requests_per_minute, learned.requests_per_minute),
            requests_per_day: lower(told.requests_per_day, learned.requests_per_day),
            input_tokens_per_minute: lower(told.input_tokens_per_minute, learned.input_tokens_per_minute),
            output_tokens_per_minute: lower(told.output_tokens_per_minute, learned.output_tokens_per_minute),
            tokens_per_minute: lower(told.tokens_per_minute, learned.tokens_per_minute),
        }
    }

    /// A worker has told the limits that it knows of. They take the place of what was told before; debts stay.
    pub fn tell(&mut self, limits: Limits) {
        self.told = limits;
        self.fit();
    }

    /// What a call that wants `most` is expected to use, by what calls have used until now.
    #[must_use]
    pub fn expected(&self, most: Need) -> Need {
        let share = |amount: u64, share: u64| {
            let part = u128::from(amount) * u128::from(share);
            u64::try_from(part.div_ceil(u128::from(WHOLE))).unwrap_or(u64::MAX)
        };
        Need { input: share(most.input, self.input_share), output: share(most.output, self.output_share) }
    }

    /// When a call like the last one in line can be made: `now`, or later.
    #[must_use]
    pub fn ready_at(&self, now: Timestamp) -> Timestamp {
        self.ready_for(self.expected(self.typical), now)
    }

    /// How many calls like the last one in line can be made now; absent where nothing is limited.
    #[must_use]
    pub fn room(&self, now: Timestamp) -> Option<u64> {
        if self.blocked_until.is_some_and(|until| until > now) {
            return Some(0);
        }
        let need = self.expected(self.typical);
        // An amount that is larger than its bucket goes through when the bucket is full.
        let calls = |bucket: Option<Bucket>, amount: u64| {
            let bucket = bucket.filter(|_| amount > 0)?;
            Some(bucket.level(now) / amount.min(bucket.capacity()))
        };
        let [requests, day] = [calls(self.requests, 1), self.day.map(|day| day.left(now))];
        let tokens = [
            calls(self.input, need.input),
            calls(self.output, need.output),
            calls(self.tokens, need.total()),
        ];
        tokens.into_iter().chain([requests, day]).flatten().min()
    }

    /// Holds back what a call will use, of all limits or of none.
    ///
    /// # Errors
    /// When the call can be made, if that is later than `now`.
    pub fn reserve(&mut self, most: Need, now: Timestamp) -> Result<Need, Timestamp> {
        self.typical = most;
        let need = self.expected(most);
        let at = self.ready_for(need, now);
        if at > now {
            return Err(at);
        }
        self.each(need, |bucket, amount| bucket.take(amount, now));
        if let Some(day) = &mut self.day {
            day.take(1, now);
        }
        Ok(need)
    }

    /// Puts what was really used in the place of what was held back.
    pub fn settle(&mut self, held: Need, used: &[Usage], now: Timestamp) {
        let input: u64 = used.iter().map(|usage| usage.input).fold(0, u64::saturating_add);
        let output: u64 = used.iter().map(|usage| usage.output).fold(0, u64::saturating_add);
        let calls = u64::try_from(used.len()).unwrap_or(u64::MAX);
        let tokens = input.saturating_add(output);
        for (bucket, held, used) in [
            (&mut self.requests, 1, calls),
            (&mut self.input, held.input, input),
            (&mut self.output, held.output, output),
            (&mut self.tokens, held.total(), tokens),
        ] {
            let Some(bucket) = bucket else { continue };
            bucket.give_back(held.saturating_sub(used));
            if used > held {
                bucket.take(used - held, now);
            }
        }
        if let Some(day) = &mut self.day {
            day.give_back(1_u64.saturating_sub(calls), now);
            day.take(calls.saturating_sub(1), now);
        }
    }

    /// Learns from a call that went well how much of `most` is used.
    pub fn learn(&mut self, most: Need, usage: &Usage) {
        if !usage.reported || usage.output == 0 {
            return;
        }
        let average = |old: u64, used: u64, most: u64| {
            let new = (u128::from(used) * u128::from(MARGIN)).div_ceil(u128::from(most.max(1)));
            let new = u64::try_from(new).unwrap_or(u64::MAX).clamp(1, WHOLE);
            // A larger one counts at once, so that what is held back is rather too much than too little.
            if new > old { (old + new).div_ceil(2) } else { (old * (WEIGHT - 1) + new).div_ceil(WEIGHT) }
        };
        self.input_share = average(self.input_share, usage.input, most.input);
        self.output_share = average(self.output_share, usage.output, most.output);
    }

    /// Heeds what the provider says is left: limits that nobody has told are learned, and no more is counted on than
    /// there is.
    pub fn observe(&mut self, seen: &Seen, now: Timestamp) {
        let limit = |left: &Option<Left>, known: Option<u64>| left.and_then(|left| left.limit).or(known);
        self.learned = Limits {
            requests_per_minute: limit(&seen.requests, self.learned.requests_per_minute),
            requests_per_day: self.learned.requests_per_day,
            input_tokens_per_minute: limit(&seen.input_tokens, self.learned.input_tokens_per_minute),
            output_tokens_per_minute: limit(&seen.output_tokens, self.learned.output_tokens_per_minute),
            tokens_per_minute: limit(&seen.tokens, self.learned.tokens_per_minute),
        };
        self.fit();
        for (bucket, left) in [
            (&mut self.requests, seen.requests),
            (&mut self.input, seen.input_tokens),
            (&mut self.output, seen.output_tokens),
            (&mut self.tokens, seen.tokens),
        ] {
            let (Some(bucket), Some(remaining)) = (bucket, left.and_then(|left| left.remaining)) else {
                continue;
            };
            bucket.lower_to(remaining, now);
        }
        let used_up = [seen.requests, seen.input_tokens, seen.output_tokens, seen.tokens];
        let used_up = used_up.into_iter().flatten().filter(|left| left.remaining == Some(0));
        if let Some(reset) = used_up.filter_map(|left| left.reset_ms).max() {
            self.block(Duration::from_millis(reset), now);
        }
    }

    /// A call was answered with 429: nothing is asked before the later of what was said until now and what is said now.
    pub fn limited(&mut self, retry_after: Option<Duration>, now: Timestamp) {
        self.block(retry_after.unwrap_or(PAUSE), now);
    }

    /// A person has acted: what the provider said before counts no more.
    pub const fn unblock(&mut self) {
        self.blocked_until = None;
    }

    /// What keeps a call from being made, for people.
    #[must_use]
    pub fn why(&self, now: Timestamp) -> String {
        if self.blocked_until.is_some_and(|until| until > now) {
            return "its provider asks to wait".to_owned();
        }
        let need = self.expected(self.typical);
        let limits = self.limits();
        let buckets = [
            (self.requests, 1, "requests a minute", limits.requests_per_minute),
            (self.input, need.input, "prompt tokens a minute", limits.input_tokens_per_minute),
            (self.output, need.output, "generated tokens a minute", limits.output_tokens_per_minute),
            (self.tokens, need.total(), "tokens a minute", limits.tokens_per_minute),
        ];
        let waits = |bucket: Option<Bucket>, amount| bucket.is_some_and(|it| it.ready_at(amount, now) > now);
        let minute = buckets.into_iter().find(|(bucket, amount, ..)| waits(*bucket, *amount));
        let (limit, unit) = match minute {
            Some((_, _, unit, limit)) => (limit, unit),
            None => (limits.requests_per_day, "requests a day"),
        };
        format!("its limit of {} {unit} is used up", limit.unwrap_or_default())
    }

    fn block(&mut self, pause: Duration, now: Timestamp) {
        let until = now.plus(pause.min(LONGEST_PAUSE));
        self.blocked_until = self.blocked_until.max(Some(until));
    }

    fn ready_for(&self, need: Need, now: Timestamp) -> Timestamp {
        let at = |bucket: Option<Bucket>, amount: u64| bucket.map(|bucket| bucket.ready_at(amount, now));
        let waits = [
            at(self.requests, 1),
            at(self.input, need.input),
            at(self.output, need.output),
            at(self.tokens, need.total()),
            self.day.map(|day| day.ready_at(now)),
            self.blocked_until,
        ];
        waits.into_iter().flatten().fold(now, Timestamp::max)
    }

    fn each(&mut self, need: Need, mut act: impl FnMut(&mut Bucket, u64)) {
        for (bucket, amount) in [
            (&mut self.requests, 1),
            (&mut self.input, need.input),
            (&mut self.output, need.output),
            (&mut self.tokens, need.total()),
        ] {
            if let Some(bucket) = bucket {
                act(bucket, amount);
            }
        }
    }

    /// Gives each limit its bucket.
    fn fit(&mut self) {
        let limits = self.limits();
        for (bucket, limit) in [
            (&mut self.requests, limits.requests_per_minute),
            (&mut self.input, limits.input_tokens_per_minute),
            (&mut self.output, limits.output_tokens_per_minute),
            (&mut self.tokens, limits.tokens_per_minute),
        ] {
            *bucket =
                limit.map(|limit| bucket.map_or_else(|| Bucket::new(limit), |old| old.with_limit(limit)));
        }
        let day = limits.requests_per_day;
        self.day =
            day.map(|limit| self.day.map_or_else(|| DayCount::new(limit), |old| old.with_limit(limit)));
    }
}
