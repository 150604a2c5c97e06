//! The queue as an index of the library: what it is built from, and when.

use hafs_domain::retry::Tries;
use hafs_library::tables::{budget, meta, runs, tasks};
use hafs_library::{StoreError, Tx};
use hafs_proto::{Generation, RunId, RunState};
use hafs_queue::{Entry, Pausable, QueueError};
use hafs_runtime::clock::Stopwatch;
use thiserror::Error;
use tracing::info;

use crate::app::Core;
use crate::settings::Mode;

/// Why the queue was not built.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The library.
    #[error("the open tasks of the library could not be read")]
    Library(#[from] StoreError),
    /// The queue.
    #[error("the queue did not take the open tasks of the library")]
    Queue(#[from] QueueError),
}

/// What became of a rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebuild {
    /// The queue serves in this generation.
    Done(Generation),
    /// Another coordinator has begun one since.
    ByAnother,
}

/// Makes the queue ready when a coordinator starts. A queue that lives on in a server is joined.
///
/// # Errors
/// [`IndexError`].
pub async fn begin(app: &Core) -> Result<(), IndexError> {
    match app.queue.stats().await {
        Ok(stats) => {
            info!(queue.generation = stats.generation.0, "joined a queue that is in use");
            Ok(())
        }
        Err(QueueError::Rebuilding) => {
            let generation = app.library.read(meta::generation).await?;
            match app.settings.mode {
                // Another coordinator that began at the same time is a good one too.
                Mode::Serve => rebuild(app, generation).await.map(drop),
                Mode::Inspect => fill(app, generation).await,
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Begins a new life of the queue with every open task of the library, after the generation `after`.
///
/// # Errors
/// [`IndexError`].
pub async fn rebuild(app: &Core, after: Generation) -> Result<Rebuild, IndexError> {
    let begin = move |tx: &mut dyn Tx| {
        if meta::generation(tx)? != after {
            return Ok(None);
        }
        budget::settle_closed(tx)?;
        meta::next_generation(tx).map(Some)
    };
    let Some(generation) = app.library.write(begin).await? else { return Ok(Rebuild::ByAnother) };
    fill(app, generation).await?;
    Ok(Rebuild::Done(generation))
}

async fn fill(app: &Core, generation: Generation) -> Result<(), IndexError> {
    let watch = Stopwatch::start();
    let (entries, paused) = app.library.read(open_tasks).await?;
    let paused: Vec<Pausable> = paused.into_iter().map(Pausable::Run).collect();
    let count = entries.len();
    app.queue.rebuild(generation, &paused, &mut entries.into_iter(), app.clock.now()).await?;
    app.metrics.rebuild_seconds.observe(watch.elapsed().as_secs_f64());
    info!(queue.generation = generation.0, queue.tasks = count, "queue rebuilt with all open tasks");
    Ok(())
}

fn open_tasks(tx: &mut dyn Tx) -> Result<(Vec<Entry>, Vec<RunId>), StoreError> {
    let mut entries = Vec::new();
    tasks::open_each(tx, &mut |task| {
        entries.push(entry(task));
        Ok(())
    })?;
    let paused = runs::in_state(tx, RunState::Paused)?;
    Ok((entries, paused.into_iter().map(|run| run.id).collect()))
}

/// An open task of the library as the queue keeps it.
#[must_use]
pub fn entry(task: tasks::OpenTask) -> Entry {
    Entry {
        task: task.id,
        run: task.run,
        kind: task.kind,
        route: task.route,
        priority: task.priority,
        created_at: task.created_at,
        not_before: task.not_before,
        tries: Tries {
            failures: task.tries.failures,
            losses: task.tries.losses,
            deferrals: task.tries.deferrals,
        },
        max_attempts: task.max_attempts,
    }
}
