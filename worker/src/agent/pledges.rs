//! Tasks whose calls are in a batch, on disk: a worker that comes back within its leases goes on waiting under them, so
//! nobody else is given what this one has paid for.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::worker::ClaimedTask;
use hafs_proto::{TaskId, Timestamp};
use hafs_runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::spool::{make_private_folder, write_durably};

/// No batch is waited for longer.
const KEPT: Duration = Duration::from_secs(72 * 3_600);

/// A task under lease, and since when.
#[derive(Debug, Serialize, Deserialize)]
struct Pledge {
    since: Timestamp,
    claimed: ClaimedTask,
}

/// The folder of the tasks that wait for a batch.
pub struct Pledges {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl Pledges {
    /// Opens the folder and reads what an earlier process has left in it. What is too old or cannot be read is deleted: its
    /// lease has run out long ago.
    ///
    /// # Errors
    /// When the folder cannot be made or listed.
    pub(crate) fn open(folder: PathBuf, clock: Arc<dyn Clock>) -> io::Result<(Self, Vec<ClaimedTask>)> {
        make_private_folder(&folder)?;
        let now = clock.now();
        let mut left = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let pledge = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Pledge>(&bytes).ok());
            match pledge {
                Some(pledge) if now.since(pledge.since) <= KEPT => left.push(pledge.claimed),
                Some(_) | None => fs::remove_file(&path)?,
            }
        }
        left.sort_by_key(|claimed| claimed.task.id);
        Ok((Self { folder, clock }, left))
    }

    /// Keeps a task that is about to wait. Without it on disk the task is done all the same; after a crash it would be
    /// given to another worker once its lease has run out.
    pub(crate) async fn keep(&self, claimed: ClaimedTask) {
        let (folder, name) = (self.folder.clone(), name(claimed.task.id));
        let pledge = Pledge { since: self.clock.now(), claimed };
        if let Err(error) =
            on_disk(move || write_durably(&folder, &name, &serde_json::to_vec(&pledge)?)).await
        {
            warn!(%error, "a task that waits for a batch could not be kept; after a crash it may be paid twice");
        }
    }

    /// Forgets a task that has ended. If its file stays, the next process asks for a lease that is gone.
    pub(crate) async fn forget(&self, task: TaskId) {
        let path = self.folder.join(name(task));
        if let Err(error) = on_disk(move || fs::remove_file(path)).await {
            warn!(%error, "the file of a task that waited for a batch could not be deleted");
        }
    }
}

/// Does what waits for the disk where it holds up nobody.
async fn on_disk(act: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    let done = tokio::task::spawn_blocking(act).await;
    done.unwrap_or_else(|_| Err(io::Error::other("the writing thread hit a defect")))
}

fn name(task: TaskId) -> String {
    format!("{task}.json")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::claimed;
    use super::*;
    use hafs_runtime::clock::ManualClock;

    #[tokio::test]
    async fn a_task_that_waits_is_found_by_the_next_process_until_it_has_ended_or_is_too_old() {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::default());
        let open = || Pledges::open(folder.path().join("held"), clock.clone()).expect("opens");
        let (one, two) = (claimed(1, "cloud"), claimed(2, "cloud"));
        let (pledges, none) = open();
        assert_eq!(none, []);
        pledges.keep(one.clone()).await;
        pledges.keep(two.clone()).await;
        assert_eq!(open().1, [one.clone(), two]);
        pledges.forget(claimed(2, "cloud").task.id).await;
        assert_eq!(open().1, [one]);
        clock.advance(KEPT + Duration::from_secs(1));
        assert_eq!(open().1, []);
    }
}
