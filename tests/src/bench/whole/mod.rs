//! The whole path: coordinator, library with fsync and worker over loopback HTTP, against a teacher of fixed
//! latency in a process of its own, beside a bare loop that makes the same requests to the same teacher.

mod bare;
mod factory;
mod gauge;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use super::api::Api;
use super::numbers::{float, mebibytes, median};
use super::report::{Line, Section};
use super::{Order, scratch};
use crate::plant;
use crate::process::Process;
use bare::Bare;
use factory::Window;

/// Share of the bare loop's rate that is aimed for at the longer latency.
const RATE: f64 = 0.9;
/// Processor milliseconds of a sample that are aimed for.
const CPU_MS: f64 = 1.0;

/// A teacher like a fast service, with as many calls as a service allows.
pub(super) const STEADY: Load = Load { latency: Duration::from_millis(100), calls: 64, aimed: true };
/// A teacher faster than any, so that the factory itself is what limits.
pub(super) const RUSH: Load = Load { latency: Duration::from_millis(10), calls: 512, aimed: false };

/// One setting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    latency: Duration,
    calls: u32,
    /// Whether the share of the bare loop's rate is an aim here.
    aimed: bool,
}

/// One round of one setting.
struct Round {
    factory: Window,
    bare: Bare,
}

pub(super) async fn measure(order: &Order, load: Load) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for _ in 0..order.effort.pick(3, 1) {
        rounds.push(round(order, load).await?);
    }
    Ok(section(load, &rounds))
}

/// Both take turns, so that a busy moment of the machine does not fall on one of them alone.
async fn round(order: &Order, load: Load) -> anyhow::Result<Round> {
    let home = scratch(&order.folder)?;
    let teacher = Teacher::start(home.path(), load.latency).await?;
    let samples = order.effort.pick(8_000, 1_500);
    let factory = factory::measure(home.path(), &teacher, load, samples).await?;
    let time = Duration::from_secs(order.effort.pick(8, 2));
    let bare = bare::measure(&teacher, load.calls, time).await?;
    Ok(Round { factory, bare })
}

/// The teacher's process.
struct Teacher {
    process: Process,
    address: SocketAddr,
}

impl Teacher {
    async fn start(home: &Path, latency: Duration) -> anyhow::Result<Self> {
        let address = plant::free_address();
        let (listen, latency) = (address.to_string(), latency.as_millis().to_string());
        let args = ["teacher", "--listen", &listen, "--latency-ms", &latency];
        let process = Process::start("hafs-bench", home, &args);
        let api = Api::new(address, "");
        let mut answer = api.get("/v1/models").await;
        for _ in 0..500 {
            if answer.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            answer = api.get("/v1/models").await;
        }
        answer.map(|_| Self { process, address })
    }
}

fn section(load: Load, rounds: &[Round]) -> Section {
    let of = |what: fn(&Round) -> f64| median(&rounds.iter().map(what).collect::<Vec<_>>());
    let ideal = f64::from(load.calls) / load.latency.as_secs_f64();
    let rate = Line::new("accepted samples per second", of(|round| round.factory.rate), "/s")
        .beside("bare loop", of(|round| round.bare.rate));
    let rate = if load.aimed { rate.at_least_of_baseline(RATE) } else { rate };
    let cpu = |round: &Round| round.factory.coordinator_ms + round.factory.worker_ms;
    let lines = vec![
        rate,
        Line::new("share of the bare loop, worst round", worst(rounds), ""),
        Line::new("calls per second without any overhead", ideal, "/s"),
        Line::new("CPU of coordinator and worker per sample", of(cpu), "ms")
            .beside("bare loop, per call", of(|round| round.bare.cpu_ms))
            .at_most(CPU_MS),
        Line::new("  of the coordinator", of(|round| round.factory.coordinator_ms), "ms"),
        Line::new("  of the worker", of(|round| round.factory.worker_ms), "ms"),
        Line::new("CPU of the teacher per call", of(|round| round.factory.teacher_ms), "ms")
            .beside("bare loop", of(|round| round.bare.teacher_ms)),
        Line::new("results to their commit, p50", of(|round| round.factory.commit_ms[0]), "ms"),
        Line::new("results to their commit, p99", of(|round| round.factory.commit_ms[1]), "ms"),
        Line::new(
            "memory of the coordinator at the end",
            of(|round| mebibytes(round.factory.resident[0])),
            "MiB",
        ),
        Line::new("memory of the worker at the end", of(|round| mebibytes(round.factory.resident[1])), "MiB"),
        Line::new("cores that other programs kept busy", of(|round| round.factory.others), "")
            .beside("bare loop", of(|round| round.bare.others)),
    ];
    let (ms, rounds) = (load.latency.as_millis(), rounds.len());
    let title = format!("Whole path at {ms} ms and {} calls at once (median of {rounds} rounds)", load.calls);
    Section { title, lines }
}

fn worst(rounds: &[Round]) -> f64 {
    let shares = rounds.iter().map(|round| round.factory.rate / round.bare.rate.max(float(1)));
    shares.min_by(f64::total_cmp).unwrap_or_default()
}
