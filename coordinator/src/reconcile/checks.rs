//! Gives up checks that no worker can make any more, so that their samples are decided and their runs end.

use hafs_library::tables::tasks::{self, Closed};
use hafs_proto::{Task, TaskKind, TaskSpec};
use tracing::warn;

use super::PassError;
use crate::app::App;
use crate::work::checking;
use crate::work::effects::Effects;
use crate::work::results;

/// Checks looked at in one pass.
const BATCH: u32 = 200;

pub(super) async fn pass(app: &App) -> Result<(), PassError> {
    let core = App::clone(app);
    let lost = app
        .library
        .read(move |tx| {
            let mut lost = Vec::new();
            for open in tasks::open_of_kind(tx, TaskKind::Check, BATCH)? {
                if !checking::offered(tx, &core, &open.spec.route())? {
                    lost.push(open);
                }
            }
            Ok(lost)
        })
        .await?;
    for task in lost {
        give_up(app, task).await?;
    }
    Ok(())
}

async fn give_up(app: &App, task: Task) -> Result<(), PassError> {
    warn!(task.id = %task.id, task.route = %task.spec.route(), "no worker is left for a check; its sample is decided without it");
    let run = app.runs.get(&app.library, task.run).await?;
    let core = App::clone(app);
    let effects = app
        .library
        .write(move |tx| {
            let mut effects = Effects::default();
            let closed = tasks::cancel(tx, task.id, core.clock.now())?;
            if let (Closed::Now, TaskSpec::Check(spec)) = (closed, &task.spec) {
                effects.closed.push(task.id);
                results::settle(tx, &core, &run, spec.sample.id, &mut effects)?;
            }
            Ok(effects)
        })
        .await?;
    effects.apply(app).await;
    Ok(())
}
