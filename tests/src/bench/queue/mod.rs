//! The queue in Redis beside other queues on the same server, in turns.

mod ours;
mod peers;
mod server;

use std::collections::BTreeMap;

use self::ours::rate;
use self::peers::{Peer, Phase};
use self::server::Server;
use super::numbers::{float, median, percentile};
use super::report::{Line, Section};
use super::{Order, scratch};

/// Calls at once.
const AT_ONCE: usize = 64;
/// Tasks of one call, where a call has many.
const MANY: usize = 100;
/// Times the best peer that is aimed for with many tasks a call, and with one.
const AIM_MANY: f64 = 2.0;
const AIM_ONE: f64 = 1.0;
/// Microseconds of Redis for one task, from enqueueing to completing it.
const AIM_CPU_US: f64 = 40.0;

/// What was measured, round by round: by figure, then by who it is of.
type Figures = BTreeMap<(&'static str, &'static str), Vec<f64>>;

const OURS: &str = "ours";
const ENQUEUE_ONE: &str = "enqueued, one a call";
const ENQUEUE_MANY: &str = "enqueued, 100 a call";
const WORK_ONE: &str = "claimed and completed, one a call";
const WORK_MANY: &str = "claimed and completed, 100 a call";
const CPU_ONE: &str = "Redis per task, one a call";
const CPU_MANY: &str = "Redis per task, 100 a call";

pub(super) async fn measure(order: &Order) -> anyhow::Result<Section> {
    let home = scratch(&order.folder)?;
    let server = Server::start(home.path())?;
    let (rounds, tasks) = order.effort.pick((5, 10_000), (2, 2_000));
    let peers: Vec<Peer> = Peer::ALL.into_iter().filter(|peer| peer.is_there()).collect();
    let mut figures = Figures::new();
    // The first round warms everything up and does not count.
    for round in 0..=rounds {
        let mut this = Figures::new();
        our_round(&server, round, tasks, &mut this).await?;
        for peer in &peers {
            peer_round(&server, *peer, tasks / 2, &mut this)?;
        }
        if round > 0 {
            this.into_iter().for_each(|(key, values)| figures.entry(key).or_default().extend(values));
        }
    }
    let missing = Peer::ALL.iter().filter(|peer| !peers.contains(peer)).map(|peer| peer.name());
    let missing: Vec<&str> = missing.collect();
    let without = if missing.is_empty() {
        String::new()
    } else {
        format!("; without {}: scripts/queue-peers.sh install", missing.join(" and "))
    };
    let title =
        format!("Queues on one Redis, AOF everysec, {AT_ONCE} at once, medians of {rounds} rounds{without}");
    Ok(Section { title, lines: lines(&figures, &peers) })
}

async fn our_round(server: &Server, round: usize, tasks: usize, into: &mut Figures) -> anyhow::Result<()> {
    let queue = server.queue(format!("bench-{round}")).await?;
    for (batch, enqueued, worked, cpu) in
        [(1, ENQUEUE_ONE, WORK_ONE, CPU_ONE), (MANY, ENQUEUE_MANY, WORK_MANY, CPU_MANY)]
    {
        // As long a measurement with many a call as with one.
        let tasks = if batch == 1 { tasks } else { tasks * 4 };
        let before = server.cpu()?;
        let put = ours::enqueue(&queue, tasks, batch).await?;
        let done = ours::work(&queue, tasks, batch).await?;
        let used = server.cpu()? - before;
        into.insert((enqueued, OURS), vec![rate(tasks, put)]);
        into.insert((worked, OURS), vec![rate(tasks, done)]);
        into.insert((cpu, OURS), vec![used * 1e6 / float(tasks)]);
    }
    Ok(())
}

fn peer_round(server: &Server, peer: Peer, tasks: usize, into: &mut Figures) -> anyhow::Result<()> {
    let mut both = |phase, enqueued, cpu| {
        let before = server.cpu()?;
        let put = peer.run(server.socket(), phase, tasks)?;
        let done = peer.run(server.socket(), Phase::Work, tasks)?;
        let used = server.cpu()? - before;
        into.insert((enqueued, peer.name()), vec![rate(tasks, put)]);
        into.insert((cpu, peer.name()), vec![used * 1e6 / float(tasks)]);
        // It has one way to work, whichever way the tasks came in.
        let worked = into.entry((WORK_ONE, peer.name())).or_default();
        worked.push(rate(tasks, done));
        anyhow::Ok(())
    };
    both(Phase::Enqueue, ENQUEUE_ONE, CPU_ONE)?;
    if peer == Peer::BullMq {
        both(Phase::EnqueueMany, ENQUEUE_MANY, CPU_MANY)?;
    }
    Ok(())
}

fn lines(figures: &Figures, peers: &[Peer]) -> Vec<Line> {
    let mut lines = Vec::new();
    let rates = [
        (ENQUEUE_ONE, ENQUEUE_ONE, AIM_ONE),
        (WORK_ONE, WORK_ONE, AIM_ONE),
        (ENQUEUE_MANY, ENQUEUE_MANY, AIM_MANY),
        (WORK_MANY, WORK_ONE, AIM_MANY),
    ];
    for (figure, of_peers, aim) in rates {
        let values = of(figures, figure, OURS);
        let line = Line::new(format!("tasks {figure}"), median(values), "/s");
        // One that has no call for many is compared by what it has.
        let fallback = if of_peers == ENQUEUE_MANY { ENQUEUE_ONE } else { of_peers };
        let theirs = peers.iter().map(|peer| {
            let values = of(figures, of_peers, peer.name());
            let values = if values.is_empty() { of(figures, fallback, peer.name()) } else { values };
            (peer.name(), median(values))
        });
        let best = theirs.max_by(|one, other| one.1.total_cmp(&other.1));
        lines.push(match best {
            Some((name, value)) => line.beside(name, value).at_least_of_baseline(aim),
            None => line,
        });
        lines.push(Line::new("  its slowest round", percentile(values, 0.0), "/s"));
        lines.push(Line::new("  its fastest round", percentile(values, 1.0), "/s"));
    }
    for figure in [CPU_ONE, CPU_MANY] {
        let line = Line::new(figure, median(of(figures, figure, OURS)), "us");
        let theirs = peers.iter().map(|peer| (peer.name(), of(figures, figure, peer.name())));
        let theirs = theirs.filter(|(_, values)| !values.is_empty());
        let best = theirs
            .map(|(name, values)| (name, median(values)))
            .min_by(|one, other| one.1.total_cmp(&other.1));
        let line = match best {
            Some((name, value)) => line.beside(name, value),
            None => line,
        };
        lines.push(line.at_most(AIM_CPU_US));
    }
    lines
}

fn of<'f>(figures: &'f Figures, figure: &'static str, whose: &'static str) -> &'f [f64] {
    figures.get(&(figure, whose)).map_or(&[], Vec::as_slice)
}
