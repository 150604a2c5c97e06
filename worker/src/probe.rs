//! `hafs-worker health`: whether the worker of this state folder works, for what watches over it, such as a
//! container's health check. It reads what the worker writes about itself, for a worker listens on no port.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_proto::Timestamp;
use thiserror::Error;

use crate::report::{STATUS_FILE, StatusFile};

/// The age of a status file from which on nobody writes it any more: six times what a quiet worker takes.
const STALE: Duration = Duration::from_secs(60);

/// Why the worker is not known to be well.
#[derive(Debug, Error)]
pub enum Unwell {
    /// There is no status.
    #[error("no worker has started here, or it has not joined yet: {path} cannot be read")]
    Absent {
        /// Where it would be.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It is of another version, or damaged.
    #[error("{path} is no status of this version of the program")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// It is old.
    #[error("the worker has said nothing for {} s: it has ended, or stands still", .0.as_secs())]
    Stale(Duration),
    /// It works no more.
    #[error("the worker has ended")]
    Ended,
    /// It keeps results in memory only.
    #[error("results cannot be written to the disk: free space in the state folder")]
    DiskTrouble,
}

/// Reads how the worker of this state folder is. One that has lost its coordinator, is paused or drains is well: it keeps
/// what it holds, and starting it anew would help nobody.
///
/// # Errors
/// [`Unwell`] unless it has said so within the last minute.
pub fn look(folder: &Path, now: Timestamp) -> Result<(), Unwell> {
    let path = folder.join(STATUS_FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(Unwell::Absent { path, source }),
    };
    match serde_json::from_slice(&bytes) {
        Ok(file) => judge(&file, now),
        Err(source) => Err(Unwell::Unreadable { path, source }),
    }
}

fn judge(file: &StatusFile, now: Timestamp) -> Result<(), Unwell> {
    let age = now.since(file.at);
    if file.status.mode == "ended" {
        Err(Unwell::Ended)
    } else if age >= STALE {
        Err(Unwell::Stale(age))
    } else if file.status.spool == "disk_trouble" {
        Err(Unwell::DiskTrouble)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use hafs_proto::WorkerId;

    use super::*;
    use crate::agent::Status;

    fn told(mode: &str, spool: &str) -> StatusFile {
        StatusFile {
            at: Timestamp::from_millis(1_000_000).expect("a time"),
            worker: WorkerId::from_uuid(uuid::Uuid::from_u128(1)),
            name: "test".to_owned(),
            coordinator: "http://127.0.0.1:1".to_owned(),
            status: Status {
                link: "greeting".to_owned(),
                mode: mode.to_owned(),
                spool: spool.to_owned(),
                spooled: 0,
                spooled_bytes: 0,
                oldest_spooled_ms: 0,
                pools: Vec::new(),
                away: Vec::new(),
                tally: crate::agent::Tally::default(),
            },
        }
    }

    fn after(seconds: u64) -> Timestamp {
        told("working", "free").at.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn a_worker_is_well_while_it_says_so_whatever_its_coordinator_does() {
        for mode in ["working", "paused", "draining"] {
            assert!(judge(&told(mode, "full"), after(59)).is_ok(), "{mode}");
        }
        assert!(matches!(judge(&told("working", "free"), after(60)), Err(Unwell::Stale(_))));
        assert!(matches!(judge(&told("ended", "free"), after(1)), Err(Unwell::Ended)));
        assert!(matches!(judge(&told("working", "disk_trouble"), after(1)), Err(Unwell::DiskTrouble)));
    }

    #[test]
    fn what_is_missing_or_damaged_is_not_well_and_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let absent = look(folder.path(), after(0)).unwrap_err();
        assert!(absent.to_string().contains(STATUS_FILE), "{absent}");
        fs::write(folder.path().join(STATUS_FILE), "{").expect("a file");
        assert!(matches!(look(folder.path(), after(0)), Err(Unwell::Unreadable { .. })));
        let file = serde_json::to_vec(&told("working", "free")).expect("JSON");
        fs::write(folder.path().join(STATUS_FILE), file).expect("a file");
        assert!(look(folder.path(), after(5)).is_ok());
    }
}
