//! The program `hafs-worker`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use hafs_runtime::clock::SystemClock;
use hafs_runtime::config::{Request, load};
use hafs_runtime::env::Environment;
use hafs_runtime::http::{ClientSettings, client};
use hafs_runtime::ids::IdGen;
use hafs_runtime::secret::Secret;
use hafs_runtime::shutdown;
use hafs_runtime::telemetry::{LogFormat, init};
use tracing::{info, warn};

use crate::app::{Deps, build};
use crate::config::Setup;

/// Claims tasks from a coordinator and does them with this machine's teachers and sources.
#[derive(Debug, Parser)]
#[command(name = "hafs-worker", version)]
pub struct Args {
    /// The configuration file; otherwise that of HAFS_CONFIG, or hafs.toml in the working folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The coordinator's address, in place of the configured one.
    #[arg(long, value_name = "URL")]
    coordinator: Option<String>,
    /// A name for people, in place of the configured one.
    #[arg(long)]
    name: Option<String>,
    /// The join token of the first start. Other users of this machine can see it; prefer the file.
    #[arg(long, value_name = "TOKEN", env = "HAFS_JOIN_TOKEN", hide_env_values = true)]
    join_token: Option<String>,
    /// A file that holds the join token of the first start.
    #[arg(long, value_name = "FILE", conflicts_with = "join_token")]
    join_token_file: Option<PathBuf>,
}

/// Runs the worker until a signal or the coordinator ends it. SIGTERM or Ctrl-C drains, a second one hands back.
///
/// # Errors
/// Anything that keeps it from working, with its causes.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let env = Environment::of_process();
    init(LogFormat::default(), "info", &env)?;
    let config = load(Request { file: args.config.as_deref(), env: &env, flags: &[] })?;
    let mut setup = Setup::of(&config);
    if let Some(coordinator) = args.coordinator {
        setup.settings.coordinator = coordinator;
    }
    if let Some(name) = args.name {
        setup.settings.name = hafs_proto::BoundedText::new(name).context("--name")?;
    }
    setup.settings.join = match (args.join_token, args.join_token_file) {
        (Some(token), _) => Some(Secret::new(token)),
        (None, Some(path)) => Some(Secret::from_file(&path)?),
        (None, None) => None,
    };
    let http = client(&ClientSettings::default(), &env)?;
    let shutdown = shutdown::listen().context("could not listen for signals")?;
    let measured = setup.measure(http.clone()).await?;
    measured.missing.iter().for_each(|missing| warn!("not to be had: {missing}"));
    let deps = Deps { http, clock: Arc::new(SystemClock), ids: Arc::new(IdGen::new(SystemClock)?) };
    let summary = build(setup.settings, measured, deps)?.run(&shutdown).await?;
    info!(?summary.tally, results_left = summary.left_in_spool, "the worker has left");
    Ok(())
}
