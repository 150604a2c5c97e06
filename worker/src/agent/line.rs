//! The line to the coordinator: registering, renewing, and what happens when it is lost.
//!
//! After any loss the order is: renew (the coordinator may have been restarted and adopts the leases, under new
//! tokens), deliver what was spooled until then, and only then claim.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_proto::lease::LeaseToken;
use hafs_proto::worker::{HeldLease, Intervals, RenewReply, RenewRequest};
use hafs_proto::{CompletionId, TaskId, limits};

use super::backoff;
use super::event::{Effect, Ending, Moment, Notice};
use super::state::{Mode, Stage, State};
use super::trouble::{Answered, CallTrouble, Meaning};

/// How far the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// The coordinator does not know this worker, or not what it offers now: register again.
    Joining,
    /// Renew first.
    Greeting,
    /// Deliver what was there when the line came up.
    Flushing { last: CompletionId },
    /// Everything is allowed.
    Up,
}

/// The line and the one call that keeps it.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) link: Link,
    /// A registration or renewal is under way.
    pub(super) calling: bool,
    /// The next one is due.
    pub(super) next_call: Duration,
    tries: u32,
    lost: bool,
}

impl Line {
    pub(super) const fn new() -> Self {
        Self { link: Link::Greeting, calling: false, next_call: Duration::ZERO, tries: 0, lost: false }
    }

    /// Whether results may be delivered.
    pub(super) const fn carries_results(&self) -> bool {
        matches!(self.link, Link::Flushing { .. } | Link::Up)
    }

    /// Lets some time pass before the line is tried again, without counting a failure of its own.
    fn pause(&mut self, moment: Moment) {
        self.next_call = moment.now + backoff::wait(self.tries, moment.random, None);
    }

    fn back_off(&mut self, moment: Moment, hint: Option<Duration>) {
        self.next_call = moment.now + backoff::wait(self.tries, moment.random, hint);
        self.tries = self.tries.saturating_add(1);
    }
}

impl State {
    pub(super) fn advance_line(&mut self, now: Duration, out: &mut Vec<Effect>) {
        if let Link::Flushing { last } = self.line.link
            && self.outbox.is_flushed_to(last)
        {
            self.line.link = Link::Up;
        }
        if self.line.calling || now < self.line.next_call || self.is_silent() {
            return;
        }
        self.line.calling = true;
        out.push(match self.line.link {
            Link::Joining => {
                self.withheld = self.closed();
                Effect::Register(self.withheld.clone())
            }
            Link::Greeting | Link::Flushing { .. } | Link::Up => Effect::Renew(self.renewal(now)),
        });
    }

    /// Whether no more calls are made at all: the coordinator does not want this worker.
    pub(super) fn is_silent(&self) -> bool {
        match &self.mode {
            Mode::Leaving { ending, .. } => match ending {
                Ending::Revoked(_) | Ending::Incompatible(_) => true,
                Ending::Drained | Ending::Released | Ending::Superseded(_) => false,
            },
            Mode::Ended => true,
            Mode::Working | Mode::Draining { .. } => false,
        }
    }

    /// All leases: of tasks that are worked on, and of results that are not delivered yet.
    fn renewal(&self, now: Duration) -> RenewRequest {
        let mut leases: BTreeMap<TaskId, LeaseToken> = BTreeMap::new();
        for (task, held) in &self.tasks {
            match held.stage {
                Stage::Waiting(_) | Stage::Running => {
                    leases.insert(*task, held.token.clone());
                }
                Stage::Stopping => {}
            }
        }
        for (task, token) in self.outbox.leases() {
            if leases.len() >= limits::BATCH_ITEMS {
                break;
            }
            leases.entry(task).or_insert(token);
        }
        RenewRequest {
            leases: leases.into_iter().map(|(task, token)| HeldLease { task, token }).collect(),
            spooled: self.outbox.len(),
            oldest_spooled_ms: u64::try_from(self.outbox.oldest_age(now).as_millis()).unwrap_or(u64::MAX),
        }
    }

    pub(super) fn renewed(&mut self, answer: Answered<RenewReply>, moment: Moment, out: &mut Vec<Effect>) {
        self.line.calling = false;
        match answer {
            Ok(reply) => {
                self.line_works(moment.now, out);
                self.take_renewal(reply, moment.now, out);
            }
            Err(trouble) => self.line_trouble("renew", &trouble, moment, out),
        }
    }

    fn line_works(&mut self, now: Duration, out: &mut Vec<Effect>) {
        self.line.tries = 0;
        if self.line.link != Link::Joining {
            self.line.next_call = now + Duration::from_millis(self.rules.intervals.heartbeat_ms);
        }
        if std::mem::take(&mut self.line.lost) {
            out.push(Effect::Say(Notice::Back));
        }
        if self.line.link == Link::Greeting {
            self.line.link = self.outbox.last_key().map_or(Link::Up, |last| Link::Flushing { last });
        }
    }

