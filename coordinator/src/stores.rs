//! Where the library and the queue are kept, and opening them.
//!
//! One coordinator needs no server: its library is a file and its queue is in memory. Several share a PostgreSQL
//! database and a Redis server, and nothing else.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hafs_library::tables::meta;
use hafs_library::{Address, AddressError, Birth, Library, OpenSettings, StoreError};
use hafs_proto::Timestamp;
use hafs_queue::redis::RedisSettings;
use hafs_queue::{MemoryQueue, Queue, RedisQueue};
use hafs_runtime::entropy;
use hafs_runtime::secret::{Secret, SecretError};
use thiserror::Error;

use crate::app::{RETRY, StartError};
use crate::settings::{Mode, Settings};

/// Read-only connections of a library.
const READERS: usize = 2;

/// Where the address of a server is found.
#[derive(Debug, Clone)]
pub enum Place {
    /// Here: it has no password.
    At(String),
    /// In a file, because it may have one.
    In(PathBuf),
}

/// Why there is no address.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The file that should hold it.
    #[error("the address of a server is missing")]
    File(#[source] SecretError),
    /// It is no library's.
    #[error("{place}: {source}")]
    Address {
        /// Which setting or file.
        place: String,
        /// Why.
        source: AddressError,
    },
    /// It is a file's.
    #[error("{place}: expected postgres://user:password@host:port/database")]
    NoServer {
        /// Which setting or file.
        place: String,
    },
}

impl Place {
    fn text(&self) -> Result<Secret, PlaceError> {
        match self {
            Self::At(text) => Ok(Secret::new(text.as_str())),
            Self::In(path) => Secret::from_file(path).map_err(PlaceError::File),
        }
    }

    /// The library there.
    pub(crate) fn library(&self) -> Result<Address, PlaceError> {
        let place = || match self {
            Self::At(_) => "coordinator.library".to_owned(),
            Self::In(path) => path.display().to_string(),
        };
        let address =
            self.text()?.expose().parse().map_err(|source| PlaceError::Address { place: place(), source })?;
        match address {
            Address::Postgres(_) => Ok(address),
            Address::File(_) => Err(PlaceError::NoServer { place: place() }),
        }
    }
}

/// Which queue of a server is meant, and how strictly the server is looked at.
#[derive(Debug, Clone)]
pub struct QueueName {
    /// Tells factories on one server apart.
    pub name: String,
    /// Whether a server will do that does not let its settings be read.
    pub accept_unchecked: bool,
}

impl Default for QueueName {
    fn default() -> Self {
        Self { name: "hafs".to_owned(), accept_unchecked: false }
    }
}

/// Opens the library, and makes it if there is none.
///
/// # Errors
/// [`StartError`], each with its remedy.
pub async fn open_library(settings: &Settings, now: Timestamp) -> Result<Library, StartError> {
    let path = settings.data_dir.clone();
    own_folder(&path).map_err(|source| StartError::DataDir { path, source })?;
    let birth = Birth {
        incarnation: entropy::bytes().map_err(StartError::Entropy)?,
        lease_key: entropy::bytes().map_err(StartError::Entropy)?,
    };
    let address = settings.library_address().map_err(StartError::Place)?;
    let readers = NonZeroUsize::new(READERS).unwrap_or(NonZeroUsize::MIN);
    let settings = OpenSettings { address, readers, birth, now };
    let opened = tokio::task::spawn_blocking(move || Library::open(&settings)).await;
    opened.unwrap_or(Err(StoreError::Panicked)).map_err(StartError::Library)
}

/// Makes the data folder. It holds the key of lease tokens and mined text, so nobody else may read a new one.
fn own_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The index of open tasks.
#[derive(Debug)]
pub enum OpenedQueue {
    /// It dies with this process.
    Own(Arc<MemoryQueue>),
    /// It is shared with other coordinators and outlives this one.
    Shared(Arc<RedisQueue>),
}

impl OpenedQueue {
    /// As reconcilers and operations use it.
    #[must_use]
    pub fn queue(&self) -> Arc<dyn Queue> {
        match self {
            Self::Own(queue) => Arc::clone(queue) as Arc<dyn Queue>,
            Self::Shared(queue) => Arc::clone(queue) as Arc<dyn Queue>,
        }
    }
}

/// Connects to the queue's server if there is one. A process that only answers questions keeps an index of its own.
///
/// # Errors
/// [`StartError`], each with its remedy.
pub async fn open_queue(settings: &Settings, library: &Library) -> Result<OpenedQueue, StartError> {
    let (Some(place), Mode::Serve) = (&settings.queue, settings.mode) else {
        return Ok(OpenedQueue::Own(Arc::new(MemoryQueue::new(RETRY))));
    };
    let facts = library.read(|tx| Ok((meta::incarnation(tx)?, meta::generation(tx)?))).await;
    let (incarnation, at_least) = facts.map_err(StartError::Library)?;
    let redis = RedisSettings {
        url: place.text().map_err(StartError::Place)?.expose().to_owned(),
        name: settings.queue_name.name.clone(),
        library: incarnation,
        at_least,
        accept_unchecked: settings.queue_name.accept_unchecked,
    };
    let queue = RedisQueue::connect(&redis, RETRY).await.map_err(StartError::QueueServer)?;
    Ok(OpenedQueue::Shared(Arc::new(queue)))
}
