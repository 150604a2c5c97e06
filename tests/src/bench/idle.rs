//! Many idle workers that wait at one coordinator: how soon one of them has a task, and what they cost meanwhile.
//!
//! A task is handed on by being released: it is ready at that moment, and whoever waits longest for it gets it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, stream};
use hafs_proto::worker::{
    ClaimReply, ClaimRequest, HeldLease, PoolVacancy, RegisterReply, RegisterRequest, ReleaseReply,
    ReleaseRequest,
};
use hafs_proto::{BoundedText, RunSpec, SourceName};
use hafs_runtime::clock::Stopwatch;
use hafs_runtime::ids::IdGen;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::api::Api;
use super::numbers::{float, mebibytes, median, millis, percentile};
use super::report::{Line, Section};
use super::{Order, os, scratch};
use crate::client;
use crate::plant::{self, Plan};
use crate::process::Process;

/// Tasks that are handed on, each among the workers of a route of its own.
const ROUTES: usize = 8;
/// Registrations at once.
const AT_ONCE: usize = 128;
/// Uses of one join token.
const USES: usize = 1_000;
/// Longest time of one part.
const PATIENCE: Duration = Duration::from_secs(120);
/// Milliseconds, megabytes and questions that are aimed for.
const AIM_MS: f64 = 50.0;
const AIM_MIB: f64 = 500.0;
const AIM_LOOKS: f64 = 3.0;

/// A worker that has a task.
struct Arrival {
    hand: Api,
    lease: HeldLease,
    route: usize,
    at: Duration,
}

/// What all workers share.
struct Crowd {
    ids: IdGen,
    watch: Stopwatch,
    arrivals: mpsc::UnboundedSender<Arrival>,
    /// Claims that were sent.
    calls: AtomicU64,
}

pub(super) async fn measure(order: &Order) -> anyhow::Result<Section> {
    let (workers, rounds) = order.effort.pick((10_000, 2_000), (1_000, 200));
    enough_files(workers)?;
    let home = scratch(&order.folder)?;
    let coordinator = start(home.path(), workers)?;
    let api = Api::reach(&home.path().join("data")).await?;
    let hands = register(&api, workers).await?;
    let (sender, mut arrivals) = mpsc::unbounded_channel();
    let crowd = Arc::new(Crowd {
        ids: client::ids(),
        watch: Stopwatch::start(),
        arrivals: sender,
        calls: AtomicU64::new(0),
    });
    let tracker = TaskTracker::new();
    let pollers: Vec<_> = hands
        .into_iter()
        .enumerate()
        .map(|(nth, hand)| tracker.spawn(poll(Arc::clone(&crowd), hand, nth % ROUTES)))
        .collect();
    all_wait(&api, workers).await?;
    let resident = os::memory(coordinator.id())?.resident;
    let bare = bare(&api).await?;
    api.start(&spec()?).await?;
    let busy = os::cpu_seconds(coordinator.id())?;
    let handed = hand_on(&api, &crowd, &mut arrivals, rounds).await?;
    let cpu_ms = (os::cpu_seconds(coordinator.id())? - busy) * 1e3 / float(rounds);
    pollers.iter().for_each(tokio::task::JoinHandle::abort);
    let lines = vec![
        Line::new("released to claimed by another, p50", median(&handed.waits), "ms")
            .beside("a question without waiting", median(&bare)),
        Line::new("released to claimed by another, p99", percentile(&handed.waits, 0.99), "ms")
            .beside("a question without waiting", percentile(&bare, 0.99))
            .at_most(AIM_MS),
        Line::new("questions to the queue per task handed on", handed.looks, "").at_most(AIM_LOOKS),
        Line::new("resident memory of the coordinator", mebibytes(resident), "MiB").at_most(AIM_MIB),
        Line::new("its processor time per task handed on", cpu_ms, "ms"),
    ];
    let title =
        format!("{workers} idle workers at one coordinator ({rounds} tasks handed on, {ROUTES} at a time)");
    Ok(Section { title, lines })
}

/// Both sides of every connection are files of some process.
fn enough_files(workers: usize) -> anyhow::Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits").context("cannot read /proc/self/limits")?;
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    let most: usize = line.split_whitespace().nth(3).and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
    let wanted = workers + 1_000;
    ensure!(most >= wanted, "a process may open {most} files only: run `ulimit -n {wanted}` before");
    Ok(())
}

fn start(home: &Path, workers: usize) -> anyhow::Result<Process> {
    let listen = plant::free_address();
    let teacher = "http://127.0.0.1:9/v1";
    let config = plant::build(&Plan { home, teacher, sections: 1, target: 1, slots: 1, listen, more: "" });
    let caps = workers + 100;
    let text = std::fs::read_to_string(&config)?.replace(
        "data_dir = \"data\"",
        &format!("data_dir = \"data\"\nmax_connections = {caps}\nmax_connections_per_ip = {caps}"),
    );
    std::fs::write(&config, text)?;
    Ok(Process::start("hafs-coordinator", home, &["--config", &config.to_string_lossy()]))
}

