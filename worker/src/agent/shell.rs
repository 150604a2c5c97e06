//! The loop around the decision: builds events, runs effects, decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::task::Lane;
use hafs_proto::worker::{ClaimRequest, ClaimedTask, Intervals};
use hafs_proto::{CompletionId, Route, TaskId};
use hafs_runtime::clock::Stopwatch;
use hafs_runtime::ids::IdGen;
use hafs_runtime::shutdown::Shutdown;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::event::{Effect, Ending, Event, Moment};
use super::parcel::{ParcelKind, Work};
use super::pledges::Pledges;
use super::state::{State, handle};
use super::trouble::Answered;
use crate::client::Api;
use crate::executors::Executors;
use crate::gpu::Gpus;
use crate::power::{Power, PowerLine};
use crate::report::Reporter;
use crate::spool::Spool;

/// Events that may wait for the loop; who has more waits, nothing is dropped.
const EVENTS: usize = 1_024;

/// Registers again with the worker's own credential, without the routes that are closed.
pub type Rejoin = Arc<
    dyn Fn(BTreeSet<Route>) -> futures_util::future::BoxFuture<'static, Answered<Intervals>> + Send + Sync,
>;

/// Gives the worker's credential a new secret.
pub type Rotate = Arc<dyn Fn() -> futures_util::future::BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What the loop works with.
pub struct Shell {
    /// The coordinator.
    pub api: Api,
    /// Registers again.
    pub rejoin: Rejoin,
    /// Gives the credential a new secret.
    pub rotate: Rotate,
    /// Whether the coordinator keeps the limits of teachers for the whole fleet, and is told what providers say.
    pub shares: bool,
    /// The worker's own models, if the coordinator wants to know what is loaded.
    pub gpus: Option<Gpus>,
    /// Results on disk.
    pub spool: Arc<Spool>,
    /// Tasks that wait for a batch, on disk.
    pub pledges: Arc<Pledges>,
    /// Does the work.
    pub executors: Arc<Executors>,
    /// Mints ids.
    pub ids: Arc<IdGen>,
    /// Tells people.
    pub reporter: Reporter,
    /// Tells of the machine's sleep.
    pub power: PowerLine,
}

const fn heard(power: Power) -> Event {
    match power {
        Power::FallingAsleep => Event::FallingAsleep,
        Power::Awake => Event::Awake,
    }
}

/// What the loop holds while it runs.
struct Running {
    shell: Shell,
    tracker: TaskTracker,
    events: mpsc::Sender<Event>,
    works: BTreeMap<TaskId, CancellationToken>,
    claims: BTreeMap<CompletionId, CancellationToken>,
    watch: Stopwatch,
}

impl Shell {
    /// Runs until the agent ends, by `shutdown` or because the coordinator does not want this worker any more.
    pub async fn run(self, mut state: State, shutdown: &Shutdown) -> (Ending, State) {
        let (events, mut inbox) = mpsc::channel(EVENTS);
        let mut running = Running {
            shell: self,
            tracker: TaskTracker::new(),
            events,
            works: BTreeMap::new(),
            claims: BTreeMap::new(),
            watch: Stopwatch::start(),
        };
        let mut power = running.shell.power.clone();
        let (mut drained, mut stopped) = (false, false);
        let mut event = Event::Tick;
        loop {
            let moment = running.moment();
            running.note(&event);
            for effect in handle(&mut state, event, moment) {
                if let Effect::Exit(ending) = effect {
                    running.shell.reporter.write(state.status(moment.now));
                    running.finish().await;
                    return (ending, state);
                }
                running.run(effect);
            }
            let report = running.shell.reporter.status(&state, moment.now);
            let wake = state.next_wake(moment.now).map_or(report, |at| at.min(report));
            let pause = wake.saturating_sub(running.watch.elapsed());
            event = tokio::select! {
                biased;
                () = shutdown.stop.cancelled(), if !stopped => { stopped = true; Event::Stop }
                () = shutdown.drain.cancelled(), if !drained => { drained = true; Event::Drain }
                Some(event) = inbox.recv() => event,
                power = power.next() => heard(power),
                () = tokio::time::sleep(pause) => Event::Tick,
            };
        }
    }
}

impl Running {
    fn moment(&self) -> Moment {
        let fresh: CompletionId = self.shell.ids.mint();
        // The last 62 bits of an id are random; moved to the top they are random enough for jitter.
        let random = fresh.uuid().as_u64_pair().1 << 2;
        Moment { now: self.watch.elapsed(), fresh, random }
    }

    /// Forgets the handles of what has ended.
    fn note(&mut self, event: &Event) {
        match event {
            Event::Worked { task, .. } => {
                self.works.remove(task);
            }
            Event::Claimed { claim, .. } => {
                self.claims.remove(claim);
            }
            Event::Tick
            | Event::Drain
            | Event::Stop
            | Event::FallingAsleep
            | Event::Awake
            | Event::Registered(_)
            | Event::Rotated(_)
            | Event::Renewed(_)
            | Event::Delivered { .. }
            | Event::Released(_)
            | Event::DrainHeard(_)
            | Event::Stored(_)
            | Event::StoredAgain { .. }
            | Event::Unreadable(_) => {}
        }
    }

