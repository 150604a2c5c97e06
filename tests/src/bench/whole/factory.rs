//! The factory as two processes, watched while it works.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use hafs_proto::RunSpec;
use hafs_runtime::clock::Stopwatch;

use super::gauge::{Counters, CpuGauge};
use super::{Load, Teacher};
use crate::bench::api::Api;
use crate::bench::{fill, os};
use crate::plant::{self, Plan};
use crate::process::Process;
use crate::{client, scripted};

/// Most slots of one provider: what one claim can ask for.
const SLOTS: u32 = 256;
/// Longest time that a round may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at the counters.
const LOOK: Duration = Duration::from_millis(50);

/// The factory between its first tenth of the samples and its last one.
#[derive(Debug)]
pub(super) struct Window {
    /// Accepted samples per second.
    pub(super) rate: f64,
    /// Processor milliseconds of a sample.
    pub(super) coordinator_ms: f64,
    pub(super) worker_ms: f64,
    pub(super) teacher_ms: f64,
    /// From the arrival of a batch of results to the commit that holds it, p50 and p99.
    pub(super) commit_ms: [f64; 2],
    /// Bytes resident at the end: coordinator, worker.
    pub(super) resident: [u64; 2],
    /// Cores that other programs kept busy.
    pub(super) others: f64,
}

/// Runs the factory in `home` until it has so many samples.
pub(super) async fn measure(
    home: &Path,
    teacher: &Teacher,
    load: Load,
    samples: u32,
) -> anyhow::Result<Window> {
    let config = build(home, teacher, load);
    let config = config.to_string_lossy();
    // More seeds than samples, so that the last calls have work too.
    let library = fill::open(&home.join("data"))?;
    fill::seeds(&library, usize::try_from(samples + samples / 4)?).await?;
    drop(library);
    let coordinator = Process::start("hafs-coordinator", home, &["--config", &config]);
    let api = Api::reach(&home.join("data")).await?;
    let join = api.join_token().await?;
    let worker =
        Process::start("hafs-worker", home, &["--config", &config, "--join-token", &join, "--name", "bench"]);
    api.start(&spec(load, samples)?).await?;
    watch(&api, samples, [coordinator.id(), worker.id(), teacher.process.id()]).await
}

fn build(home: &Path, teacher: &Teacher, load: Load) -> std::path::PathBuf {
    let url = format!("http://{}/v1", teacher.address);
    let more: String = (1..providers(load)).map(|nth| provider(nth, &url, slots(load))).collect();
    plant::build(&Plan {
        home,
        teacher: &url,
        sections: 1,
        target: 1,
        slots: usize::try_from(slots(load)).unwrap_or(usize::MAX),
        listen: plant::free_address(),
        more: &more,
    })
}

/// One claim gives at most [`SLOTS`] tasks, so more calls at once are spread over several providers.
fn providers(load: Load) -> u32 {
    load.calls.div_ceil(SLOTS)
}

fn slots(load: Load) -> u32 {
    load.calls / providers(load)
}

fn provider(nth: u32, url: &str, slots: u32) -> String {
    let model = scripted::MODEL;
    format!(
        "\n[[providers]]\nname = \"scripted-{nth}\"\nkind = \"openai\"\nbase_url = \"{url}\"\nslots = {slots}\npreflight = \"list\"\n\
         timeout_s = 20\nidle_timeout_s = 5\n\n[[providers.models]]\nname = \"{model}\"\nrole = [\"generate\"]\n"
    )
}

fn spec(load: Load, samples: u32) -> anyhow::Result<RunSpec> {
    let mut spec = client::spec();
    spec.target = samples;
    for nth in 1..providers(load) {
        spec.teachers.push(format!("scripted-{nth}/{}", scripted::MODEL).parse()?);
    }
    Ok(spec)
}

async fn watch(api: &Api, samples: u32, pids: [u32; 3]) -> anyhow::Result<Window> {
    let [coordinator, worker, _] = pids;
    let tenth = f64::from(samples) / 10.0;
    let patience = Stopwatch::start();
    let first = reach(api, tenth, patience).await?;
    let gauge = CpuGauge::start(pids.into_iter().chain([std::process::id()]).collect())?;
    let last = reach(api, tenth * 9.0, patience).await?;
    let span = gauge.span()?;
    let resident = [os::memory(coordinator)?.resident, os::memory(worker)?.resident];
    let (accepted, generated) = (last.accepted - first.accepted, last.generated - first.generated);
    ensure!(accepted > 0.99 * generated, "only {accepted} of {generated} samples were accepted");
    let per_sample = |nth: usize| span.used.get(nth).map_or(f64::NAN, |seconds| seconds * 1e3 / accepted);
    Ok(Window {
        rate: accepted / span.seconds,
        coordinator_ms: per_sample(0),
        worker_ms: per_sample(1),
        teacher_ms: per_sample(2),
        commit_ms: [last.commit_ms(&first, 0.5), last.commit_ms(&first, 0.99)],
        resident,
        others: span.others,
    })
}

/// Looks until so many samples are accepted.
async fn reach(api: &Api, samples: f64, patience: Stopwatch) -> anyhow::Result<Counters> {
    loop {
        let counters = Counters::read(&api.get("/metrics").await?)?;
        if counters.accepted >= samples {
            return Ok(counters);
        }
        let waited = patience.elapsed();
        ensure!(waited < PATIENCE, "{} of {samples} samples after {waited:?}", counters.accepted);
        tokio::time::sleep(LOOK).await;
    }
}
