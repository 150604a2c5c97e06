//! What stands on disk of a batch, so that neither a crash nor a restart makes anybody pay twice.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_proto::Timestamp;
use serde::{Deserialize, Serialize};

/// Bytes of the longest ticket: ten times what the largest batch of one worker needs.
const TICKET_BYTES: u64 = 1024 * 1024;
/// How long a ticket is kept after the batch was handed in. Providers keep answers for 29 days, or for two.
pub(super) const KEPT: Duration = Duration::from_secs(72 * 3_600);
/// The ending of the files.
const ENDING: &str = "json";

/// A batch that is to be, or was, handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ticket {
    /// What we call it.
    pub(super) name: String,
    /// Calls whose answers may still be fetched, by their ids.
    pub(super) items: BTreeSet<String>,
    /// How many it was handed in with.
    pub(super) count: u64,
    /// When that was.
    pub(super) handed_in: Timestamp,
    /// What the provider calls it: nothing as long as that is not known, several where the provider cannot say which.
    pub(super) batches: Vec<String>,
}

/// The folder of a teacher's tickets.
#[derive(Debug)]
pub(super) struct Drawer {
    folder: PathBuf,
}

impl Drawer {
    /// Opens the folder and reads what is in it. Tickets that are too old are thrown away; one that cannot be read is
    /// left where it is and said.
    ///
    /// # Errors
    /// When the folder cannot be made or listed.
    pub(super) fn open(folder: PathBuf, now: Timestamp) -> io::Result<(Self, Vec<Ticket>)> {
        fs::create_dir_all(&folder)?;
        let drawer = Self { folder };
        let mut tickets = Vec::new();
        for entry in fs::read_dir(&drawer.folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            match read(&path) {
                Ok(ticket) if now.since(ticket.handed_in) > KEPT => drawer.throw_away(&ticket.name),
                Ok(ticket) => tickets.push(ticket),
                Err(error) => {
                    tracing::error!(%error, "the ticket of a batch, {}, cannot be read; what is in it may be paid twice", path.display());
                }
            }
        }
        Ok((drawer, tickets))
    }

    /// Writes a ticket; it is on disk when this returns.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn put(&self, ticket: &Ticket) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut file, ticket)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(self.path(&ticket.name)).map_err(|error| error.error)?;
        sync_folder(&self.folder)
    }

    /// Throws a ticket away. One that stays is of no harm: its batch is looked at once more.
    pub(super) fn throw_away(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.path(name)) {
            tracing::warn!(%error, "the ticket of the batch {name} could not be deleted");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension(ENDING)
    }
}

fn read(path: &Path) -> io::Result<Ticket> {
    let mut bytes = Vec::new();
    File::open(path)?.take(TICKET_BYTES).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Only Unix can sync a folder.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Only Unix can sync a folder.
#[cfg(not(unix))]
const fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * 3_600_000).expect("a time")
    }

    #[test]
    fn a_ticket_outlives_the_process_and_is_thrown_away_after_three_days() {
        let folder = tempfile::tempdir().expect("a folder");
        let ticket = Ticket {
            name: "hafs-1".to_owned(),
            items: ["a".to_owned()].into(),
            count: 1,
            handed_in: at(0),
            batches: vec!["batch_1".to_owned()],
        };
        let open = |hours| Drawer::open(folder.path().to_owned(), at(hours)).expect("a drawer");
        let (drawer, none) = open(0);
        assert_eq!(none, []);
        drawer.put(&ticket).expect("written");
        std::fs::write(folder.path().join("torn.json"), "{").expect("written");
        assert_eq!(open(72).1, [ticket], "the torn one is passed over");
        assert_eq!(open(73).1, []);
        assert_eq!(open(73).1, [], "it is gone from the disk too");
    }
}
