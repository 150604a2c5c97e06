//! Putting, reading and forgetting results.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hafs_proto::{CompletionId, TaskId};
use hafs_runtime::clock::Clock;

use super::disk;
use super::error::{Damage, SpoolError};
use super::journal::Journal;
use super::line::Entry;
use super::log::Log;
use super::{file, parcel, segments};
use crate::agent::{Kept, Parcel, ParcelKind, Spooled};

/// A result that the disk would not take.
#[derive(Debug, Clone)]
struct Homeless {
    task: TaskId,
    entry: Entry,
}

/// The spool of one worker.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    log: Arc<Log>,
    journal: Arc<Journal>,
    /// The agent claims nothing while there is any, so there are at most as many as slots.
    memory: Mutex<BTreeMap<CompletionId, Homeless>>,
}

impl Spool {
    /// Opens the spool in `folder` and lists what is in it, oldest first. What is damaged is moved to `corrupt/`,
    /// and so are strangers. `clock` tells the age of replies. Blocks on the disk.
    ///
    /// # Errors
    /// [`SpoolError`] when the folder cannot be made, listed or read.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<(Self, Vec<Spooled>), SpoolError> {
        for path in [folder.to_owned(), folder.join("corrupt"), folder.join("refused")] {
            disk::make_private_folder(&path).map_err(|source| io_error("make", &path, source))?;
        }
        let log = Arc::new(Log::open(folder).map_err(|source| io_error("read", folder, source))?);
        let spool = Self {
            folder: folder.to_owned(),
            journal: Arc::new(Journal::new(log.clone(), clock)),
            log,
            memory: Mutex::default(),
        };
        let mut found = spool.take_in_files()?;
        found.extend(spool.list());
        found.sort_by_key(|spooled| spooled.key);
        let tasks = found.iter().map(|spooled| spooled.task).collect();
        spool.journal.restore(&tasks);
        Ok((spool, found))
    }

    /// Replies that are not part of a result yet.
    #[must_use]
    pub fn journal(&self) -> Arc<Journal> {
        self.journal.clone()
    }

    fn list(&self) -> Vec<Spooled> {
        let mut found = Vec::new();
        for entry in self.log.keys().iter().filter_map(|key| self.log.read(key)) {
            match parcel::summary(&entry) {
                Ok(spooled) => found.extend(spooled),
                Err(damage) => {
                    if self.keep_file("corrupt", &entry, &damage.to_string()) {
                        self.log.drop_first(&[entry.key]);
                    }
                }
            }
        }
        found
    }

    /// Takes in the files of earlier versions. Returns those that had to stay files, because the disk is full.
    fn take_in_files(&self) -> Result<Vec<Spooled>, SpoolError> {
        let mut homeless = Vec::new();
        let listed = |source| io_error("list", &self.folder, source);
        for listing in fs::read_dir(&self.folder).map_err(listed)? {
            let listing = listing.map_err(listed)?;
            let name = listing.file_name().to_string_lossy().into_owned();
            if segments::number_of(&name).is_some() || !listing.file_type().map_err(listed)?.is_file() {
                continue;
            }
            match self.take_in(&name) {
                Ok(spooled) => homeless.extend(spooled),
                Err(damage) => self.put_away(&name, &damage),
            }
        }
        Ok(homeless)
    }

    fn take_in(&self, name: &str) -> Result<Option<Spooled>, Damage> {
        let unread = |error: io::Error| Damage::Body(error.to_string());
        let key = file::key_of(name).ok_or(Damage::Name)?;
        let path = self.folder.join(name);
        let entry = file::decode(key, &fs::read(&path).map_err(unread)?)?;
        let Some(spooled) = parcel::summary(&entry)? else { return Err(Damage::Name) };
        match self.log.keep_first(std::slice::from_ref(&entry)) {
            Ok(()) => {
                // One that cannot be deleted is sent again after the next start and gets the same answer.
                let _ = fs::remove_file(&path);
                Ok(None)
            }
            Err(error) => {
                tracing::error!(%error, "result {key} could not be moved into a segment; it stays a file of its own");
                self.memory().insert(spooled.key, Homeless { task: spooled.task, entry });
                Ok(Some(Spooled { kept: Kept::InMemory, ..spooled }))
            }
        }
    }

    /// Takes a result: onto the disk, together with those that arrive meanwhile, or into memory when the disk does
    /// not take it.
    pub async fn put(&self, parcel: &Parcel) -> Spooled {
        let entry = parcel::entry(parcel);
        let bytes = entry.body.len();
        let key = parcel.key();
        let kept = match self.log.keep(entry.clone()).await {
            Ok(()) => {
                self.journal.forget(parcel.task()).await;
                Kept::OnDisk
            }
            Err(error) => {
                tracing::error!(completion.key = %key, %error, "result {key} could not be spooled; it is kept in memory");
                self.memory().insert(key, Homeless { task: parcel.task(), entry });
                Kept::InMemory
            }
        };
        parcel::spooled(parcel, bytes, kept)
    }

    /// Tries again to write a result that is only in memory.
    pub async fn put_again(&self, key: CompletionId) -> Kept {
        let homeless = self.memory().get(&key).cloned();
        let Some(Homeless { task, entry }) = homeless else { return Kept::OnDisk };
        if self.log.keep(entry).await.is_err() {
            return Kept::InMemory;
        }
        self.memory().remove(&key);
        self.journal.forget(task).await;
        Kept::OnDisk
    }

    /// The JSON body of a result, as it is sent; `None` when it is damaged or gone, which is logged. Blocks on the
    /// disk.
    #[must_use]
    pub fn read(&self, key: CompletionId) -> Option<(ParcelKind, Vec<u8>)> {
        let entry = self.entry(key)?;
        Some((parcel::kind(entry.kind)?, entry.body.into_bytes()))
    }

    fn entry(&self, key: CompletionId) -> Option<Entry> {
        let homeless = self.memory().get(&key).map(|homeless| homeless.entry.clone());
        homeless.or_else(|| self.log.read(&key.to_string()))
    }

    /// Deletes answered results. What cannot be deleted is sent again after the next start and gets the same answer.
    pub async fn forget(&self, keys: &[CompletionId]) {
        for key in keys {
            self.memory().remove(key);
        }
        // Taking out never fails; what it leaves undone has been logged.
        let _ = self.log.drop_all(keys.iter().map(ToString::to_string).collect()).await;
    }

    /// Keeps a result that the coordinator will never take in `refused/`.
    pub async fn set_aside(self: &Arc<Self>, key: CompletionId, why: String) {
        let spool = self.clone();
        let moved = tokio::task::spawn_blocking(move || {
            spool.entry(key).is_some_and(|entry| spool.keep_file("refused", &entry, &why))
        });
        if moved.await.unwrap_or(false) {
            self.forget(&[key]).await;
        }
    }

    /// Keeps an entry in a file where a person can look at it.
    fn keep_file(&self, place: &str, entry: &Entry, why: &str) -> bool {
        let (folder, name) = (self.folder.join(place), file::name(&entry.key));
        let path = folder.join(&name);
        match disk::write_durably(&folder, &name, file::encode(entry).as_bytes()) {
            Ok(()) => {
                tracing::error!(spool.file = %path.display(), "result {} cannot be delivered ({why}); it is kept in {place}/", entry.key);
                true
            }
            Err(error) => {
                tracing::error!(spool.file = %path.display(), %error, why, "result {} cannot be delivered and could not be moved to {place}/; it is sent again after the next start", entry.key);
                false
            }
        }
    }

    /// Moves a file that is none of ours, or damaged, to `corrupt/`.
    fn put_away(&self, name: &str, damage: &Damage) {
        let (from, to) = (self.folder.join(name), self.folder.join("corrupt").join(name));
        match fs::rename(&from, &to) {
            Ok(()) => {
                tracing::error!(spool.file = %to.display(), "spool file {name} cannot be delivered ({damage}); it is kept in corrupt/");
            }
            Err(error) => {
                tracing::error!(spool.file = %from.display(), %error, "spool file {name} could not be moved to corrupt/");
            }
        }
    }

    fn memory(&self) -> MutexGuard<'_, BTreeMap<CompletionId, Homeless>> {
        // The map is whole between any two of its calls, so a panic elsewhere does no harm.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn io_error(what: &'static str, path: &Path, source: io::Error) -> SpoolError {
    SpoolError::Io { what, path: path.to_owned(), source }
}
