//! The coordinator put together: everything is built and bound before anything runs.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hafs_domain::retry::{RetryPolicy, Tries};
use hafs_library::tables::{budget, credentials, meta, tasks};
use hafs_library::{Birth, Library, OpenSettings, StoreError};
use hafs_proto::lease::LeaseKey;
use hafs_proto::people::{CreateTokenRequest, Scope};
use hafs_proto::{BoundedText, Pin, RunId, RunState, Timestamp};
use hafs_queue::{Entry, MemoryQueue, Pausable, Queue, QueueError};
use hafs_runtime::clock::{Clock, SteadyClock, Stopwatch};
use hafs_runtime::entropy::{self, EntropyError};
use hafs_runtime::ids::IdGen;
use hafs_runtime::shutdown::{Drained, Shutdown};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

use crate::address::{self, AddressFile};
use crate::auth::{GuessBrake, Table};
use crate::events::EventBus;
use crate::http::problem::ProblemResponse;
use crate::http::{listener, router};
use crate::metrics::Metrics;
use crate::reconcile;
use crate::runs::Runs;
use crate::settings::{Mode, Settings};
use crate::tls::{Door, Invitation, TlsError};
use crate::work::tokens;
use crate::workers::Workers;

/// How patient this factory is with tasks that fail: the queue's rule, and what is foreseen of it before a commit.
pub const RETRY: RetryPolicy = RetryPolicy::PATIENT;

/// Signals between operations and reconcilers. A reconciler that misses one runs by its period.
#[derive(Debug, Default)]
pub struct Wake {
    /// Something may be planned.
    pub plan: Notify,
    /// Something was decided.
    pub checkpoint: Notify,
}

/// Everything that handlers and reconcilers share.
pub struct Core {
    /// Settings.
    pub settings: Settings,
    /// The truth.
    pub library: Library,
    /// The index of open tasks.
    pub queue: Arc<dyn Queue>,
    /// The only clock that counts.
    pub clock: Arc<dyn Clock>,
    /// Mints ids.
    pub ids: IdGen,
    /// Signs lease tokens.
    pub lease_key: LeaseKey,
    /// Valid tokens.
    pub auth: Table,
    /// The brake on guessing tokens.
    pub brake: GuessBrake,
    /// Workers that are here.
    pub workers: Workers,
    /// Runs by id.
    pub runs: Runs,
    /// What new workers are told; absent when the address of this machine cannot be found out.
    pub invitation: Option<Invitation>,
    /// News.
    pub events: EventBus,
    /// Metrics.
    pub metrics: Metrics,
    /// Signals to the reconcilers.
    pub wake: Wake,
    /// Draining and stopping.
    pub shutdown: Shutdown,
}

/// What handlers are given.
pub type App = Arc<Core>;

