//! From the start of a coordinator's process to the answer of the first claim.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use hafs_proto::worker::{ClaimReply, ClaimRequest, PoolVacancy, RegisterReply};
use hafs_proto::{BoundedText, RunSpec};
use hafs_runtime::clock::Stopwatch;
use tokio::net::TcpStream;

use super::api::Api;
use super::numbers::{median, millis, percentile};
use super::report::{Line, Section};
use super::{Order, fill, scratch};
use crate::client;
use crate::plant::{self, Plan};
use crate::process::{Process, program};

/// Open tasks of the library that is started on.
const TASKS: usize = 1_000;
/// Milliseconds that are aimed for.
const AIM_MS: f64 = 300.0;
/// Longest time of one start.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn measure(order: &Order) -> anyhow::Result<Section> {
    let home = scratch(&order.folder)?;
    let library = fill::open(&home.path().join("data"))?;
    fill::tasks(&library, &RunSpec { target: 10_000_000, ..client::spec() }, TASKS).await?;
    drop(library);
    let credential = join(home.path()).await?;
    let (mut starts, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..order.effort.pick(15, 5) {
        bare.push(millis(bare_start()?));
        starts.push(millis(first_claim(home.path(), &credential).await?));
    }
    let lines = vec![
        Line::new("start to first claim answered, p50", median(&starts), "ms")
            .beside("the program prints its version", median(&bare))
            .at_most(AIM_MS),
        Line::new("start to first claim answered, p90", percentile(&starts, 0.9), "ms"),
    ];
    let title =
        format!("Start of a coordinator on a library with {TASKS} open tasks ({} starts)", starts.len());
    Ok(Section { title, lines })
}

/// Starts the coordinator on an address of its own. The one before was killed, so each start also recovers the
/// library's log and finds every task open again.
fn coordinator(home: &Path) -> (Process, std::net::SocketAddr) {
    let listen = plant::free_address();
    let teacher = "http://127.0.0.1:9/v1";
    let plan = Plan { home, teacher, sections: 1, target: 1, slots: 1, listen, more: "" };
    let config = plant::build(&plan);
    (Process::start("hafs-coordinator", home, &["--config", &config.to_string_lossy()]), listen)
}

/// Registers a worker once and returns its own credential.
async fn join(home: &Path) -> anyhow::Result<String> {
    let (coordinator, _) = coordinator(home);
    let api = Api::reach(&home.join("data")).await?;
    let joining = api.with_token(api.join_token().await?);
    let reply: RegisterReply = joining.post("/v1/workers/register", &client::registration()).await?;
    drop(coordinator);
    reply.credential.map(String::from).context("the worker got no credential")
}

/// Starts the coordinator and does what a worker that comes back does: registers with its credential, claims.
async fn first_claim(home: &Path, credential: &str) -> anyhow::Result<Duration> {
    let watch = Stopwatch::start();
    let (_coordinator, address) = coordinator(home);
    while TcpStream::connect(address).await.is_err() {
        ensure!(watch.elapsed() < PATIENCE, "the coordinator does not listen within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let api = Api::new(address, credential);
    let _: RegisterReply = api.post("/v1/workers/register", &client::registration()).await?;
    let request = ClaimRequest {
        claim: client::ids().mint(),
        vacancies: vec![PoolVacancy { pool: BoundedText::clipped("all"), free: 1 }],
        wait_ms: 10_000,
        holding: Vec::new(),
        residency: None,
    };
    let reply: ClaimReply = api.post("/v1/workers/claim", &request).await?;
    let elapsed = watch.elapsed();
    ensure!(!reply.tasks.is_empty(), "the first claim gave no task: {:?}", reply.reasons);
    Ok(elapsed)
}

/// How long the machine takes to start and end the program at all.
fn bare_start() -> anyhow::Result<Duration> {
    let watch = Stopwatch::start();
    let status = Command::new(program("hafs-coordinator")).arg("--version").stdout(Stdio::null()).status()?;
    ensure!(status.success(), "`hafs-coordinator --version` failed");
    Ok(watch.elapsed())
}