fn source(route: usize) -> anyhow::Result<SourceName> {
    format!("docs-{route}").parse().context("a name")
}

fn spec() -> anyhow::Result<RunSpec> {
    let sources = (0..ROUTES).map(source).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(RunSpec { target: 10_000_000, sources, ..client::spec() })
}

fn registration(route: usize) -> anyhow::Result<RegisterRequest> {
    let mut registration = client::registration();
    let routes: Vec<_> = format!("source/{}", source(route)?).parse().into_iter().collect();
    registration.pools.iter_mut().for_each(|pool| pool.routes.clone_from(&routes));
    Ok(registration)
}

/// Registers as many workers, each with a credential of its own.
async fn register(api: &Api, workers: usize) -> anyhow::Result<Vec<Api>> {
    let mut tokens = Vec::new();
    for _ in 0..workers.div_ceil(USES) {
        tokens.push(api.join_tokens(USES).await?);
    }
    let joined = stream::iter(0..workers).map(|nth| {
        let joining = tokens.get(nth / USES).map(|token| api.with_token(token.clone()));
        async move {
            let joining = joining.context("a token for each")?;
            let reply: RegisterReply =
                joining.post("/v1/workers/register", &registration(nth % ROUTES)?).await?;
            let credential = reply.credential.map(String::from).context("the worker got no credential")?;
            Ok(joining.with_token(credential))
        }
    });
    joined.buffered(AT_ONCE).collect::<Vec<anyhow::Result<Api>>>().await.into_iter().collect()
}

/// One worker: asks, waits, asks again; a task that it gets is given to the one who measures.
async fn poll(crowd: Arc<Crowd>, hand: Api, route: usize) -> anyhow::Result<()> {
    loop {
        let request = ClaimRequest {
            claim: crowd.ids.mint(),
            vacancies: vec![PoolVacancy { pool: BoundedText::clipped("all"), free: 1 }],
            wait_ms: 20_000,
            holding: Vec::new(),
            residency: None,
        };
        crowd.calls.fetch_add(1, Ordering::Relaxed);
        let reply: ClaimReply = hand.post("/v1/workers/claim", &request).await?;
        let at = crowd.watch.elapsed();
        for claimed in reply.tasks {
            let lease = HeldLease { task: claimed.task.id, token: claimed.token };
            let arrival = Arrival { hand: hand.clone(), lease, route, at };
            crowd.arrivals.send(arrival).context("nobody measures any more")?;
        }
    }
}

/// Waits until everyone has asked once, and then until the machine has come to rest.
async fn all_wait(api: &Api, workers: usize) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    while looks(api).await? < float(workers) {
        ensure!(watch.elapsed() < PATIENCE, "not all of {workers} workers have asked within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

/// How often claims have asked the queue.
async fn looks(api: &Api) -> anyhow::Result<f64> {
    let text = api.get("/metrics").await?;
    let line = text.lines().find_map(|line| line.strip_prefix("hafs_claim_looks_total "));
    line.and_then(|number| number.parse().ok()).context("/metrics has no hafs_claim_looks_total")
}

/// Times of a call that waits for nothing, while everyone waits.
async fn bare(api: &Api) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::new();
    for _ in 0..200 {
        let watch = Stopwatch::start();
        api.get("/readyz").await?;
        times.push(millis(watch.elapsed()));
    }
    Ok(times)
}

struct Handed {
    waits: Vec<f64>,
    looks: f64,
}

async fn hand_on(
    api: &Api,
    crowd: &Crowd,
    arrivals: &mut mpsc::UnboundedReceiver<Arrival>,
    rounds: usize,
) -> anyhow::Result<Handed> {
    let mut released = [None; ROUTES];
    let mut waits = Vec::with_capacity(rounds);
    let mut before = None;
    while waits.len() < rounds {
        let arrival = tokio::time::timeout(PATIENCE, arrivals.recv()).await;
        let arrival =
            arrival.context("a task that was released is claimed by nobody")?.context("nobody polls")?;
        if before.is_none() {
            before = Some((looks(api).await?, crowd.calls.load(Ordering::Relaxed)));
        }
        if let Some(since) = released.get_mut(arrival.route).and_then(Option::take) {
            waits.push(millis(arrival.at.saturating_sub(since)));
        }
        released[arrival.route] = Some(crowd.watch.elapsed());
        let release = ReleaseRequest { leases: vec![arrival.lease] };
        let reply: ReleaseReply = arrival.hand.post("/v1/workers/release", &release).await?;
        ensure!(reply.released.len() == 1, "a lease could not be given back");
    }
    let (looks_before, calls_before) = before.context("no task was handed on")?;
    let looks = looks(api).await? - looks_before;
    let calls = float(usize::try_from(crowd.calls.load(Ordering::Relaxed) - calls_before)?);
    // Every call asks once when it comes in; what is above that is for being called.
    let looks = 1.0 + (looks - calls) / float(rounds);
    Ok(Handed { waits, looks })
}
