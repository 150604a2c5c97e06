//! Starting `hafs-coordinator`: configuration in, exit code out.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_library::StoreError;
use hafs_runtime::config::{self, Config, LoadError, Request, ServerUrl};
use hafs_runtime::env::Environment;
use hafs_runtime::{shutdown, telemetry};
use thiserror::Error;

use crate::app::{Coordinator, StartError};
use crate::backups::BackupPlan;
use crate::http::problem::chain;
use crate::settings::{ConnectionLimits, GraphUse, Mode, Rotation, Settings, SpecialTokens, Weight};
use crate::stores::{Place, QueueName};
use crate::tls::{CertificateFiles, TlsSettings};

/// Why the program ended.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] LoadError),
    /// The log cannot be set up.
    #[error("cannot set up the log")]
    Telemetry(#[from] telemetry::TelemetryError),
    /// Signals cannot be listened to.
    #[error("cannot listen to signals")]
    Signals(#[from] std::io::Error),
    /// The service cannot start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Runs the service until a signal ends it.
///
/// # Errors
/// [`LaunchError`], each with its remedy.
pub async fn run(file: Option<&Path>) -> Result<(), LaunchError> {
    let env = Environment::of_process();
    let config = config::load(Request { file, env: &env, flags: &[] })?;
    telemetry::init(config.coordinator.log_format, "info", &env)?;
    let shutdown = shutdown::listen()?;
    let coordinator = Coordinator::build(Settings::from(&config), shutdown).await?;
    coordinator.run().await;
    Ok(())
}

/// Tells a person why the program ended.
#[expect(clippy::print_stderr, reason = "the last word of a program that could not do its work")]
pub fn report(error: &(dyn std::error::Error + 'static)) {
    eprintln!("error: {}", chain(error));
}

/// 2: the configuration is wrong; 4: the library is in use, newer or damaged; 1: anything else.
#[must_use]
pub const fn exit_code(error: &LaunchError) -> u8 {
    match error {
        LaunchError::Config(_) | LaunchError::Start(StartError::Place(_)) => 2,
        LaunchError::Start(StartError::Library(
            StoreError::Locked { .. } | StoreError::Newer { .. } | StoreError::Unusable { .. },
        )) => 4,
        LaunchError::Telemetry(_) | LaunchError::Signals(_) | LaunchError::Start(_) => 1,
    }
}

/// At most one of them is given: the configuration has seen to it.
fn place(url: Option<&ServerUrl>, file: Option<&PathBuf>) -> Option<Place> {
    let url = url.map(|url| Place::At(url.as_str().to_owned()));
    url.or_else(|| file.cloned().map(Place::In))
}

fn graph_use(graph: &config::Graph) -> GraphUse {
    let weight = if graph.rejects { Weight::Decides } else { Weight::Informs };
    GraphUse { graph: graph.name.clone(), domains: graph.domains.clone(), weight }
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let coordinator = &config.coordinator;
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            mode: Mode::Serve,
            listen: coordinator.listen,
            advertised: coordinator.listen,
            public_url: coordinator.public_url.as_ref().map(ToString::to_string),
            trusted_proxies: coordinator.trusted_proxies.clone(),
            tls: TlsSettings {
                mode: coordinator.tls,
                files: coordinator
                    .tls_cert
                    .clone()
                    .zip(coordinator.tls_key.clone())
                    .map(|(certificate, key)| CertificateFiles { certificate, key }),
                insecure_http: coordinator.insecure_http,
            },
            rotation: Rotation {
                overlap: coordinator.credential_overlap_s,
                max_age: Duration::from_secs(u64::from(coordinator.credential_max_age_days) * 24 * 3_600),
            },
            data_dir: coordinator.data_dir.clone(),
            backups: BackupPlan { every: coordinator.backup_every_s, keep: count(coordinator.backup_keep) },
            library: place(coordinator.library.as_ref(), coordinator.library_file.as_ref()),
            queue: place(coordinator.queue.as_ref(), coordinator.queue_file.as_ref()),
            queue_name: QueueName {
                name: coordinator.queue_name.to_string(),
                accept_unchecked: coordinator.queue_accept_unchecked,
            },
            output_dir: config.training.output_dir.clone(),
            lease: coordinator.lease_s,
            heartbeat: coordinator.heartbeat_s,
            claim_wait: config.worker.claim_wait_s,
            connections: ConnectionLimits {
                total: count(coordinator.max_connections),
                per_ip: count(coordinator.max_connections_per_ip),
                handshake: coordinator.handshake_timeout_s,
                header: coordinator.header_timeout_s,
                keep_alive: coordinator.keep_alive_timeout_s,
                body: coordinator.body_timeout_s,
                idle: coordinator.idle_timeout_s,
            },
            drain: coordinator.drain_timeout_s,
            unverified_share: config.export.unverified_share.thousandths(),
            graphs: config.graphs.iter().map(graph_use).collect(),
            special_tokens: match config.gates.special_tokens {
                config::SpecialTokens::Reject => SpecialTokens::Reject,
                config::SpecialTokens::Escape => SpecialTokens::Escape,
            },
        }
    }
}
