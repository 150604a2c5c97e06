//! One thread or all of them, whichever is faster just now.
//!
//! candle splits every product over all cores and waits, spinning, for the last part. On an idle machine that is
//! faster; on a busy one each of some two hundred products a token waits for a core that another program has, and a
//! token takes a second instead of 50 ms. Nobody knows beforehand which it will be, so it is measured.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use candle_core::utils::barrier_pool;
use tokio::time::Instant;

/// How the arithmetic is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spread {
    One,
    All,
}

/// Steps of a trial.
const TRIAL: u32 = 3;
/// Steps before the first trial and after a switch.
const SOON: u32 = 16;
/// Steps between two trials of what was slower again and again.
const LATE: u32 = 1_024;
/// A trial's step that takes so many times as long ends the trial.
const HOPELESS: f64 = 3.0;
/// Calls of the pool that have to be prompt before a step, and what is prompt: an idle pool takes some microseconds,
/// or some tens of them if it has gone to sleep.
const CALLS: u32 = 4;
const PROMPT: Duration = Duration::from_micros(400);
/// The weight of the newest step in the mean.
const NEWEST: f64 = 0.2;

/// Chooses the spread of each step by the time that the steps before took.
#[derive(Debug)]
pub(super) struct Gear {
    spread: Spread,
    /// Mean seconds of a step with the chosen spread, once there was one.
    usual: Option<f64>,
    /// Steps until the other spread is tried, and how many there were last time.
    countdown: u32,
    interval: u32,
    /// Seconds and steps of the trial that is on.
    trial: Option<(f64, u32)>,
}

impl Default for Gear {
    fn default() -> Self {
        Self { spread: Spread::One, usual: None, countdown: SOON, interval: SOON, trial: None }
    }
}

impl Gear {
    /// One that never leaves the single thread.
    pub(super) fn single() -> Self {
        // Trials come only when the countdown has ended, and nothing ever restarts this one.
        Self { countdown: u32::MAX, ..Self::default() }
    }

    /// Does one step of decoding, and learns from its time.
    pub(super) fn step<R: Send>(&mut self, work: impl FnOnce() -> R + Send) -> R {
        if self.next() == Spread::All && !pool_is_prompt() {
            self.declined();
        }
        let spread = self.next();
        let began = Instant::now();
        let result = spread_over(spread, work);
        self.took(began.elapsed());
        result
    }

    /// Does other work of the engine in the way that is best for steps.
    pub(super) fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        spread_over(self.spread, work)
    }

    /// The spread of the next step.
    fn next(&self) -> Spread {
        match (self.trial, self.spread) {
            (None, spread) => spread,
            (Some(_), Spread::One) => Spread::All,
            (Some(_), Spread::All) => Spread::One,
        }
    }

    /// The pool answers so slowly that the step is done on one thread: a trial is put off, a choice is taken back.
    fn declined(&mut self) {
        if self.trial.take().is_some() {
            self.interval = (self.interval * 2).min(LATE);
        } else {
            self.spread = Spread::One;
            self.usual = None;
            self.interval = SOON;
        }
        self.countdown = self.interval;
    }

    fn took(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        match self.trial {
            None => self.usual_step(seconds),
            Some((sum, steps)) => self.trial_step(sum + seconds, steps + 1),
        }
    }

    fn usual_step(&mut self, seconds: f64) {
        let usual = self.usual.map_or(seconds, |usual| usual + NEWEST * (seconds - usual));
        // A machine that became busy shows at once; the trial then does not wait for its turn.
        let sudden =
            self.spread == Spread::All && self.usual.is_some_and(|before| seconds > HOPELESS * before);
        self.usual = Some(usual);
        self.countdown = if sudden { 0 } else { self.countdown.saturating_sub(1) };
        if self.countdown == 0 {
            self.trial = Some((0.0, 0));
        }
    }

    fn trial_step(&mut self, sum: f64, steps: u32) {
        let usual = self.usual.unwrap_or(f64::INFINITY);
        let mean = sum / f64::from(steps);
        if steps < TRIAL && mean < HOPELESS * usual {
            self.trial = Some((sum, steps));
            return;
        }
        let other = self.next();
        self.trial = None;
        if mean < usual {
            self.spread = other;
            self.usual = Some(mean);
            self.interval = SOON;
        } else {
            self.interval = (self.interval * 2).min(LATE);
        }
        self.countdown = self.interval;
    }
}

