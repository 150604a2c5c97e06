//! The agent's state, and the one function that decides.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hafs_proto::lease::LeaseToken;
use hafs_proto::worker::{ClaimedTask, Intervals, Pool};
use hafs_proto::{BoundedText, CompletionId, Route, TaskId};

use super::circuit::Circuit;
use super::claim::ClaimState;
use super::deliver::Delivery;
use super::event::{Effect, Ending, Event, Moment, Notice};
use super::line::Line;
use super::outbox::{BatchCaps, Outbox};
use super::parcel::{Kept, Spooled};
use super::tally::Tally;

/// The name of a pool.
pub type PoolName = BoundedText<64>;

/// When the spool is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolCaps {
    /// Results.
    pub results: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What the agent goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Rhythm, as the coordinator decided it.
    pub intervals: Intervals,
    /// How long a claim waits, if the coordinator does not want it shorter.
    pub claim_wait: Duration,
    /// How long a drain may take.
    pub drain_timeout: Duration,
    /// How long leaving may take after that: to stop the work, release the leases and send the spool.
    pub release_grace: Duration,
    /// When to stop claiming because results pile up.
    pub spool: SpoolCaps,
    /// Limits of one delivery.
    pub batch: BatchCaps,
}

/// Slots that share capabilities.
#[derive(Debug)]
pub(super) struct PoolState {
    pub(super) slots: u32,
    /// Tasks claimed beyond the slots, so that a slot of a quick pool does not wait for the next claim.
    pub(super) ahead: u32,
    /// What they can do.
    pub(super) routes: Vec<Route>,
    /// Nothing is claimed for it before.
    pub(super) not_before: Duration,
}

/// A task under lease.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) pool: PoolName,
    pub(super) route: Route,
    pub(super) token: LeaseToken,
    /// Rises with each claimed task: first claimed, first started.
    pub(super) order: u64,
    pub(super) stage: Stage,
}

/// How far a held task is.
#[derive(Debug)]
pub(super) enum Stage {
    /// Waits for a slot.
    Waiting(Box<ClaimedTask>),
    /// Occupies a slot.
    Running,
    /// Occupies a slot until the work has stopped; the lease is lost or handed back.
    Stopping,
}

/// Whether the agent works or leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    Working,
    /// Finishes what it holds.
    Draining {
        until: Duration,
    },
    /// Has called off what it held.
    Leaving {
        until: Duration,
        ending: Ending,
    },
    Ended,
}

/// Why nothing can be claimed although slots are free, as far as the spool is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Free,
    Full,
    DiskTrouble,
}

/// Everything the agent knows. It does no I/O and reads no clock.
#[derive(Debug)]
pub struct State {
    pub(super) rules: Rules,
    pub(super) pools: BTreeMap<PoolName, PoolState>,
    pub(super) tasks: BTreeMap<TaskId, Held>,
    pub(super) claims: BTreeMap<CompletionId, ClaimState>,
    pub(super) outbox: Outbox,
    pub(super) delivery: Delivery,
    pub(super) line: Line,
    pub(super) mode: Mode,
    pub(super) paused: bool,
    /// Since when the machine is about to sleep, or sleeps.
    pub(super) asleep: Option<Duration>,
    pub(super) room: Room,
    /// Of teachers that are away, or have failed lately.
    pub(super) circuits: BTreeMap<Route, Circuit>,
    /// Of teachers whose limits and circuits the coordinator keeps for the whole fleet.
    pub(super) shared: BTreeSet<Route>,
    /// Failures of these that the coordinator has not heard of yet.
    pub(super) bad_news: BTreeSet<CompletionId>,
    /// Routes that the last registration left out.
    pub(super) withheld: BTreeSet<Route>,
    pub(super) to_release: BTreeMap<TaskId, LeaseToken>,
    pub(super) releasing: bool,
    /// A new secret is being put in force.
    pub(super) rotating: bool,
    /// Why another process has this one's place, if one has.
    pub(super) superseded: Option<String>,
    pub(super) tally: Tally,
    pub(super) next_order: u64,
}

/// Results whose ids are sent with a claim: with more, the request would be over its limit, so none is made.
const MOST_HELD: u64 = 10_000;

/// Pools with fewer slots claim exactly what they can start: their tasks are long, and others may be free sooner.
const AHEAD_FROM: u32 = 16;

