//! Telling people: the log, and `status.json` in the state folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hafs_proto::{Timestamp, WorkerId};
use hafs_runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use tracing::{error, info, warn};

use crate::agent::{Notice, State, Status};

/// The shortest time between two writes of the status file.
const RHYTHM: Duration = Duration::from_secs(2);
/// The longest, when nothing happens: so long a file says nothing wrong but its ages.
const QUIET_RHYTHM: Duration = Duration::from_secs(10);

/// The file's name.
pub const STATUS_FILE: &str = "status.json";

/// The content of the status file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusFile {
    /// When it was written.
    pub at: Timestamp,
    /// The worker's id.
    pub worker: WorkerId,
    /// Its name.
    pub name: String,
    /// The coordinator.
    pub coordinator: String,
    /// The agent.
    pub status: Status,
}

/// Writes log lines and the status file.
#[derive(Debug)]
pub struct Reporter {
    clock: Arc<dyn Clock>,
    folder: PathBuf,
    worker: WorkerId,
    name: String,
    coordinator: String,
    /// Not before.
    next: Duration,
    /// Not later.
    due: Duration,
}

impl Reporter {
    /// A reporter of a worker with this state folder.
    #[must_use]
    pub fn new(
        clock: Arc<dyn Clock>,
        folder: PathBuf,
        worker: WorkerId,
        name: &str,
        coordinator: &str,
    ) -> Self {
        let (name, coordinator) = (name.to_owned(), coordinator.to_owned());
        Self { clock, folder, worker, name, coordinator, next: Duration::ZERO, due: Duration::ZERO }
    }

    /// Says what has changed.
    pub fn say(&self, notice: &Notice) {
        let coordinator = self.coordinator.as_str();
        match notice {
            Notice::Lost(why) => {
                warn!(why, "lost the coordinator at {coordinator}; work goes on, results are kept on disk")
            }
            Notice::Back => info!("the coordinator at {coordinator} is back"),
            Notice::Paused => {
                info!("paused by the coordinator: what is held is finished, nothing is claimed")
            }
            Notice::Resumed => info!("the pause is over"),
            Notice::SpoolFull => {
                error!("the spool is full: nothing is claimed until the coordinator takes results")
            }
            Notice::DiskTrouble => error!(
                "results cannot be written to {}: they are kept in memory and nothing is claimed; free space there",
                self.folder.display()
            ),
            Notice::SpoolFree => info!("the spool has room again"),
            Notice::Refused { call, why } => warn!(call, why, "the coordinator refused `{call}` for now"),
            Notice::LeasesLost(tasks) => warn!(tasks, "{tasks} leases are lost; their work is stopped"),
            Notice::TeacherAway { route, why, pause } => warn!(
                why,
                pause_s = pause.as_secs_f64(),
                "{route} cannot be used ({why}); nothing is claimed for it, and it is tried again in {:.0} s, then less often",
                pause.as_secs_f64()
            ),
            Notice::TeacherBack(route) => info!("{route} answers again"),
            Notice::Rotated => info!("this worker's credential has a new secret"),
            Notice::NotRotated(why) => {
                warn!(why, "the credential has its old secret still; the coordinator will ask again")
            }
            Notice::Superseded(why) => error!(
                why,
                "another process uses this worker's credential: what is held is finished, nothing is claimed any more"
            ),
            Notice::FallingAsleep => info!("the machine falls asleep: what is held is handed back"),
            Notice::AwakeAgain => info!("the machine is awake again"),
            Notice::Draining => info!("draining: finishing what is held"),
            Notice::Releasing => info!("leaving: what is not finished is handed back"),
        }
    }

    /// Writes the status file from time to time: something has happened, or it is due. Returns when it is due next,
    /// whether something happens until then or not.
    pub fn status(&mut self, state: &State, now: Duration) -> Duration {
        if now >= self.next {
            self.next = now + RHYTHM;
            self.due = now + QUIET_RHYTHM;
            self.write(state.status(now));
        } else {
            // What happened just now is not in the file yet.
            self.due = self.next;
        }
        self.due
    }

    /// Writes the status file now.
    pub fn write(&self, status: Status) {
        let file = StatusFile {
            at: self.clock.now(),
            worker: self.worker,
            name: self.name.clone(),
            coordinator: self.coordinator.clone(),
            status,
        };
        let partial = self.folder.join(format!("{STATUS_FILE}.partial"));
        let written = serde_json::to_vec_pretty(&file)
            .map_err(std::io::Error::other)
            .and_then(|bytes| std::fs::write(&partial, bytes))
            .and_then(|()| std::fs::rename(&partial, self.folder.join(STATUS_FILE)));
        if let Err(error) = written {
            tracing::debug!(%error, "the status file could not be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use hafs_proto::worker::Intervals;
    use hafs_runtime::clock::ManualClock;

    use super::*;
    use crate::agent::{BatchCaps, Rules, SpoolCaps};

    #[test]
    fn the_status_is_written_when_something_happened_and_from_time_to_time_when_nothing_does() {
        let dir = tempfile::tempdir().expect("a folder");
        let rules = Rules {
            intervals: Intervals { heartbeat_ms: 10_000, lease_ms: 40_000, claim_wait_ms: 20_000 },
            claim_wait: Duration::ZERO,
            drain_timeout: Duration::ZERO,
            release_grace: Duration::ZERO,
            spool: SpoolCaps { results: 1, bytes: 1 },
            batch: BatchCaps { items: 1, bytes: 1 },
        };
        let state = State::new(rules, &[], Vec::new());
        let worker = WorkerId::from_uuid(uuid::Uuid::from_u128(1));
        let clock = Arc::new(ManualClock::default());
        let mut reporter = Reporter::new(clock, dir.path().to_owned(), worker, "test", "http://127.0.0.1:1");
        let path = dir.path().join(STATUS_FILE);
        let mut written = |millis| {
            let _ = std::fs::remove_file(&path);
            let due = reporter.status(&state, Duration::from_millis(millis));
            (path.exists(), due.as_millis())
        };
        assert_eq!(written(0), (true, 10_000));
        assert_eq!(written(500), (false, 2_000), "soon, and once for all that happens until then");
        assert_eq!(written(2_000), (true, 12_000));
        assert_eq!(written(12_000), (true, 22_000));
    }
}
