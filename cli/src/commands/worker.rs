//! `worker`: only a worker, for a coordinator on another machine. The same as `hafs-worker`, with the embedded
//! engine.

use hafs_runtime::shutdown;
use hafs_worker::Introduction;
use hafs_worker::command::FirstStart;
use hafs_worker::config::Setup;
use serde_json::json;

use crate::compose::worker::{Leave, Working};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Work for a coordinator on another machine, with the embedded engine too.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory worker --join-file join.link
  hafs-factory worker --coordinator https://factory.example:8443 --join-token-file join.token
  hafs-factory worker")]
pub struct Args {
    /// Its address [default: `worker.coordinator`].
    #[arg(long, value_name = "URL")]
    coordinator: Option<String>,
    /// How to join at the first start.
    #[command(flatten)]
    first: FirstStart,
}

/// Works until a signal or the coordinator ends it.
///
/// # Errors
/// [`Failure`] when nothing is there to work with or the coordinator does not let it in.
pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let mut setup = Setup::of(&config);
    if let Some(coordinator) = args.coordinator {
        setup.settings.coordinator = coordinator;
        setup.settings.introduction = Introduction::Told;
    }
    args.first.apply(&mut setup.settings).map_err(|error| Failure::with_exit(Exit::Usage, &error))?;
    let http = context.http()?;
    let measured = setup.measure(http.clone()).await?;
    for missing in &measured.missing {
        context.out.note(format!("not to be had: {missing}"));
    }
    let signals = shutdown::listen()?;
    let mut working = Working::start(setup, measured, http, context.env.clone())?;
    let summary = tokio::select! {
        ended = working.ended() => Some(ended?),
        () = signals.drain.cancelled() => working.leave(Leave::Finishing, &signals).await?,
    };
    let exit = if signals.drain.is_cancelled() { Exit::Interrupted } else { Exit::Done };
    if let Some(summary) = summary {
        let (tally, left) = (summary.tally, summary.left_in_spool);
        context.out.result(&json!({ "tally": tally, "left_in_spool": left }), |_| {
            format!(
                "{} results delivered, {} handed back, {left} left in the spool.",
                tally.accepted, tally.released
            )
        })?;
    }
    Ok(exit)
}
