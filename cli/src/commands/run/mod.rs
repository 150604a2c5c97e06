//! `run`: coordinator and worker in one process, from a source to a data set.

mod bar;
mod choice;
mod ending;
mod follow;
mod lines;
mod pace;
pub mod prepare;
mod programs;
mod reading;
pub mod summary;
pub mod wanted;

use std::path::PathBuf;
use std::time::Duration;

use hafs_runtime::shutdown::{self, Shutdown};
use hafs_worker::{Introduction, Trust};

use crate::compose::coordinator::Serving;
use crate::compose::worker::{Leave, Working};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::parse_length;
use follow::{Ended, Following};
use prepare::Prepared;
use wanted::Wanted;

/// Mine a repository or folder, have samples written and judged, and export a data set.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A git repository or a folder of documents and code [default: the configured sources, else the working folder].
    path: Option<PathBuf>,
    #[command(flatten)]
    wanted: Wanted,
    /// Start another run even if an equal one is unfinished.
    #[arg(long)]
    new: bool,
    /// End after this time, such as 12m, with what there is.
    #[arg(long, value_name = "TIME", value_parser = parse_length)]
    time_limit: Option<Duration>,
    /// Write no data set at the end.
    #[arg(long)]
    no_export: bool,
    /// Only say what the run will cost.
    #[arg(long)]
    plan: bool,
}

const EXAMPLES: &str = "Examples:
  hafs-factory run                                  this folder, with what is found or configured
  hafs-factory run ~/src/project --target 50 --time-limit 12m
  hafs-factory run . --teacher ollama/qwen2.5-coder:14b --judge ollama/llama3.1:8b
  hafs-factory run . --set run.max_tokens=256 --set gates.min_output_chars=40

The same command again goes on with a run that was interrupted; nothing that was paid for is paid for again.
Ctrl-C finishes what is under way and stops; a second Ctrl-C stops at once.";

/// Runs until the target is reached, nothing is left to try, the time is up or a signal comes.
///
/// # Errors
/// [`Failure`] when something is wrong before the start, breaks on the way, or nothing was accepted.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    if args.plan {
        let (config, spec) = prepare::wanted(context, &args.wanted, args.path.as_deref()).await?;
        return super::plan::show(context, &config, spec).await;
    }
    let prepared = prepare::prepare(context, args).await?;
    let signals = shutdown::listen()?;
    let serving = Serving::start(context, &prepared.config).await?;
    let outcome = produce(context, args, prepared, &serving, &signals).await;
    let stopped = serving.stop(&signals).await;
    let exit = outcome?;
    stopped?;
    Ok(exit)
}

async fn produce(
    context: &Context,
    args: &Args,
    prepared: Prepared,
    serving: &Serving,
    signals: &Shutdown,
) -> Result<Exit, Failure> {
    let Prepared { config, spec, mut setup, measured, http } = prepared;
    let wish = if args.new { choice::Wish::StartNew } else { choice::Wish::GoOn };
    let chosen = choice::settle(context, &serving.api, (spec, config.fingerprint()), wish).await?;
    setup.settings.coordinator.clone_from(&serving.url);
    setup.settings.introduction = Introduction::Told;
    setup.settings.trust = serving.pin.map_or(Trust::Remembered, Trust::Pin);
    setup.settings.join = Some(serving.join.clone());
    setup.settings.drain_timeout = config.coordinator.drain_timeout_s;
    let mut working = Working::start(setup, measured, http, context.env.clone())?;
    let mut following = Following::new(context, &serving.api, &chosen, args.time_limit);
    let ended = following.until_the_end(&mut working, signals).await;
    let leave = match &ended {
        Ok(Ended::Run) => Leave::HandingBack,
        Ok(Ended::TimeLimit | Ended::Interrupted | Ended::WorkerLeft) | Err(_) => Leave::Finishing,
    };
    let left = working.leave(leave, signals).await;
    following.finish();
    let ended = ended?;
    left?;
    let ending = ending::Ending { context, config: &config, api: &serving.api, run: chosen.run.id, args };
    ending.write(ended, following.elapsed()).await
}