/// Larger pools claim this share of their slots ahead: as much as ends while a claim is answered, when tasks take a
/// tenth of a second and a claim a fortieth.
const AHEAD_SHARE: u32 = 4;

impl State {
    /// An agent that has registered with these pools and found these results in its spool. Its first calls are a
    /// renewal, then the delivery of the spool, then claims.
    #[must_use]
    pub fn new(rules: Rules, pools: &[Pool], spooled: Vec<Spooled>) -> Self {
        let pools = pools
            .iter()
            .map(|pool| {
                // Who waits behind a batch waits for hours.
                let slow = pool.routes.iter().any(|route| matches!(route, Route::Batch(_)));
                let ahead = if slow || pool.slots < AHEAD_FROM { 0 } else { pool.slots / AHEAD_SHARE };
                let routes = pool.routes.clone();
                let state = PoolState { slots: pool.slots, ahead, routes, not_before: Duration::ZERO };
                (pool.name.clone(), state)
            })
            .collect();
        let mut outbox = Outbox::default();
        for parcel in spooled {
            outbox.add(parcel, Duration::ZERO);
        }
        Self {
            rules,
            pools,
            tasks: BTreeMap::new(),
            claims: BTreeMap::new(),
            outbox,
            delivery: Delivery::new(rules.batch.items),
            line: Line::new(),
            mode: Mode::Working,
            paused: false,
            asleep: None,
            room: Room::Free,
            circuits: BTreeMap::new(),
            shared: BTreeSet::new(),
            bad_news: BTreeSet::new(),
            withheld: BTreeSet::new(),
            to_release: BTreeMap::new(),
            releasing: false,
            rotating: false,
            superseded: None,
            tally: Tally::default(),
            next_order: 0,
        }
    }

    /// The same agent, which leaves what the providers of these routes say to the coordinator.
    #[must_use]
    pub fn sharing(mut self, routes: BTreeSet<Route>) -> Self {
        self.shared = routes;
        self
    }

    /// The same agent, which goes on with tasks that an earlier process held when it ended: if their leases hold still,
    /// the first renewal extends them, and if not it says so.
    #[must_use]
    pub fn resuming(mut self, held: Vec<ClaimedTask>) -> Self {
        for claimed in held {
            let route = claimed.task.route();
            let offered = self.pools.get(&claimed.pool).is_some_and(|pool| pool.routes.contains(&route));
            if offered && !self.outbox.has_task(claimed.task.id) {
                self.hold(route, claimed);
            }
        }
        self
    }

    /// Takes a task in, behind those that are there.
    pub(super) fn hold(&mut self, route: Route, claimed: ClaimedTask) {
        self.next_order += 1;
        let (pool, token, order) = (claimed.pool.clone(), claimed.token.clone(), self.next_order);
        let (id, stage) = (claimed.task.id, Stage::Waiting(Box::new(claimed)));
        self.tasks.insert(id, Held { pool, route, token, order, stage });
    }

    /// What was done so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// Results that wait for an answer.
    #[must_use]
    pub fn spooled(&self) -> u64 {
        self.outbox.len()
    }

    /// When [`handle`] must be called again if nothing happens until then; `None`: only when something happens.
    /// What was due at `now` is done or waits for an answer.
    #[must_use]
    pub fn next_wake(&self, now: Duration) -> Option<Duration> {
        let mode = match &self.mode {
            Mode::Working | Mode::Ended => None,
            Mode::Draining { until } | Mode::Leaving { until, .. } => Some(*until),
        };
        let pools = self.pools.values().map(|pool| pool.not_before);
        let claims = self.claims.values().filter_map(ClaimState::retry_at);
        let due = [self.line.next_call, self.delivery.not_before, self.delivery.store_again_at];
        let circuits = self.circuits.values().filter_map(Circuit::until);
        mode.into_iter()
            .chain(self.sleep_ends())
            .chain(pools)
            .chain(claims)
            .chain(circuits)
            .chain(due)
            .filter(|at| *at > now)
            .min()
    }