/// Why a coordinator could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The folder of the library.
    #[error("cannot make the data folder {path}: check `coordinator.data_dir` and its permissions")]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An address that others could reach, without encryption.
    #[error(
        "refusing to listen on {address} without TLS, where others could read tokens and data: leave \
         `coordinator.tls` out, or set `coordinator.insecure_http = true` if the network is trusted"
    )]
    PlainAddress {
        /// The address.
        address: SocketAddr,
    },
    /// The certificate or its key.
    #[error("cannot encrypt connections")]
    Tls(#[source] TlsError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: choose another `coordinator.listen`, or port 0 for a free one")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The library.
    #[error("cannot use the library")]
    Library(#[source] StoreError),
    /// The queue.
    #[error("cannot build the queue from the library")]
    Queue(#[source] QueueError),
    /// The operating system's random numbers.
    #[error("cannot draw random numbers")]
    Entropy(#[source] EntropyError),
    /// The metrics.
    #[error("cannot register the metrics")]
    Metrics(#[source] prometheus::Error),
    /// The token for programs on this machine.
    #[error("cannot make the token for local programs: {0}")]
    Token(String),
    /// The address file.
    #[error("cannot write {path}")]
    AddressFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// A coordinator that listens but does not serve yet.
pub struct Coordinator {
    core: App,
    listener: TcpListener,
    door: Door,
    address: SocketAddr,
    people_token: String,
}

impl Coordinator {
    /// Opens the library, builds the queue, binds the address.
    ///
    /// # Errors
    /// [`StartError`], each with its remedy.
    pub async fn build(settings: Settings, shutdown: Shutdown) -> Result<Self, StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SteadyClock::start());
        let door = Door::build(&settings, clock.now())?;
        let library = open(&settings, clock.now()).await?;
        let listener = bind(settings.listen).await?;
        let address =
            listener.local_addr().map_err(|source| StartError::Bind { address: settings.listen, source })?;
        let lease_key = library.read(meta::lease_key).await.map_err(StartError::Library)?;
        let core = Arc::new(Core {
            library,
            queue: Arc::new(MemoryQueue::new(RETRY)),
            ids: IdGen::new(Arc::clone(&clock)).map_err(StartError::Entropy)?,
            clock,
            lease_key,
            auth: Table::default(),
            brake: GuessBrake::default(),
            workers: Workers::default(),
            runs: Runs::default(),
            invitation: door.invitation(&settings, address),
            events: EventBus::default(),
            metrics: Metrics::new().map_err(StartError::Metrics)?,
            wake: Wake::default(),
            shutdown,
            settings,
        });
        load_tokens(&core).await.map_err(StartError::Library)?;
        rebuild(&core).await?;
        let people_token = local_token(&core).await?;
        let (url, token, pid) = (door.local_url(address), people_token.clone(), std::process::id());
        address::write(&core.settings, &AddressFile { url, token, pid, pin: door.pin() })?;
        Ok(Self { core, listener, door, address, people_token })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How programs on this machine call it.
    #[must_use]
    pub fn url(&self) -> String {
        self.door.local_url(self.address)
    }

    /// The key that it has, if it speaks TLS.
    #[must_use]
    pub fn pin(&self) -> Option<Pin> {
        self.door.pin()
    }

    /// A token with every scope of people, for programs on this machine; revoked when it stops.
    #[must_use]
    pub fn people_token(&self) -> &str {
        &self.people_token
    }

    /// A join token for a worker in this process.
    ///
    /// # Errors
    /// [`StartError::Token`].
    pub async fn join_token(&self) -> Result<String, StartError> {
        make_token(&self.core, "worker in this process", vec![Scope::Join], Duration::from_secs(3_600)).await
    }

    /// What handlers and reconcilers share.
    #[must_use]
    pub fn core(&self) -> App {
        Arc::clone(&self.core)
    }

    /// Serves until told to drain, then lets requests finish. Every task has ended when it returns.
    pub async fn run(self) -> Drained {
        let Self { core, listener, door, address, .. } = self;
        door.announce(&door.local_url(address));
        let (tracker, close) = (TaskTracker::new(), CancellationToken::new());
        if core.settings.mode == Mode::Serve {
            reconcile::spawn(&core, &tracker);
        }
        let (router, limits) = (router::router(Arc::clone(&core)), core.settings.connections);
        let service = listener::Service { router, tls: door.acceptor(), limits };
        let stop = core.shutdown.stop.clone();
        tracker.spawn(listener::serve(listener, service, close.clone(), stop));
        core.shutdown.drain.cancelled().await;
        // Long polls and event streams end by themselves now; requests under way are finished.
        close.cancel();
        let drained = core.shutdown.drain_within(&tracker, core.settings.drain).await;
        address::remove(&core.settings);
        info!(drained = ?drained, "coordinator stopped");
        drained
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Bind { address, source })
}

async fn open(settings: &Settings, now: Timestamp) -> Result<Library, StartError> {
    let path = settings.data_dir.clone();
    own_folder(&path).map_err(|source| StartError::DataDir { path, source })?;
    let birth = Birth {
        incarnation: entropy::bytes().map_err(StartError::Entropy)?,
        lease_key: entropy::bytes().map_err(StartError::Entropy)?,
    };
    let readers = NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN);
    let settings = OpenSettings { address: settings.library_path().into(), readers, birth, now };
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

async fn load_tokens(core: &Core) -> Result<(), StoreError> {
    let now = core.clock.now();
    for credential in core.library.read(move |tx| credentials::usable(tx, now)).await? {
        tokens::remember(core, &credential);
    }
    Ok(())
}

/// Begins a new life of the queue with every open task of the library.
pub async fn rebuild(core: &Core) -> Result<(), StartError> {
    let watch = Stopwatch::start();
    let begin = |tx: &mut dyn hafs_library::Tx| {
        budget::settle_closed(tx)?;
        meta::next_generation(tx)
    };
    let generation = core.library.write(begin).await.map_err(StartError::Library)?;
    let (entries, paused) = core.library.read(open_tasks).await.map_err(StartError::Library)?;
    let paused: Vec<Pausable> = paused.into_iter().map(Pausable::Run).collect();
    let count = entries.len();
    let rebuilt = core.queue.rebuild(generation, &paused, &mut entries.into_iter(), core.clock.now()).await;
    rebuilt.map_err(StartError::Queue)?;
    core.metrics.rebuild_seconds.observe(watch.elapsed().as_secs_f64());
    info!(queue.generation = generation.0, queue.tasks = count, "queue rebuilt with {count} open tasks");
    Ok(())
}

fn open_tasks(tx: &mut dyn hafs_library::Tx) -> Result<(Vec<Entry>, Vec<RunId>), StoreError> {
    let mut entries = Vec::new();
    tasks::open_each(tx, &mut |task| {
        entries.push(entry(task));
        Ok(())
    })?;
    let paused = hafs_library::tables::runs::in_state(tx, RunState::Paused)?;
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

/// The token in the address file: all that people may do, until the coordinator starts the next time.
async fn local_token(core: &Core) -> Result<String, StartError> {
    const NAME: &str = "local programs";
    let now = core.clock.now();
    let usable =
        core.library.read(move |tx| credentials::usable(tx, now)).await.map_err(StartError::Library)?;
    for old in usable.iter().filter(|old| old.view.name.as_str() == NAME) {
        tokens::revoke(core, "coordinator", old.view.id).await.map_err(|problem| token_error(&problem))?;
    }
    let scopes = vec![Scope::Read, Scope::Run, Scope::Export, Scope::Admin];
    make_token(core, NAME, scopes, Duration::from_secs(365 * 24 * 3_600)).await
}

async fn make_token(
    core: &Core,
    name: &str,
    scopes: Vec<Scope>,
    ttl: Duration,
) -> Result<String, StartError> {
    let request = CreateTokenRequest {
        name: BoundedText::clipped(name),
        scopes,
        ttl_s: ttl.as_secs(),
        uses: 1,
        network: None,
    };
    let created =
        tokens::create(core, "coordinator", request).await.map_err(|problem| token_error(&problem))?;
    Ok(created.token.as_str().to_owned())
}

fn token_error(problem: &ProblemResponse) -> StartError {
    StartError::Token(problem.0.to_string())
}
