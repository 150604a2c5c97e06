//! `runs`: start, list, show, pause, resume, cancel.

use hafs_proto::people::{Page, RunView};
use hafs_proto::{Run, RunId};
use serde_json::json;

use crate::api::ask;
use crate::commands::run::summary;
use crate::commands::start;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{escape, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory runs list
  hafs-factory runs start --target 500
  hafs-factory runs show run_0198c0de…
  hafs-factory runs pause run_0198c0de…";

/// What to do with runs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Start a run as the configuration says, for workers that have joined the coordinator.
    Start(start::Start),
    /// Runs, newest first.
    List,
    /// A run and how far it is.
    Show {
        /// The run.
        run: RunId,
    },
    /// Hold a run back: nothing new is handed out.
    Pause {
        /// The run.
        run: RunId,
    },
    /// Let a paused run go on.
    Resume {
        /// The run.
        run: RunId,
    },
    /// Call a run off for good.
    Cancel {
        /// The run.
        run: RunId,
    },
}

/// Does it.
///
/// # Errors
/// [`Failure`] when there is no such run or its state does not allow it.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Start(args) => start::start(context, &args).await?,
        Command::List => list(context).await?,
        Command::Show { run } => show(context, run).await?,
        Command::Pause { run } => order(context, run, "pause", "paused").await?,
        Command::Resume { run } => order(context, run, "resume", "running").await?,
        Command::Cancel { run } => order(context, run, "cancel", "cancelled").await?,
    }
    Ok(Exit::Done)
}

async fn list(context: &Context) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let page: Page<Run> = ask(context, &config, async |api| Ok(api.get("/v1/runs", &[]).await?)).await?;
    context.out.result(&page, |page| {
        let mut table = table(&["run", "name", "state", "target", "started", "because"]);
        for run in &page.items {
            table.add_row([
                run.id.to_string(),
                escape(&run.spec.name),
                run.state.word().to_owned(),
                run.spec.target.to_string(),
                run.created_at.to_string(),
                run.ended_because.as_deref().map(escape).unwrap_or_default(),
            ]);
        }
        table.to_string()
    })
}

async fn show(context: &Context, run: RunId) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let path = format!("/v1/runs/{run}");
    let view: RunView = ask(context, &config, async |api| Ok(api.get(&path, &[]).await?)).await?;
    context.out.result(&view, |view| summary::of_run(view).to_string())
}

async fn order(context: &Context, run: RunId, verb: &str, state: &str) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let path = format!("/v1/runs/{run}/{verb}");
    ask(context, &config, async |api| Ok(api.order(&path).await?)).await?;
    context.out.result(&json!({ "run": run, "state": state }), |_| format!("{run} is {state}."))
}