    fn run(&mut self, effect: Effect) {
        let (api, spool) = (self.shell.api.clone(), self.shell.spool.clone());
        match effect {
            Effect::Register(without) => {
                let rejoin = self.shell.rejoin.clone();
                self.call(async move { Event::Registered(rejoin(without).await) });
            }
            Effect::Rotate => {
                let rotate = self.shell.rotate.clone();
                self.call(async move { Event::Rotated(rotate().await) });
            }
            Effect::Claim(request) => self.claim(request),
            Effect::Renew(request) => self.call(async move { Event::Renewed(api.renew(&request).await) }),
            Effect::Deliver { kind, keys } => self.deliver(kind, keys),
            Effect::Release(request) => {
                self.call(async move { Event::Released(api.release(&request).await) })
            }
            Effect::AnnounceDrain(request) => {
                self.call(async move { Event::DrainHeard(api.drain(&request).await) });
            }
            Effect::Start(task) => self.start(*task),
            Effect::Stop(task) => self.works.get(&task).into_iter().for_each(CancellationToken::cancel),
            Effect::AbandonClaim(claim) => {
                self.claims.remove(&claim).into_iter().for_each(|cancel| cancel.cancel());
            }
            Effect::Store(parcel) => {
                self.call(async move { Event::Stored(Box::new(spool.put(&parcel).await)) });
            }
            Effect::StoreAgain(key) => {
                self.call(async move { Event::StoredAgain { key, kept: spool.put_again(key).await } });
            }
            Effect::Forget(keys) => self.quietly(async move { spool.forget(&keys).await }),
            Effect::SetAside { key, why } => self.quietly(async move { spool.set_aside(key, why).await }),
            Effect::Say(notice) => self.shell.reporter.say(&notice),
            // Taken out by the loop.
            Effect::Exit(_) => {}
        }
    }

    fn start(&mut self, claimed: ClaimedTask) {
        let (executors, ids) = (self.shell.executors.clone(), self.shell.ids.clone());
        let pledges = (claimed.task.spec.lane() == Lane::Batch).then(|| self.shell.pledges.clone());
        let cancel = CancellationToken::new();
        self.works.insert(claimed.task.id, cancel.clone());
        self.call(async move {
            let task = claimed.task.clone();
            if let Some(pledges) = &pledges {
                pledges.keep(claimed).await;
            }
            let work = executors.run(&task, &cancel).await;
            if let Some(pledges) = pledges
                && !matches!(work, Work::Stopped { .. })
            {
                pledges.forget(task.id).await;
            }
            Event::Worked { task: task.id, key: ids.mint(), work }
        });
    }

    /// Runs a future that ends in no event.
    fn quietly(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(future);
    }

    /// Runs a future that ends in one event.
    fn call(&self, future: impl Future<Output = Event> + Send + 'static) {
        let events = self.events.clone();
        self.tracker.spawn(async move {
            // The loop has ended when nobody receives; the event is of no use then.
            let _ = events.send(future.await).await;
        });
    }

    fn claim(&mut self, mut request: ClaimRequest) {
        let (api, cancel) = (self.shell.api.clone(), CancellationToken::new());
        self.claims.insert(request.claim, cancel.clone());
        let (events, gpus) = (self.events.clone(), self.shell.gpus.clone());
        self.tracker.spawn(async move {
            if let Some(gpus) = &gpus {
                gpus.look().await;
                request.residency = Some(gpus.report());
            }
            let answer = tokio::select! {
                answer = api.claim(&request) => answer,
                () = cancel.cancelled() => return,
            };
            if let (Some(gpus), Ok(reply)) = (&gpus, &answer) {
                gpus.heed(&reply.backlog);
            }
            let _ = events.send(Event::Claimed { claim: request.claim, answer }).await;
        });
    }

    fn deliver(&self, kind: ParcelKind, keys: Vec<CompletionId>) {
        let (api, spool, events) = (self.shell.api.clone(), self.shell.spool.clone(), self.events.clone());
        let executors = self.shell.shares.then(|| self.shell.executors.clone());
        self.tracker.spawn(async move {
            let wanted = keys.clone();
            let read = move || wanted.iter().map(|key| (*key, spool.read(*key))).collect::<Vec<_>>();
            // A blocking thread that panics gives nothing: all keys count as not answered and are tried again.
            let found = tokio::task::spawn_blocking(read).await.unwrap_or_default();
            let mut bodies = Vec::with_capacity(found.len());
            for (key, body) in found {
                match body {
                    Some((_, body)) => bodies.push(body),
                    None => {
                        let _ = events.send(Event::Unreadable(key)).await;
                    }
                }
            }
            let answer = if bodies.is_empty() {
                Ok(Vec::new())
            } else {
                let seen = executors.map(|executors| executors.seen()).unwrap_or_default();
                api.deliver(kind, &bodies, &seen).await
            };
            let _ = events.send(Event::Delivered { keys, answer }).await;
        });
    }

    /// Calls off what is left and waits for it, but not for ever: a source may hang in the file system.
    async fn finish(self) {
        const PATIENCE: Duration = Duration::from_secs(2);
        for cancel in self.works.values().chain(self.claims.values()) {
            cancel.cancel();
        }
        self.tracker.close();
        drop(self.events);
        if tokio::time::timeout(PATIENCE, self.tracker.wait()).await.is_err() {
            tracing::warn!(tasks = self.tracker.len(), "some work did not stop in time; it is abandoned");
        }
    }
}
