//! How fast a model writes here, and when that is a sign that it does not run where it should.
//!
//! A driver may move a part of a model to ordinary memory without saying so, and a server then reports it as all on the
//! GPU. The tokens tell: the model is suddenly much slower than it was on this very machine.

use std::time::Duration;

/// Calls with fewer tokens say little of the speed.
const FEWEST_TOKENS: u64 = 16;
/// Calls before the model is taken to be known.
const KNOWN_AFTER: u32 = 5;
/// Slow calls in a row: one may have met another program on the GPU.
const SLOW_IN_A_ROW: u32 = 5;
/// The weight of the newest call is one in so many.
const MEMORY: u64 = 10;

/// The pace of one model, in thousandths of a token a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pace {
    usual: u64,
    latest: u64,
    calls: u32,
    slow: u32,
}

impl Pace {
    /// Takes note of a call that wrote so many tokens. Slow calls do not change what is usual.
    pub(super) fn note(&mut self, tokens: u64, within: Duration) {
        let ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        if tokens < FEWEST_TOKENS || ms == 0 {
            return;
        }
        let rate = tokens.saturating_mul(1_000_000) / ms;
        self.latest = if self.calls == 0 { rate } else { blend(self.latest, rate) };
        if self.calls >= KNOWN_AFTER && rate < self.usual / 2 {
            self.slow += 1;
            return;
        }
        self.slow = 0;
        self.usual = if self.calls == 0 { rate } else { blend(self.usual, rate) };
        self.calls = self.calls.saturating_add(1);
    }

    /// Tokens a second over the latest calls; nothing before the first.
    pub(super) fn tokens_per_second(&self) -> Option<u32> {
        (self.calls > 0).then(|| u32::try_from(self.latest / 1_000).unwrap_or(u32::MAX))
    }

    /// What is wrong with it, if it has become slow for good.
    pub(super) fn trouble(&self) -> Option<String> {
        (self.slow >= SLOW_IN_A_ROW).then(|| {
            format!(
                "it writes {} tokens a second, less than half of its usual {} on this machine; a part of it may have been \
                 moved off the GPU",
                self.latest / 1_000,
                self.usual / 1_000
            )
        })
    }

    /// Gives it another chance: what is usual stays known.
    pub(super) const fn forgive(&mut self) {
        self.slow = 0;
    }
}

const fn blend(old: u64, new: u64) -> u64 {
    (old.saturating_mul(MEMORY - 1).saturating_add(new)) / MEMORY
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Pace {
        let mut pace = Pace::default();
        (0..KNOWN_AFTER).for_each(|_| pace.note(100, Duration::from_secs(2)));
        pace
    }

    #[test]
    fn half_of_its_usual_speed_for_five_calls_is_trouble_and_one_slow_call_is_not() {
        let mut pace = known();
        assert_eq!(pace.tokens_per_second(), Some(50));
        (1..SLOW_IN_A_ROW).for_each(|_| pace.note(100, Duration::from_secs(5)));
        assert_eq!(pace.trouble(), None);
        pace.note(100, Duration::from_secs(2));
        (0..SLOW_IN_A_ROW).for_each(|_| pace.note(100, Duration::from_secs(5)));
        let why = pace.trouble().expect("trouble");
        assert!(why.contains("usual 50"), "{why}");
        pace.forgive();
        assert_eq!(pace.trouble(), None);
    }

    #[test]
    fn short_answers_and_calls_without_time_say_nothing() {
        let mut pace = known();
        (0..9).for_each(|_| pace.note(15, Duration::from_secs(60)));
        (0..9).for_each(|_| pace.note(100, Duration::ZERO));
        assert_eq!(pace, known());
    }
}
