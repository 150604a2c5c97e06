//! Following a run until it ends, one way or another.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use hafs_proto::RunState;
use hafs_proto::people::{EventKind, RunView};
use hafs_runtime::clock::Stopwatch;
use hafs_runtime::shutdown::Shutdown;
use tokio::time::MissedTickBehavior;

use super::bar::Bar;
use super::choice::Chosen;
use super::lines::Lines;
use super::pace::Pace;
use super::programs::{JsonLines, Silence};
use super::reading::{Reading, Slots, View};
use crate::api::{Api, Events, News};
use crate::compose::worker::Working;
use crate::context::Context;
use crate::failure::Failure;
use crate::out::Audience;
use crate::text::{length, one_line};

/// Between two looks.
const TICK: Duration = Duration::from_secs(1);
/// Between two notes about calls that failed.
const TROUBLE: Duration = Duration::from_secs(10);
/// Characters of a note about a failed call.
const WIDTH: usize = 220;

/// Why following ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The run is finished or was called off.
    Run,
    /// The time is up.
    TimeLimit,
    /// A signal came.
    Interrupted,
    /// The worker was told to leave.
    WorkerLeft,
}

/// A run that is followed.
pub struct Following<'a> {
    api: &'a Api,
    path: String,
    chosen: &'a Chosen,
    limit: Option<Duration>,
    watch: Stopwatch,
    view: Box<dyn View>,
    trouble: Trouble,
}

/// Calls that failed: the first is told at once, then one from time to time.
#[derive(Default)]
struct Trouble {
    told: Option<Duration>,
    kept_back: u64,
}

impl<'a> Following<'a> {
    /// Begins to follow.
    #[must_use]
    pub fn new(context: &Context, api: &'a Api, chosen: &'a Chosen, limit: Option<Duration>) -> Self {
        let (watch, path) = (Stopwatch::start(), format!("/v1/runs/{}", chosen.run.id));
        let mut view = view(context, u64::from(chosen.run.spec.target));
        view.begin(&chosen.run, chosen.resumed);
        Self { api, path, chosen, limit, watch, view, trouble: Trouble::default() }
    }

    /// Time since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    /// Takes away what was shown.
    pub fn finish(&mut self) {
        self.view.finish();
    }

    /// Follows until the run, the time, the worker or a signal ends it.
    ///
    /// # Errors
    /// [`Failure`] when the worker ends with an error or the coordinator does not answer.
    pub async fn until_the_end(
        &mut self,
        working: &mut Working,
        signals: &Shutdown,
    ) -> Result<Ended, Failure> {
        let mut events = self.api.events().await.ok();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let limit = self.limit.unwrap_or(Duration::MAX);
        loop {
            tokio::select! {
                _ = ticks.tick() => if self.look().await? { return Ok(Ended::Run) },
                news = next(&mut events) => self.hear(news),
                () = signals.drain.cancelled() => {
                    self.view.note("stopping: what is under way is finished first; Ctrl-C again stops at once");
                    return Ok(Ended::Interrupted);
                }
                () = tokio::time::sleep(limit.saturating_sub(self.watch.elapsed())) => {
                    self.view.note(&format!("the time limit of {} is reached; finishing what is under way", length(limit)));
                    return Ok(Ended::TimeLimit);
                }
                left = working.ended() => {
                    self.view.note("the worker was told to leave; `hafs-factory run` lets another one begin");
                    return left.map(|_| Ended::WorkerLeft);
                }
            }
        }
    }

    /// Looks at the run; whether it is over.
    async fn look(&mut self) -> Result<bool, Failure> {
        let view: RunView = self.api.get(&self.path, &[]).await?;
        let slots = Slots::of(&self.api.get("/v1/workers", &[]).await?);
        let progress = view.progress;
        let target = u64::from(progress.target);
        let pace = Pace::of(self.watch.elapsed(), self.chosen.accepted_before, progress.accepted, target);
        let over = matches!(progress.state, RunState::Finished | RunState::Cancelled);
        self.view.show(&Reading { progress, pace, slots });
        Ok(over)
    }

    /// Tells of calls that failed, so that a teacher that is down is noticed.
    fn hear(&mut self, news: News) {
        let News::Event(event) = news else { return };
        let of_money_or_teacher = matches!(
            event.kind,
            EventKind::TeacherClosed
                | EventKind::TeacherOpened
                | EventKind::BudgetWarning
                | EventKind::BudgetSpent
        );
        if of_money_or_teacher && event.run.is_none_or(|run| run == self.chosen.run.id) {
            self.view.note(&one_line(&event.message, WIDTH));
        }
        let failed = matches!(event.kind, EventKind::Retried | EventKind::DeadLettered);
        if !failed || event.run != Some(self.chosen.run.id) {
            return;
        }
        let what = if event.kind == EventKind::Retried { "tried again later" } else { "given up" };
        if let Some(more) = self.trouble.tell(self.watch.elapsed()) {
            self.view.note(&format!("{what}{more}: {}", one_line(&event.message, WIDTH)));
        }
    }
}

impl Trouble {
    /// What to add to a note, or nothing when it is too early for another.
    fn tell(&mut self, now: Duration) -> Option<String> {
        if self.told.is_some_and(|last| now < last + TROUBLE) {
            self.kept_back += 1;
            return None;
        }
        self.told = Some(now);
        let more = std::mem::take(&mut self.kept_back);
        Some(if more == 0 { String::new() } else { format!(" ({more} more like this)") })
    }
}

fn view(context: &Context, target: u64) -> Box<dyn View> {
    match (context.out.audience(), context.out.is_quiet()) {
        (Audience::Programs, _) => Box::new(JsonLines(context.out)),
        (Audience::People, true) => Box::new(Silence),
        (Audience::People, false) if stderr().is_terminal() => Box::new(Bar::new(target)),
        (Audience::People, false) => Box::new(Lines::default()),
    }
}

/// The next news. A stream that has ended says nothing more; the looks go on without it.
async fn next(events: &mut Option<Events>) -> News {
    loop {
        let Some(stream) = events else { return std::future::pending().await };
        match stream.next().await {
            Ok(Some(news)) => return news,
            Ok(None) | Err(_) => *events = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_calls_are_told_from_time_to_time_with_how_many_were_kept_back() {
        let mut trouble = Trouble::default();
        let at = Duration::from_secs;
        assert_eq!(trouble.tell(at(1)).as_deref(), Some(""));
        assert_eq!((trouble.tell(at(2)), trouble.tell(at(3))), (None, None));
        assert_eq!(trouble.tell(at(12)).as_deref(), Some(" (2 more like this)"));
    }
}
