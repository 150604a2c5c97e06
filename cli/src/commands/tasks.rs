//! `tasks`: list, show, redrive.

use hafs_proto::people::{AttemptView, Page, TaskView};
use hafs_proto::{RunId, TaskId};

use super::redrive;
use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{escape, one_line, pairs, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory tasks list --state dead
  hafs-factory tasks show task_0198c0de…
  hafs-factory tasks redrive task_0198c0de…";

/// What to do with tasks.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Tasks, newest first.
    List(Filter),
    /// A task with what was tried.
    Show {
        /// The task.
        task: TaskId,
    },
    /// Give dead tasks new attempts.
    Redrive(redrive::Args),
}

/// Which tasks.
#[derive(Debug, clap::Args)]
pub struct Filter {
    /// Of this run.
    #[arg(long)]
    run: Option<RunId>,
    /// Of this kind.
    #[arg(long, value_parser = ["harvest", "generate", "check", "judge", "embed", "augment"])]
    kind: Option<String>,
    /// In this state.
    #[arg(long, value_parser = ["open", "done", "dead", "cancelled"])]
    state: Option<String>,
    /// At most this many.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// Does it.
///
/// # Errors
/// [`Failure`] when there is no such task.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    match command {
        Command::List(filter) => {
            let query = query(&filter);
            let page: Page<TaskView> =
                ask(context, &config, async |api| Ok(api.list("/v1/tasks", &query, filter.limit).await?))
                    .await?;
            context.out.result(&page, rows)?;
        }
        Command::Show { task } => {
            let path = format!("/v1/tasks/{task}");
            let view: TaskView = ask(context, &config, async |api| Ok(api.get(&path, &[]).await?)).await?;
            context.out.result(&view, one)?;
        }
        Command::Redrive(args) => redrive::run(context, &config, args).await?,
    }
    Ok(Exit::Done)
}

fn query(filter: &Filter) -> Vec<(&'static str, String)> {
    let run = filter.run.iter().map(|run| ("run", run.to_string()));
    let kind = filter.kind.iter().map(|kind| ("kind", kind.clone()));
    let state = filter.state.iter().map(|state| ("state", state.clone()));
    run.chain(kind).chain(state).collect()
}

fn rows(page: &Page<TaskView>) -> String {
    let mut table = table(&["task", "kind", "state", "needs", "planned"]);
    for view in &page.items {
        table.add_row([
            view.task.id.to_string(),
            view.task.kind().word().to_owned(),
            view.state.word().to_owned(),
            view.task.route().to_string(),
            view.task.created_at.to_string(),
        ]);
    }
    table.to_string()
}

fn one(view: &TaskView) -> String {
    let facts = pairs([
        ("task", view.task.id.to_string()),
        ("run", view.task.run.to_string()),
        ("kind", view.task.kind().word().to_owned()),
        ("needs", view.task.route().to_string()),
        ("state", view.state.word().to_owned()),
        ("planned", view.task.created_at.to_string()),
    ]);
    format!("{facts}\n\n{}", attempts(&view.attempts))
}

/// Attempts as a table.
#[must_use]
pub fn attempts(attempts: &[AttemptView]) -> String {
    if attempts.is_empty() {
        return "Nothing was tried yet.".to_owned();
    }
    let mut table = table(&["attempt", "at", "outcome", "calls", "tokens in/out", "latency", "detail"]);
    for attempt in attempts {
        let usage = attempt.calls.iter().map(|call| (call.usage.input, call.usage.output));
        let (input, output) = usage.fold((0, 0), |sum, usage| (sum.0 + usage.0, sum.1 + usage.1));
        let latency: u64 = attempt.calls.iter().map(|call| call.latency_ms).sum();
        let outcome =
            attempt.failure.map_or_else(|| escape(&attempt.outcome), |class| class.word().to_owned());
        table.add_row([
            attempt.id.to_string(),
            attempt.at.to_string(),
            outcome,
            attempt.calls.len().to_string(),
            format!("{input}/{output}"),
            format!("{latency} ms"),
            attempt.detail.as_deref().map(|detail| one_line(detail, 200)).unwrap_or_default(),
        ]);
    }
    table.to_string()
}