    fn take_renewal(&mut self, reply: RenewReply, now: Duration, out: &mut Vec<Effect>) {
        for lease in reply.renewed {
            if let Some(held) = self.tasks.get_mut(&lease.task) {
                held.token = lease.token;
            }
        }
        let lost = reply.lost.len() as u64;
        if lost > 0 {
            out.push(Effect::Say(Notice::LeasesLost(lost)));
        }
        for task in reply.lost.into_iter().chain(reply.cancelled) {
            self.lose(task, out);
        }
        if reply.paused != self.paused {
            self.paused = reply.paused;
            out.push(Effect::Say(if reply.paused { Notice::Paused } else { Notice::Resumed }));
        }
        if reply.superseded {
            self.step_aside("another process has registered with this worker's credential", now, out);
        }
        if reply.rotate && !self.rotating && self.mode == Mode::Working {
            self.rotating = true;
            out.push(Effect::Rotate);
        }
        if reply.drain {
            self.begin_drain(now, out);
        }
    }

    /// The coordinator asks again if it came to nothing.
    pub(super) fn rotated(&mut self, outcome: Result<(), String>, out: &mut Vec<Effect>) {
        self.rotating = false;
        out.push(Effect::Say(outcome.map_or_else(Notice::NotRotated, |()| Notice::Rotated)));
    }

    /// A lease is gone: work that has not begun is forgotten, work under way is called off. A result that is
    /// already there is delivered all the same, it may be the first.
    fn lose(&mut self, task: TaskId, out: &mut Vec<Effect>) {
        let Some(held) = self.tasks.get_mut(&task) else { return };
        match held.stage {
            Stage::Waiting(_) => {
                self.tasks.remove(&task);
            }
            Stage::Running => {
                held.stage = Stage::Stopping;
                out.push(Effect::Stop(task));
            }
            Stage::Stopping => return,
        }
        self.tally.lost += 1;
    }

    pub(super) fn registered(&mut self, answer: Answered<Intervals>, moment: Moment, out: &mut Vec<Effect>) {
        self.line.calling = false;
        match answer {
            Ok(intervals) => {
                self.rules.intervals = intervals;
                self.line.tries = 0;
                self.line.link = Link::Greeting;
                self.line.next_call = moment.now;
            }
            Err(trouble) => match trouble.meaning() {
                // What is held may still be renewed and delivered, but this process may not register.
                Meaning::Superseded => {
                    self.line.link = Link::Greeting;
                    self.line_trouble("register", &trouble, moment, out);
                }
                // The credential is right, but not for this process: a copy of it is in use elsewhere.
                Meaning::Unknown | Meaning::Wrong => {
                    self.leave(moment.now, Ending::Revoked(trouble.to_string()), out)
                }
                Meaning::Away | Meaning::Later(_) | Meaning::Revoked | Meaning::Incompatible => {
                    self.line_trouble("register", &trouble, moment, out);
                }
            },
        }
    }

    fn line_trouble(
        &mut self,
        call: &'static str,
        trouble: &CallTrouble,
        moment: Moment,
        out: &mut Vec<Effect>,
    ) {
        let hint = self.trouble(call, trouble, moment, out);
        self.line.back_off(moment, hint);
    }

    /// What every failed call has in common. Returns when the coordinator allows the next try, if it said so.
    pub(super) fn trouble(
        &mut self,
        call: &'static str,
        trouble: &CallTrouble,
        moment: Moment,
        out: &mut Vec<Effect>,
    ) -> Option<Duration> {
        let why = trouble.to_string();
        match trouble.meaning() {
            Meaning::Away => self.lose_line(why, moment, out),
            Meaning::Revoked => self.leave(moment.now, Ending::Revoked(why), out),
            Meaning::Superseded => self.step_aside(&why, moment.now, out),
            Meaning::Incompatible => self.leave(moment.now, Ending::Incompatible(why), out),
            Meaning::Unknown => {
                out.push(Effect::Say(Notice::Refused { call, why }));
                if self.line.link != Link::Joining {
                    self.line.link = Link::Joining;
                    self.line.pause(moment);
                }
            }
            Meaning::Wrong => out.push(Effect::Say(Notice::Refused { call, why })),
            Meaning::Later(hint) => {
                out.push(Effect::Say(Notice::Refused { call, why }));
                return hint;
            }
        }
        None
    }

    fn lose_line(&mut self, why: String, moment: Moment, out: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.line.lost, true) {
            out.push(Effect::Say(Notice::Lost(why)));
        }
        if self.line.carries_results() {
            self.line.link = Link::Greeting;
            self.line.pause(moment);
        }
    }
}
