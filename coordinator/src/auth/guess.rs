//! The brake on guessing: after a number of wrong tokens an address has to wait.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hafs_proto::Timestamp;

const FAILURES: u32 = 20;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered at once; beyond it the oldest windows go first.
const ADDRESSES: usize = 4_096;

/// Counts wrong tokens by address in windows of a minute.
#[derive(Debug, Default)]
pub struct GuessBrake {
    windows: Mutex<BTreeMap<IpAddr, (Timestamp, u32)>>,
}

impl GuessBrake {
    /// How long `ip` has to wait before the next token is looked at, if it has to.
    #[must_use]
    pub fn wait(&self, ip: IpAddr, now: Timestamp) -> Option<Duration> {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, failures) = windows.get(&ip)?;
        let left = WINDOW.checked_sub(now.since(*start))?;
        (*failures >= FAILURES && !left.is_zero()).then_some(left)
    }

    /// Counts a wrong token.
    pub fn failed(&self, ip: IpAddr, now: Timestamp) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= ADDRESSES && !windows.contains_key(&ip) {
            windows.retain(|_, (start, _)| now.since(*start) < WINDOW);
            if windows.len() >= ADDRESSES {
                windows.pop_first();
            }
        }
        let window = windows.entry(ip).or_insert((now, 0));
        if now.since(window.0) >= WINDOW {
            *window = (now, 0);
        }
        window.1 = window.1.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_wrong_tokens_stop_an_address_for_the_rest_of_the_minute_and_no_other() {
        let (brake, here, there) =
            (GuessBrake::default(), IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let start = Timestamp::EPOCH;
        for _ in 0..19 {
            brake.failed(here, start);
        }
        assert_eq!(brake.wait(here, start), None);
        brake.failed(here, start.plus(Duration::from_secs(10)));
        assert_eq!(brake.wait(here, start.plus(Duration::from_secs(10))), Some(Duration::from_secs(50)));
        assert_eq!(brake.wait(there, start), None);
        assert_eq!(brake.wait(here, start.plus(Duration::from_secs(60))), None);
    }
}