    fn take_in(&mut self, event: Event, moment: Moment, out: &mut Vec<Effect>) {
        let now = moment.now;
        match event {
            Event::Tick => {}
            Event::Drain => self.begin_drain(now, out),
            Event::Stop => self.leave(now, Ending::Released, out),
            Event::FallingAsleep => self.fall_asleep(now, out),
            Event::Awake => self.wake_up(now, out),
            Event::Rotated(outcome) => self.rotated(outcome, out),
            Event::Registered(answer) => self.registered(answer, moment, out),
            Event::Claimed { claim, answer } => self.claimed(claim, answer, moment, out),
            Event::Renewed(answer) => self.renewed(answer, moment, out),
            Event::Delivered { keys, answer } => self.delivered(&keys, answer, moment, out),
            Event::Released(answer) => self.released(answer, moment, out),
            Event::DrainHeard(answer) => self.drain_heard(answer, moment, out),
            Event::Worked { task, key, work } => {
                self.heed(task, &work, moment, out);
                self.worked(task, key, work, out);
            }
            Event::Stored(spooled) => self.outbox.add(*spooled, now),
            Event::StoredAgain { key, kept } => self.stored_again(key, kept, moment, out),
            Event::Unreadable(key) => {
                self.tally.set_aside += u64::from(self.outbox.remove(key).is_some());
            }
        }
    }

    /// Does everything that is due: the order is the order of importance.
    fn advance(&mut self, moment: Moment, out: &mut Vec<Effect>) {
        self.advance_mode(moment.now, out);
        if self.mode == Mode::Ended {
            return;
        }
        self.advance_sleep(moment.now, out);
        self.advance_routes(moment.now);
        self.advance_line(moment.now, out);
        self.watch_room(out);
        self.advance_store(moment.now, out);
        self.advance_release(out);
        self.advance_delivery(moment.now, out);
        self.start_waiting(out);
        self.advance_claims(moment, out);
    }

    fn watch_room(&mut self, out: &mut Vec<Effect>) {
        let caps = self.rules.spool;
        // Once full, it has to become a tenth emptier: otherwise each answer would be news.
        let tenths = if self.room == Room::Full { 9 } else { 10 };
        let is_full = |used: u64, cap: u64| used.saturating_mul(10) >= cap.saturating_mul(tenths);
        let room = if self.outbox.first_in_memory().is_some() {
            Room::DiskTrouble
        } else if is_full(self.outbox.len(), caps.results.min(MOST_HELD))
            || is_full(self.outbox.bytes(), caps.bytes)
        {
            Room::Full
        } else {
            Room::Free
        };
        if room != self.room {
            self.room = room;
            out.push(Effect::Say(match room {
                Room::Free => Notice::SpoolFree,
                Room::Full => Notice::SpoolFull,
                Room::DiskTrouble => Notice::DiskTrouble,
            }));
        }
    }

    fn stored_again(&mut self, key: CompletionId, kept: Kept, moment: Moment, out: &mut Vec<Effect>) {
        self.delivery.stored_again(kept, moment);
        if self.outbox.holds(key) {
            self.outbox.set_kept(key, kept);
        } else {
            out.push(Effect::Forget(vec![key]));
        }
    }

    /// Starts waiting tasks in free slots, first claimed first.
    fn start_waiting(&mut self, out: &mut Vec<Effect>) {
        let mut free: BTreeMap<PoolName, u32> =
            self.pools.iter().map(|(name, pool)| (name.clone(), pool.slots)).collect();
        let mut waiting: Vec<(u64, TaskId)> = Vec::new();
        for (id, held) in &self.tasks {
            match held.stage {
                Stage::Waiting(_) => waiting.push((held.order, *id)),
                Stage::Running | Stage::Stopping => {
                    if let Some(slots) = free.get_mut(&held.pool) {
                        *slots = slots.saturating_sub(1);
                    }
                }
            }
        }
        waiting.sort_unstable();
        for (_, id) in waiting {
            let Some(held) = self.tasks.get_mut(&id) else { continue };
            let Some(slots) = free.get_mut(&held.pool).filter(|slots| **slots > 0) else { continue };
            if let Stage::Waiting(task) = std::mem::replace(&mut held.stage, Stage::Running) {
                *slots -= 1;
                out.push(Effect::Start(task));
            }
        }
    }
}

/// Decides what to do about an event. After [`Effect::Exit`] nothing is decided any more.
pub fn handle(state: &mut State, event: Event, moment: Moment) -> Vec<Effect> {
    let mut out = Vec::new();
    if state.mode != Mode::Ended {
        state.take_in(event, moment, &mut out);
        state.advance(moment, &mut out);
    }
    out
}
