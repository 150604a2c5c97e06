//! Putting, reading and forgetting results.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hafs_proto::CompletionId;

use super::disk;
use super::error::{Damage, SpoolError};
use super::file;
use crate::agent::{Kept, Parcel, ParcelKind, Spooled};

const SUFFIX: &str = ".json";
const PARTIAL: &str = ".json.partial";

/// The spool of one worker. Its calls block on the disk.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    /// What the disk would not take, as it would be written. The agent claims nothing while there is any, so there
    /// are at most as many as slots.
    memory: Mutex<BTreeMap<CompletionId, Vec<u8>>>,
}

impl Spool {
    /// Opens the spool in `folder` and lists what is in it, oldest first. A result whose writing was cut short by a
    /// crash is taken when it is whole; what is damaged is moved to `corrupt/`.
    ///
    /// # Errors
    /// [`SpoolError`] when the folder cannot be made or listed.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Spooled>), SpoolError> {
        for path in [folder.to_owned(), folder.join("corrupt"), folder.join("refused")] {
            disk::make_private_folder(&path).map_err(|source| io_error("make", &path, source))?;
        }
        let spool = Self { folder: folder.to_owned(), memory: Mutex::default() };
        let mut found = spool.scan()?;
        found.sort_by_key(|spooled| spooled.key);
        Ok((spool, found))
    }

    fn scan(&self) -> Result<Vec<Spooled>, SpoolError> {
        let listed = |source| io_error("list", &self.folder, source);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(listed)? {
            let entry = entry.map_err(listed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !entry.file_type().map_err(listed)?.is_file() {
                continue;
            }
            match self.adopt(&name) {
                Ok(spooled) => found.push(spooled),
                Err(damage) => self.put_away(&name, "corrupt", &damage.to_string()),
            }
        }
        Ok(found)
    }

    /// Reads a file that an earlier process left.
    fn adopt(&self, name: &str) -> Result<Spooled, Damage> {
        let stem = name.strip_suffix(PARTIAL).or_else(|| name.strip_suffix(SUFFIX)).ok_or(Damage::Name)?;
        let key: CompletionId = stem.parse().map_err(|_| Damage::Name)?;
        let bytes = fs::read(self.folder.join(name)).map_err(|error| Damage::Body(error.to_string()))?;
        let spooled = file::summary(key, &bytes)?;
        if name.ends_with(PARTIAL) {
            disk::write_durably(&self.folder, &file_name(key), &bytes)
                .map_err(|error| Damage::Body(error.to_string()))?;
        }
        Ok(spooled)
    }

    /// Takes a result: onto the disk, or into memory when the disk does not take it.
    #[must_use]
    pub fn put(&self, parcel: &Parcel) -> Spooled {
        let body = file::body(parcel);
        let bytes = file::encode(parcel.kind(), &body);
        let kept = match disk::write_durably(&self.folder, &file_name(parcel.key()), &bytes) {
            Ok(()) => Kept::OnDisk,
            Err(error) => {
                let key = parcel.key();
                tracing::error!(completion.key = %key, %error, "result {key} could not be spooled; it is kept in memory");
                self.memory().insert(key, bytes);
                Kept::InMemory
            }
        };
        file::spooled(parcel, body.len(), kept)
    }

    /// Tries again to write a result that is only in memory.
    #[must_use]
    pub fn put_again(&self, key: CompletionId) -> Kept {
        let Some(bytes) = self.memory().get(&key).cloned() else { return Kept::OnDisk };
        match disk::write_durably(&self.folder, &file_name(key), &bytes) {
            Ok(()) => {
                self.memory().remove(&key);
                Kept::OnDisk
            }
            Err(_) => Kept::InMemory,
        }
    }

    /// The JSON body of a result, as it is sent; `None` when it is damaged or gone, which is logged.
    #[must_use]
    pub fn read(&self, key: CompletionId) -> Option<(ParcelKind, Vec<u8>)> {
        if let Some(bytes) = self.memory().get(&key) {
            return file::decode(bytes).ok().map(|(kind, body)| (kind, body.to_vec()));
        }
        let name = file_name(key);
        let damage = match fs::read(self.folder.join(&name)) {
            Ok(bytes) => match file::decode(&bytes) {
                Ok((kind, body)) => return Some((kind, body.to_vec())),
                Err(damage) => damage.to_string(),
            },
            Err(error) => error.to_string(),
        };
        self.put_away(&name, "corrupt", &damage);
        None
    }

    /// Deletes answered results. A file that cannot be deleted is sent again after the next start and gets the
    /// same answer.
    pub fn forget(&self, keys: &[CompletionId]) {
        for key in keys {
            self.memory().remove(key);
            match fs::remove_file(self.folder.join(file_name(*key))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(completion.key = %key, %error, "answered result {key} could not be deleted");
                }
                Ok(()) | Err(_) => {}
            }
        }
    }

    /// Keeps a result that the coordinator will never take in `refused/`.
    pub fn set_aside(&self, key: CompletionId, why: &str) {
        match self.put_again(key) {
            Kept::OnDisk => self.put_away(&file_name(key), "refused", why),
            Kept::InMemory => {
                tracing::error!(completion.key = %key, why, "refused result {key} cannot be written to disk; it is lost when this worker ends");
            }
        }
    }

    fn put_away(&self, name: &str, place: &str, why: &str) {
        let (from, to) = (self.folder.join(name), self.folder.join(place).join(name));
        tracing::error!(spool.file = %to.display(), "spool file {name} cannot be delivered ({why}); it is kept in {place}/");
        if let Err(error) = fs::rename(&from, &to) {
            tracing::error!(spool.file = %from.display(), %error, "spool file {name} could not be moved to {place}/");
        }
    }

    fn memory(&self) -> MutexGuard<'_, BTreeMap<CompletionId, Vec<u8>>> {
        // The map is whole between any two of its calls, so a panic elsewhere does no harm.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file_name(key: CompletionId) -> String {
    format!("{key}{SUFFIX}")
}

fn io_error(what: &'static str, path: &Path, source: io::Error) -> SpoolError {
    SpoolError::Io { what, path: path.to_owned(), source }
}
