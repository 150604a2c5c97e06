//! `runs start`: a run for a coordinator that runs apart from its workers.

use hafs_proto::people::{CreateRun, Page, WorkerView};
use hafs_proto::run::Batching;
use hafs_proto::task::Lane;
use hafs_proto::{ContentHash, Route, Run, RunSpec, RunState};

use super::run::wanted::{self, Wanted};
use crate::api::{Api, running};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Start a run as the configuration says, for workers that have joined the coordinator.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory runs start --target 500
  hafs-factory runs start --config nightly.toml --new --json
  hafs-factory runs start --at https://factory.example:8443 --token-file run.token

Sources, teachers and judges of the run must be offered by workers under the names that the
configuration gives them. `hafs-factory run` needs no such command: it is coordinator and worker.")]
pub struct Start {
    #[command(flatten)]
    wanted: Wanted,
    /// Start another run even if an equal one is unfinished.
    #[arg(long)]
    new: bool,
}

/// Starts it.
///
/// # Errors
/// [`Failure`] when the configuration asks for no run, no coordinator runs, or an equal run is unfinished.
pub async fn start(context: &Context, start: &Start) -> Result<(), Failure> {
    let config = context.config(&start.wanted.overrides())?;
    let (spec, config_fingerprint) = (wanted::spec(&config)?, config.fingerprint());
    let Some(api) = running(context, &config).await? else {
        return Err(Failure::new(Exit::Failed, "no coordinator is running on this library").remedy(
            "start `hafs-coordinator`, or name one with --at and --token-file; on one machine `hafs-factory run` is all \
             that is needed",
        ));
    };
    if !start.new {
        refuse_equal(&api, config_fingerprint).await?;
    }
    let run: Run = api.post("/v1/runs", &CreateRun { spec, config_fingerprint }).await?;
    for missing in not_offered(&run.spec, &api.get("/v1/workers", &[]).await?) {
        context.out.note(format!("no worker that is here offers {missing}; the run waits for one that does"));
    }
    context.out.result(&run, |run| {
        format!(
            "{} is started.\n\nNext:\n  hafs-factory watch --run {}{}",
            run.id,
            run.id,
            context.repeated_options()
        )
    })
}

async fn refuse_equal(api: &Api, fingerprint: ContentHash) -> Result<(), Failure> {
    let runs: Page<Run> = api.get("/v1/runs", &[]).await?;
    let open = |run: &&Run| matches!(run.state, RunState::Running | RunState::Paused);
    let equal = |run: &&Run| run.config_fingerprint == fingerprint;
    let Some(run) = runs.items.iter().filter(open).find(equal) else { return Ok(()) };
    let message = format!("{} is an equal run and is {}", run.id, run.state.word());
    let remedy = if run.state == RunState::Paused {
        format!("`hafs-factory runs resume {}` lets it go on; --new starts another beside it", run.id)
    } else {
        "--new starts another beside it".to_owned()
    };
    Err(Failure::new(Exit::Failed, message).remedy(remedy))
}

/// What a run needs and no worker with a sign of life offers.
fn not_offered(spec: &RunSpec, workers: &Page<WorkerView>) -> Vec<Route> {
    let here = workers.items.iter().filter(|worker| worker.alive).flat_map(|worker| &worker.pools);
    let offered: Vec<&Route> = here.flat_map(|pool| &pool.routes).collect();
    let lane = if spec.batch == Batching::Only { Lane::Batch } else { Lane::Now };
    let sources = spec.sources.iter().cloned().map(Route::Source);
    let teachers = spec.teachers.iter().chain(&spec.judges).cloned().map(|teacher| lane.route(teacher));
    sources.chain(teachers).filter(|route| !offered.contains(&route)).collect()
}
