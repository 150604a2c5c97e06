//! `status`: the factory as a whole.

use std::time::Duration;

use hafs_proto::people::{RunView, Status};

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape, length, table};

/// Shows it.
///
/// # Errors
/// [`Failure`] when there is no library.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let status: Status = ask(context, &config, async |api| Ok(api.get("/v1/status", &[]).await?)).await?;
    context.out.result(&status, render)?;
    Ok(Exit::Done)
}

fn render(status: &Status) -> String {
    let oldest = length(Duration::from_millis(status.oldest_ready_ms));
    let queue = format!(
        "Queue: {} ready (oldest {oldest}), {} delayed, {} leased. Workers with a sign of life: {}.",
        count(status.ready),
        count(status.delayed),
        count(status.leased),
        status.workers
    );
    if status.runs.is_empty() {
        return format!("{queue}\nNo run yet: `hafs-factory run PATH` starts one.");
    }
    format!("{queue}\n\n{}", runs(&status.runs))
}

/// Runs as a table.
#[must_use]
pub fn runs(views: &[RunView]) -> String {
    let mut table =
        table(&["run", "name", "state", "accepted", "rejected", "failed", "tokens out", "cost", "because"]);
    for RunView { run, progress } in views {
        table.add_row([
            run.id.to_string(),
            escape(&run.spec.name),
            run.state.word().to_owned(),
            format!("{} of {}", count(progress.accepted), count(u64::from(progress.target))),
            count(progress.rejected),
            count(progress.failed),
            count(progress.output_tokens),
            progress.cost.to_string(),
            run.ended_because.as_deref().map(escape).unwrap_or_default(),
        ]);
    }
    table.to_string()
}
