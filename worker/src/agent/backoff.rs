//! How long to wait before the next try.

use std::time::Duration;

use hafs_runtime::backoff::Backoff;

/// No wait is shorter.
const FLOOR: Duration = Duration::from_millis(500);
/// A coordinator's wish for a longer wait counts up to here.
const LONGEST_HINT: Duration = Duration::from_secs(600);

/// Exponential backoff with full jitter between 0.5 s and 8 s, so that workers that lost the same coordinator do
/// not come back in the same moment. A `hint` (`Retry-After`) is not undercut.
#[must_use]
pub fn wait(tries: u32, random: u64, hint: Option<Duration>) -> Duration {
    let drawn = Backoff::default().delay(tries.saturating_add(1), random).max(FLOOR);
    drawn.max(hint.map_or(Duration::ZERO, |hint| hint.min(LONGEST_HINT)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wait_is_between_half_a_second_and_eight_and_never_undercuts_the_hint(
            tries in any::<u32>(), random in any::<u64>(), hint_s in proptest::option::of(0_u64..600),
        ) {
            let plain = wait(tries, random, None);
            prop_assert!((500..=8_000).contains(&plain.as_millis()));
            let hint = hint_s.map(Duration::from_secs);
            prop_assert!(wait(tries, random, hint) >= hint.unwrap_or_default());
        }
    }
}
