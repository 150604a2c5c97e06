//! The machine's sleep, as far as the system tells of it: a service of Windows hears of it before and after.
//!
//! Where nobody tells, nothing is lost: leases run out during the sleep, others do the tasks, and the first renewal
//! after it says so.

use tokio::sync::watch;

/// Whether the machine is about to sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// It runs, or runs again.
    Awake,
    /// It sleeps in a moment.
    FallingAsleep,
}

/// Tells of sleep.
#[derive(Debug)]
pub struct PowerSwitch(watch::Sender<Power>);

/// Hears of it.
#[derive(Debug, Clone)]
pub struct PowerLine(Option<watch::Receiver<Power>>);

impl PowerSwitch {
    /// A switch and the line that hears of it.
    #[must_use]
    pub fn new() -> (Self, PowerLine) {
        let (sender, receiver) = watch::channel(Power::Awake);
        (Self(sender), PowerLine(Some(receiver)))
    }

    /// Says what is so now.
    pub fn set(&self, power: Power) {
        self.0.send_replace(power);
    }
}

impl PowerLine {
    /// A line that nobody speaks on.
    #[must_use]
    pub const fn silent() -> Self {
        Self(None)
    }

    /// Waits until something is said; of several things the last counts.
    pub async fn next(&mut self) -> Power {
        if let Some(receiver) = &mut self.0
            && receiver.changed().await.is_ok()
        {
            return *receiver.borrow_and_update();
        }
        // Nobody speaks, or nobody does any more.
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_word_counts_and_a_line_without_a_switch_is_silent() {
        let (switch, mut line) = PowerSwitch::new();
        switch.set(Power::FallingAsleep);
        assert_eq!(line.next().await, Power::FallingAsleep);
        switch.set(Power::FallingAsleep);
        switch.set(Power::Awake);
        assert_eq!(line.next().await, Power::Awake);
        drop(switch);
        for mut line in [line, PowerLine::silent()] {
            assert!(futures_util::FutureExt::now_or_never(line.next()).is_none());
        }
    }
}
