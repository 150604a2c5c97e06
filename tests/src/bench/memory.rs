//! Resident memory: an idle coordinator, one with many open tasks, an idle worker, beside the smallest server here.

use std::path::Path;
use std::time::Duration;

use hafs_proto::RunSpec;

use super::api::Api;
use super::numbers::mebibytes;
use super::report::{Line, Section};
use super::{Order, fill, os, scratch};
use crate::client;
use crate::plant::{self, Plan};
use crate::process::Process;

/// Megabytes that are aimed for.
const IDLE: f64 = 60.0;
const FULL: f64 = 150.0;
/// Time for the first passes of all reconcilers.
const SETTLE: Duration = Duration::from_secs(4);

pub(super) async fn measure(order: &Order) -> anyhow::Result<Section> {
    let tasks = order.effort.pick(100_000, 10_000);
    let idle = scratch(&order.folder)?;
    let (idle, worker, teacher) = idle_pair(idle.path()).await?;
    let full = scratch(&order.folder)?;
    let library = fill::open(&full.path().join("data"))?;
    fill::tasks(&library, &RunSpec { target: 10_000_000, ..client::spec() }, tasks).await?;
    drop(library);
    let (coordinator, _) = start(full.path(), "http://127.0.0.1:9/v1").await?;
    tokio::time::sleep(SETTLE).await;
    let full = os::memory(coordinator.id())?;
    let server = mebibytes(teacher.resident);
    let lines = vec![
        Line::new("idle coordinator", mebibytes(idle.resident), "MiB")
            .beside("bare server", server)
            .at_most(IDLE),
        Line::new(format!("coordinator with {tasks} open tasks"), mebibytes(full.resident), "MiB")
            .beside("idle", mebibytes(idle.resident))
            .at_most(FULL),
        Line::new("  its peak, while it started", mebibytes(full.peak), "MiB"),
        Line::new("idle worker", mebibytes(worker.resident), "MiB").beside("bare server", server),
    ];
    Ok(Section { title: "Resident memory".to_owned(), lines })
}

/// Coordinator, worker and teacher that have nothing to do.
async fn idle_pair(home: &Path) -> anyhow::Result<(os::Memory, os::Memory, os::Memory)> {
    let listen = plant::free_address();
    let args = ["teacher", "--listen", &listen.to_string(), "--latency-ms", "0"];
    let teacher = Process::start("hafs-bench", home, &args);
    let (coordinator, config) = start(home, &format!("http://{listen}/v1")).await?;
    let join = Api::reach(&home.join("data")).await?.join_token().await?;
    let worker = Process::start("hafs-worker", home, &["--config", &config, "--join-token", &join]);
    tokio::time::sleep(SETTLE).await;
    Ok((os::memory(coordinator.id())?, os::memory(worker.id())?, os::memory(teacher.id())?))
}

async fn start(home: &Path, teacher: &str) -> anyhow::Result<(Process, String)> {
    let listen = plant::free_address();
    let plan = Plan { home, teacher, sections: 1, target: 1, slots: 4, listen, more: "" };
    let config = plant::build(&plan).to_string_lossy().into_owned();
    let coordinator = Process::start("hafs-coordinator", home, &["--config", &config]);
    Api::reach(&home.join("data")).await?;
    Ok((coordinator, config))
}