/// Whether all of the pool's threads come at once when they are called. On a busy machine one of them waits for a core,
/// and a step would wait like that some two hundred times.
fn pool_is_prompt() -> bool {
    (0..CALLS).all(|_| {
        let called = Instant::now();
        barrier_pool().execute(|_| {});
        called.elapsed() < PROMPT
    })
}

fn spread_over<R: Send>(spread: Spread, work: impl FnOnce() -> R + Send) -> R {
    match spread {
        Spread::All => work(),
        Spread::One => on_one_thread(work),
    }
}

/// Runs `work` on a thread of candle's pool. There candle does not split products any further: it would wait for
/// itself. This thread sleeps meanwhile. A panic of the work is carried around the pool, which would not survive it.
fn on_one_thread<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let pool = barrier_pool();
    if pool.n_workers() == 0 {
        return work();
    }
    let (done, finished) = mpsc::sync_channel(1);
    let job = Mutex::new(Some((work, done)));
    let finished = Mutex::new(finished);
    let result = Mutex::new(None);
    pool.execute(|thread| {
        if thread == 0 {
            let job = job.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some((work, done)) = job {
                // The other end waits until this one is used or dropped.
                let _ = done.send(catch_unwind(AssertUnwindSafe(work)));
            }
        } else if thread == pool.n_workers() {
            let received = finished.lock().unwrap_or_else(PoisonError::into_inner).recv();
            *result.lock().unwrap_or_else(PoisonError::into_inner) = received.ok();
        }
    });
    let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Proof: `execute` ends after thread 0 has, and that has sent what came of the work, be it a panic.
    result.expect("the pool's thread did the work").unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps with times that depend on the spread; gives the spread that was used for most of the last 50.
    fn settle(gear: &mut Gear, one: u64, all: u64, steps: u32) -> Spread {
        let mut used_all = 0;
        for step in 0..steps {
            let spread = gear.next();
            let millis = if spread == Spread::One { one } else { all };
            gear.took(Duration::from_millis(millis));
            used_all += u32::from(spread == Spread::All && step + 50 >= steps);
        }
        if used_all > 25 { Spread::All } else { Spread::One }
    }

    #[test]
    fn the_faster_spread_is_found_and_a_busy_machine_is_noticed() {
        let mut gear = Gear::default();
        assert_eq!(settle(&mut gear, 40, 25, 100), Spread::All);
        assert_eq!(settle(&mut gear, 60, 900, 100), Spread::One, "the machine became busy");
        assert_eq!(settle(&mut gear, 40, 25, 400), Spread::All, "and idle again");
    }

    #[test]
    fn what_is_hopeless_is_tried_ever_less() {
        let mut gear = Gear::default();
        let slow = (0..4_000).filter(|_| {
            let spread = gear.next();
            gear.took(Duration::from_millis(if spread == Spread::One { 40 } else { 900 }));
            spread == Spread::All
        });
        assert!(slow.count() < 12, "one step for each of ever rarer trials");
    }

    #[test]
    fn a_pool_that_comes_late_puts_a_trial_off_and_takes_a_choice_back() {
        let mut gear = Gear::default();
        (0..SOON).for_each(|_| gear.took(Duration::from_millis(40)));
        assert_eq!(gear.next(), Spread::All, "the first trial");
        gear.declined();
        assert_eq!((gear.next(), gear.countdown), (Spread::One, 2 * SOON));
        assert_eq!(settle(&mut gear, 40, 25, 200), Spread::All);
        gear.declined();
        assert_eq!((gear.next(), gear.countdown), (Spread::One, SOON));
    }

    #[test]
    fn work_on_one_thread_gives_its_result_and_its_panic() {
        assert_eq!(on_one_thread(|| 7), 7);
        let panicked = std::panic::catch_unwind(|| on_one_thread(|| panic!("as a test")));
        assert!(panicked.is_err());
        assert_eq!(on_one_thread(|| 8), 8, "the pool lives on");
    }
}
