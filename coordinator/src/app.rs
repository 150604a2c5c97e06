//! The coordinator put together: everything is built and bound before anything runs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hafs_domain::retry::RetryPolicy;
use hafs_library::tables::{credentials, meta};
use hafs_library::{Library, StoreError};
use hafs_proto::lease::LeaseKey;
use hafs_proto::people::Scope;
use hafs_proto::{Pin, Timestamp};
use hafs_queue::Queue;
use hafs_queue::redis::ConnectError;
use hafs_runtime::clock::{Clock, SteadyClock};
use hafs_runtime::entropy::EntropyError;
use hafs_runtime::ids::IdGen;
use hafs_runtime::shutdown::{Drained, Shutdown};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

use crate::address::{self, AddressFile};
use crate::auth::{BearerToken, GuessBrake, Table};
use crate::events::EventBus;
use crate::http::{listener, router};
use crate::index::{self, IndexError};
use crate::lead::Lead;
use crate::local_token;
use crate::metrics::Metrics;
use crate::reconcile;
use crate::runs::Runs;
use crate::settings::{Mode, Settings};
use crate::stores::{self, OpenedQueue, PlaceError};
use crate::tls::{Door, Invitation, TlsError};
use crate::waiting::WaitingRoom;
use crate::work::graphs::Lexicons;
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
    /// The queue was not told of something.
    pub settle: Notify,
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
    /// When this process began.
    pub started_at: Timestamp,
    /// Mints ids.
    pub ids: IdGen,
    /// Signs lease tokens.
    pub lease_key: LeaseKey,
    /// Whether this coordinator leads.
    pub lead: Lead,
    /// Valid tokens.
    pub auth: Table,
    /// The brake on guessing tokens.
    pub brake: GuessBrake,
    /// Workers that are here.
    pub workers: Workers,
    /// Long polls that wait.
    pub waiting: WaitingRoom,
    /// Names of the graphs that samples are held to.
    pub lexicons: Lexicons,
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
    /// Where the library or the queue is.
    #[error("cannot tell where the library and the queue are")]
    Place(#[source] PlaceError),
    /// The library.
    #[error("cannot use the library")]
    Library(#[source] StoreError),
    /// The server of the queue.
    #[error("cannot use `coordinator.queue`")]
    QueueServer(#[source] ConnectError),
    /// The queue.
    #[error("cannot build the queue from the library")]
    Index(#[from] IndexError),
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

/// How long a worker in this process may take to join.
const JOIN_TTL: Duration = Duration::from_secs(3_600);

/// A coordinator that listens but does not serve yet.
pub struct Coordinator {
    core: App,
    queue: OpenedQueue,
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
        let library = stores::open_library(&settings, clock.now()).await?;
        let queue = stores::open_queue(&settings, &library).await?;
        let listener = bind(settings.listen).await?;
        let address =
            listener.local_addr().map_err(|source| StartError::Bind { address: settings.listen, source })?;
        let lease_key = library.read(meta::lease_key).await.map_err(StartError::Library)?;
        let lead = Lead::new(library.address()).map_err(StartError::Entropy)?;
        let core = Arc::new(Core {
            library,
            queue: queue.queue(),
            ids: IdGen::new(Arc::clone(&clock)).map_err(StartError::Entropy)?,
            started_at: clock.now(),
            clock,
            lease_key,
            auth: Table::default(),
            brake: GuessBrake::default(),
            workers: Workers::default(),
            waiting: WaitingRoom::default(),
            lexicons: Lexicons::default(),
            runs: Runs::default(),
            invitation: door.invitation(&settings, address),
            events: EventBus::new(lead.is_alone()),
            lead,
            metrics: Metrics::new().map_err(StartError::Metrics)?,
            wake: Wake::default(),
            shutdown,
            settings,
        });
        load_tokens(&core).await.map_err(StartError::Library)?;
        reconcile::news::begin(&core).await.map_err(StartError::Library)?;
        index::begin(&core).await?;
        let people_token = local_token::issue(&core).await?;
        if core.settings.mode == Mode::Serve {
            let (url, token, pid) = (door.local_url(address), people_token.clone(), std::process::id());
            address::write(&core.settings, &AddressFile { url, token, pid, pin: door.pin() })?;
        }
        Ok(Self { core, queue, listener, door, address, people_token })
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
        let token =
            local_token::make(&self.core, "worker in this process", vec![Scope::Join], JOIN_TTL).await?;
        if let Some(token) = BearerToken::parse(&token) {
            self.core.workers.vouch(token.id());
        }
        Ok(token)
    }

    /// What handlers and reconcilers share.
    #[must_use]
    pub fn core(&self) -> App {
        Arc::clone(&self.core)
    }

    /// Serves until told to drain, then lets requests finish. Every task has ended when it returns.
    pub async fn run(self) -> Drained {
        let Self { core, queue, listener, door, address, people_token } = self;
        door.announce(&door.local_url(address));
        let (tracker, close) = (TaskTracker::new(), CancellationToken::new());
        if core.settings.mode == Mode::Serve {
            reconcile::spawn(&core, queue, &tracker);
        }
        reconcile::spawn_quarantine(&core, &tracker);
        let (router, limits) = (router::router(Arc::clone(&core)), core.settings.connections);
        let service = listener::Service { router, tls: door.acceptor(), limits };
        let stop = core.shutdown.stop.clone();
        tracker.spawn(listener::serve(listener, service, close.clone(), stop));
        core.shutdown.drain.cancelled().await;
        // Long polls and event streams end by themselves now; requests under way are finished.
        close.cancel();
        let drained = core.shutdown.drain_within(&tracker, core.settings.drain).await;
        local_token::withdraw(&core, &people_token).await;
        address::remove(&core.settings);
        info!(drained = ?drained, "coordinator stopped");
        drained
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Bind { address, source })
}

async fn load_tokens(core: &Core) -> Result<(), StoreError> {
    let now = core.clock.now();
    for credential in core.library.read(move |tx| credentials::usable(tx, now)).await? {
        tokens::remember(core, &credential);
    }
    Ok(())
}
