//! `tasks redrive`: dead tasks get new attempts.

use hafs_proto::people::{Page, TaskView};
use hafs_proto::task::TaskState;
use hafs_proto::{Reason, RunId, TaskId};
use hafs_runtime::config::Config;
use serde::Serialize;

use crate::api::{Api, ApiError, ask};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape};

/// Dead tasks of a run that are looked at; more than any run of a million samples may lose.
const MOST: usize = 100_000;

/// Give dead tasks new attempts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory tasks redrive task_0198c0de… task_0198c0df…
  hafs-factory tasks redrive --run run_0198c0de…
  hafs-factory tasks redrive --run run_0198c0de… --reason provider_error --json

A run that had ended goes on with them as soon as somebody works for it; one that was called off does not.")]
pub struct Args {
    /// The tasks.
    #[arg(required_unless_present = "run", conflicts_with = "run", value_name = "TASK")]
    tasks: Vec<TaskId>,
    /// All dead tasks of this run.
    #[arg(long)]
    run: Option<RunId>,
    /// Only those that were given up for this reason.
    #[arg(long, requires = "run")]
    reason: Option<Reason>,
}

/// What became of the tasks.
#[derive(Debug, Default, Serialize)]
struct Redriven {
    redriven: Vec<TaskId>,
    refused: Vec<Refused>,
}

/// A task that stays as it is.
#[derive(Debug, Serialize)]
struct Refused {
    task: TaskId,
    why: String,
}

/// Redrives them, each for itself, and says what became of each.
///
/// # Errors
/// [`Failure`] when there is nothing to redrive or the coordinator refuses some; the others have their attempts.
pub async fn run(context: &Context, config: &Config, args: Args) -> Result<(), Failure> {
    let done = ask(context, config, async |api| redrive(api, args).await).await?;
    context.out.result(&done, |done| {
        let refused =
            done.refused.iter().map(|it| format!("{} stays as it is: {}", it.task, escape(&it.why)));
        let given = done.redriven.iter().map(|task| format!("{task} has new attempts."));
        given.chain(refused).collect::<Vec<_>>().join("\n")
    })?;
    if done.refused.is_empty() {
        return Ok(());
    }
    let (refused, all) = (done.refused.len(), done.refused.len() + done.redriven.len());
    let message = format!("{} of {} tasks were not redriven", count(refused as u64), count(all as u64));
    Err(Failure::new(Exit::Failed, message)
        .remedy("`hafs-factory tasks list --state dead` shows those that can be; `tasks show TASK` says where one stands"))
}

async fn redrive(api: &Api, args: Args) -> Result<Redriven, Failure> {
    let tasks = match args.run {
        Some(run) => dead(api, run, args.reason).await?,
        None => args.tasks,
    };
    let mut done = Redriven::default();
    for task in tasks {
        match api.order(&format!("/v1/tasks/{task}/redrive")).await {
            Ok(()) => done.redriven.push(task),
            Err(ApiError::Refused(problem)) => done.refused.push(Refused { task, why: problem.to_string() }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

/// The dead tasks of a run, given up for `reason` if that is asked for.
async fn dead(api: &Api, run: RunId, reason: Option<Reason>) -> Result<Vec<TaskId>, Failure> {
    let query = [("run", run.to_string()), ("state", "dead".to_owned())];
    let page: Page<TaskView> = api.list("/v1/tasks", &query, MOST).await?;
    let wanted = page.items.iter().filter(|view| reason.is_none() || given_up_for(&view.state) == reason);
    let tasks: Vec<TaskId> = wanted.map(|view| view.task.id).collect();
    if tasks.is_empty() {
        let of = reason.map(|reason| format!(" for {reason}")).unwrap_or_default();
        let message = format!("no task of {run} was given up{of}");
        return Err(Failure::new(Exit::Failed, message).remedy(format!(
            "`hafs-factory tasks list --run {run} --state dead` shows what was given up, `tasks show TASK` why"
        )));
    }
    Ok(tasks)
}

const fn given_up_for(state: &TaskState) -> Option<Reason> {
    match state {
        TaskState::Dead { reason, .. } => Some(reason.reason),
        TaskState::Ready { .. }
        | TaskState::Leased { .. }
        | TaskState::Done { .. }
        | TaskState::Cancelled { .. } => None,
    }
}
