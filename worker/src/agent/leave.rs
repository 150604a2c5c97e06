//! Leaving: drain (finish what is held), release (hand back what is left), exit.

use std::time::Duration;

use hafs_proto::worker::{DrainRequest, HeldLease, ReleaseReply, ReleaseRequest};
use hafs_proto::{Route, TaskId, limits};

use super::event::{Effect, Ending, Moment, Notice};
use super::state::{Mode, Stage, State};
use super::trouble::Answered;

impl State {
    /// Stops claiming; what is running may finish until the deadline, what has not begun is handed back.
    pub(super) fn begin_drain(&mut self, now: Duration, out: &mut Vec<Effect>) {
        if self.mode != Mode::Working {
            return;
        }
        self.mode = Mode::Draining { until: now + self.rules.drain_timeout };
        self.hand_back_waiting();
        self.stop_batches(out);
        let deadline_ms = u64::try_from(self.rules.drain_timeout.as_millis()).unwrap_or(u64::MAX);
        out.push(Effect::Say(Notice::Draining));
        out.push(Effect::AnnounceDrain(DrainRequest { deadline_ms }));
    }

    /// The coordinator knows; from now on a repeated claim gives no new task.
    pub(super) fn drain_heard(&mut self, answer: Answered<()>, moment: Moment, out: &mut Vec<Effect>) {
        if let Err(trouble) = answer {
            self.trouble("drain", &trouble, moment, out);
        }
        if !self.is_silent() {
            self.recall_claims(out);
        }
    }

    /// Another process uses the credential: finishes what is held, whose results are still taken, and leaves.
    pub(super) fn step_aside(&mut self, why: &str, now: Duration, out: &mut Vec<Effect>) {
        if self.superseded.is_none() {
            self.superseded = Some(why.to_owned());
            out.push(Effect::Say(Notice::Superseded(why.to_owned())));
        }
        self.begin_drain(now, out);
    }

    /// A worker that stepped aside says so in the end, however well its drain went.
    fn last_word(&mut self, ending: Ending) -> Ending {
        match ending {
            Ending::Drained | Ending::Released => self.superseded.take().map_or(ending, Ending::Superseded),
            Ending::Revoked(_) | Ending::Superseded(_) | Ending::Incompatible(_) => ending,
        }
    }

    /// Calls off all work and hands everything back.
    pub(super) fn leave(&mut self, now: Duration, ending: Ending, out: &mut Vec<Effect>) {
        match &self.mode {
            Mode::Working | Mode::Draining { .. } => {}
            // Being thrown out while leaving changes what is said in the end, nothing else.
            Mode::Leaving { until, ending: Ending::Released } => {
                self.mode = Mode::Leaving { until: *until, ending };
                return;
            }
            Mode::Leaving { .. } | Mode::Ended => return,
        }
        out.push(Effect::Say(Notice::Releasing));
        self.mode = Mode::Leaving { until: now + self.rules.release_grace, ending };
        self.hand_back_waiting();
        self.stop_batches(out);
        for (id, held) in &mut self.tasks {
            match held.stage {
                Stage::Running => {
                    held.stage = Stage::Stopping;
                    self.to_release.insert(*id, held.token.clone());
                    out.push(Effect::Stop(*id));
                }
                Stage::Waiting(_) | Stage::Stopping => {}
            }
        }
        if self.is_silent() {
            out.extend(std::mem::take(&mut self.claims).into_keys().map(Effect::AbandonClaim));
        } else {
            self.recall_claims(out);
        }
    }

    /// Nobody waits for a batch to leave. Its tasks are not handed back: they are paid, and a process that comes back within
    /// their leases goes on with them.
    fn stop_batches(&mut self, out: &mut Vec<Effect>) {
        for (id, held) in &mut self.tasks {
            if matches!((&held.route, &held.stage), (Route::Batch(_), Stage::Running)) {
                held.stage = Stage::Stopping;
                out.push(Effect::Stop(*id));
            }
        }
    }

    /// Hands back what has not begun.
    pub(super) fn hand_back_waiting(&mut self) {
        let waiting: Vec<TaskId> = self
            .tasks
            .iter()
            .filter(|(_, held)| matches!(held.stage, Stage::Waiting(_)))
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            if let Some(held) = self.tasks.remove(&id) {
                self.to_release.insert(id, held.token);
            }
        }
    }

    pub(super) fn advance_release(&mut self, out: &mut Vec<Effect>) {
        if self.is_silent() {
            self.to_release.clear();
        }
        if self.releasing || self.to_release.is_empty() {
            return;
        }
        let mut leases = Vec::new();
        while leases.len() < limits::BATCH_ITEMS
            && let Some((task, token)) = self.to_release.pop_first()
        {
            leases.push(HeldLease { task, token });
        }
        self.releasing = true;
        out.push(Effect::Release(ReleaseRequest { leases }));
    }

    /// A release that failed is not repeated: the leases run out by themselves.
    pub(super) fn released(&mut self, answer: Answered<ReleaseReply>, moment: Moment, out: &mut Vec<Effect>) {
        self.releasing = false;
        match answer {
            Ok(reply) => self.tally.released += reply.released.len() as u64,
            Err(trouble) => {
                self.trouble("release", &trouble, moment, out);
            }
        }
    }

    /// Moves on when a deadline has passed or nothing is left to do.
    pub(super) fn advance_mode(&mut self, now: Duration, out: &mut Vec<Effect>) {
        if let Mode::Draining { until } = self.mode
            && now >= until
        {
            self.leave(now, Ending::Released, out);
        }
        let (finished, ending) = match &self.mode {
            Mode::Working | Mode::Ended => return,
            Mode::Draining { .. } => (self.is_idle() && self.outbox.is_empty(), Ending::Drained),
            Mode::Leaving { until, ending } => {
                let sent = self.outbox.is_empty() || self.is_silent();
                ((self.is_idle() && sent) || now >= *until, ending.clone())
            }
        };
        if finished {
            self.mode = Mode::Ended;
            let ending = self.last_word(ending);
            out.push(Effect::Exit(ending));
        }
    }

    /// Whether nothing is under way but the delivery of what is spooled.
    fn is_idle(&self) -> bool {
        self.tasks.is_empty()
            && self.claims.is_empty()
            && !self.outbox.is_storing()
            && self.to_release.is_empty()
            && !self.releasing
    }
}
