//! What the coordinator needs to know, as plain checked values. The binaries map `hafs.toml` to this.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hafs_library::Address;
use hafs_proto::{Domain, GraphName, Network};

use crate::backups::BackupPlan;
use crate::stores::{Place, PlaceError, QueueName};
use crate::tls::TlsSettings;

/// What a coordinator is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Plan, hand out, decide.
    Serve,
    /// Answer questions about the library only: nothing is planned, handed out or decided.
    Inspect,
}

/// How samples with chat-template tokens inside leave in an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialTokens {
    /// They are left out and named in the manifest.
    Reject,
    /// The tokens are made harmless and the row is marked.
    Escape,
}

/// Deadlines and caps of the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Connections at once.
    pub total: usize,
    /// Connections of one address at once.
    pub per_ip: usize,
    /// How long the opening of an encrypted connection may take.
    pub handshake: Duration,
    /// From the first byte of a request's head to its last; the first one's time runs from the connection's opening.
    pub header: Duration,
    /// How long a connection may be kept without a request.
    pub keep_alive: Duration,
    /// From the head of a request to the last byte of its body.
    pub body: Duration,
    /// How long a peer may read nothing while there is something to read.
    pub idle: Duration,
}

/// When workers draw new secrets.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// How long the secret before is still taken.
    pub overlap: Duration,
    /// The age at which a secret is replaced.
    pub max_age: Duration,
}

/// What a graph's check means for a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is recorded.
    Informs,
    /// A failure rejects the sample.
    Decides,
}

/// A graph that samples are held to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphUse {
    /// Which.
    pub graph: GraphName,
    /// Samples of these domains.
    pub domains: Vec<Domain>,
    /// What its check means for them.
    pub weight: Weight,
}

/// Settings of a coordinator.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What it is started for.
    pub mode: Mode,
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where workers are told to find it, unless `public_url` says it. The same as `listen` but for a coordinator that
    /// only answers questions, which listens elsewhere.
    pub advertised: SocketAddr,
    /// The base address that workers are told, if it is not the one that it listens on.
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Encryption.
    pub tls: TlsSettings,
    /// When workers draw new secrets.
    pub rotation: Rotation,
    /// Folder of the library, backups and the address file.
    pub data_dir: PathBuf,
    /// Periodic backups.
    pub backups: BackupPlan,
    /// The database of the library; nothing: the file in `data_dir`.
    pub library: Option<Place>,
    /// The server of the queue; nothing: this process.
    pub queue: Option<Place>,
    /// Which queue of that server.
    pub queue_name: QueueName,
    /// Folder that data sets are written to.
    pub output_dir: PathBuf,
    /// A lease's length; at least three heartbeats.
    pub lease: Duration,
    /// Between two renewals of a worker.
    pub heartbeat: Duration,
    /// Longest wait of a claim.
    pub claim_wait: Duration,
    /// Deadlines and caps of the accept loop.
    pub connections: ConnectionLimits,
    /// Longest graceful shutdown.
    pub drain: Duration,
    /// How special tokens leave.
    pub special_tokens: SpecialTokens,
    /// Largest share, in thousandths, of one identity's unverified samples in an export.
    pub unverified_share: u32,
    /// Graphs that samples are held to.
    pub graphs: Vec<GraphUse>,
}

impl Settings {
    /// Sensible values for one machine: a free loopback port and everything below `data_dir`.
    #[must_use]
    pub fn local(data_dir: PathBuf) -> Self {
        Self {
            mode: Mode::Serve,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            advertised: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            trusted_proxies: Vec::new(),
            tls: TlsSettings::automatic(),
            rotation: Rotation {
                overlap: Duration::from_secs(600),
                max_age: Duration::from_secs(90 * 24 * 3_600),
            },
            output_dir: data_dir.join("datasets"),
            data_dir,
            backups: BackupPlan { every: Duration::from_secs(900), keep: 3 },
            library: None,
            queue: None,
            queue_name: QueueName::default(),
            lease: Duration::from_secs(90),
            heartbeat: Duration::from_secs(20),
            claim_wait: Duration::from_secs(20),
            connections: ConnectionLimits {
                total: 1_024,
                per_ip: 256,
                handshake: Duration::from_secs(10),
                header: Duration::from_secs(10),
                keep_alive: Duration::from_secs(75),
                body: Duration::from_secs(30),
                idle: Duration::from_secs(60),
            },
            drain: Duration::from_secs(30),
            special_tokens: SpecialTokens::Reject,
            unverified_share: 1_000,
            graphs: Vec::new(),
        }
    }

    /// Where the library is.
    ///
    /// # Errors
    /// [`PlaceError`] when a file with its address cannot be read or holds none.
    pub fn library_address(&self) -> Result<Address, PlaceError> {
        match &self.library {
            None => Ok(Address::File(self.data_dir.join("library.db"))),
            Some(place) => place.library(),
        }
    }

    /// The folder of the coordinator's own certificate.
    #[must_use]
    pub fn tls_folder(&self) -> PathBuf {
        self.data_dir.join("tls")
    }

    /// Where a running coordinator says how to reach it.
    #[must_use]
    pub fn address_path(&self) -> PathBuf {
        self.data_dir.join("coordinator.json")
    }
}
