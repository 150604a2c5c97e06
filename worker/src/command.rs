//! The program `hafs-worker`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use hafs_proto::JoinLink;
use hafs_proto::join::LinkError;
use hafs_runtime::clock::{Clock as _, SystemClock};
use hafs_runtime::config::{Request, load};
use hafs_runtime::env::Environment;
use hafs_runtime::http::{ClientSettings, client};
use hafs_runtime::ids::IdGen;
use hafs_runtime::secret::{Secret, SecretError};
use hafs_runtime::shutdown::{self, Shutdown};
use hafs_runtime::telemetry::{LogFormat, init};
use thiserror::Error;
use tracing::{info, warn};

use crate::app::{Deps, build};
use crate::config::Setup;
use crate::power::PowerLine;
use crate::probe;
use crate::settings::{Introduction, WorkerSettings};

/// Claims tasks from a coordinator and does them with this machine's teachers and sources.
#[derive(Debug, Parser)]
#[command(name = "hafs-worker", version)]
#[cfg_attr(windows, command(args_conflicts_with_subcommands = true))]
pub struct Args {
    #[command(flatten)]
    start: Start,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What else the program does.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Whether the worker of this configuration works: ends with 0, or says what is not well and ends with 1.
    Health {
        /// The configuration file; otherwise that of HAFS_CONFIG, or hafs.toml in the working folder.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Run as a service of Windows, which starts with the machine.
    #[cfg(windows)]
    #[command(subcommand)]
    Service(crate::service::Order),
}

/// How a worker is started.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Start {
    /// The configuration file; otherwise that of HAFS_CONFIG, or hafs.toml in the working folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The coordinator's address, in place of the configured one.
    #[arg(long, value_name = "URL")]
    coordinator: Option<String>,
    /// A name for people, in place of the configured one.
    #[arg(long)]
    name: Option<String>,
    /// How to join at the first start.
    #[command(flatten)]
    first: FirstStart,
}

/// How to join at the first start; later starts need none of it.
#[derive(Debug, Default, clap::Args)]
#[group(multiple = false)]
pub struct FirstStart {
    /// The join link that `hafs-factory token create --role worker` printed on the coordinator's machine. Other users of
    /// this machine can see it for as long as it is in use; `--join-file` hides it.
    #[arg(
        long,
        value_name = "LINK",
        env = "HAFS_JOIN",
        hide_env_values = true,
        conflicts_with = "coordinator"
    )]
    join: Option<Secret>,
    /// A file that holds the join link.
    #[arg(long, value_name = "FILE", conflicts_with = "coordinator")]
    join_file: Option<PathBuf>,
    /// A join token without link; the coordinator must be known to an authority or need no encryption.
    #[arg(long, value_name = "TOKEN", env = "HAFS_JOIN_TOKEN", hide_env_values = true)]
    join_token: Option<Secret>,
    /// A file that holds the join token.
    #[arg(long, value_name = "FILE")]
    join_token_file: Option<PathBuf>,
}

#[cfg(windows)]
impl Start {
    /// By a configuration, and by the join link in a file if there is one.
    pub(crate) fn by(config: PathBuf, link: Option<PathBuf>) -> Self {
        let first = FirstStart { join_file: link, ..FirstStart::default() };
        Self { config: Some(config), first, ..Self::default() }
    }
}

impl FirstStart {
    /// Puts into the settings what was given.
    ///
    /// # Errors
    /// [`FirstStartError`] when a file cannot be read or the link is damaged.
    pub fn apply(self, settings: &mut WorkerSettings) -> Result<(), FirstStartError> {
        let read = |path: Option<PathBuf>| path.map(|path| Secret::from_file(&path)).transpose();
        if let Some(link) = self.join.or(read(self.join_file)?) {
            settings.follow(&link.expose().parse::<JoinLink>()?);
        }
        if let Some(token) = self.join_token.or(read(self.join_token_file)?) {
            settings.join = Some(token);
        }
        Ok(())
    }
}

/// Why nothing can be made of what was given for the first start.
#[derive(Debug, Error)]
pub enum FirstStartError {
    /// A file.
    #[error(transparent)]
    File(#[from] SecretError),
    /// A join link that is damaged or none.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Runs the worker until a signal or the coordinator ends it. SIGTERM, Ctrl-C or Ctrl-Break drains, a second one hands
/// back.
///
/// # Errors
/// Anything that keeps it from working, with its causes.
pub fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        None => serve(args.start),
        Some(Command::Health { config }) => health(config.as_deref()),
        #[cfg(windows)]
        Some(Command::Service(order)) => crate::service::obey(order),
    }
}

fn health(config: Option<&Path>) -> anyhow::Result<()> {
    let config = load(Request { file: config, env: &Environment::of_process(), flags: &[] })?;
    Ok(probe::look(&config.worker.spool_dir, SystemClock.now())?)
}

fn serve(start: Start) -> anyhow::Result<()> {
    let env = Environment::of_process();
    init(LogFormat::default(), "info", &env)?;
    runtime()?.block_on(async {
        let shutdown = shutdown::listen().context("could not listen for signals")?;
        work(start, env, (&shutdown, PowerLine::silent())).await
    })
}

/// What a worker runs in.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start its threads")
}

/// Runs a worker, whoever has started it, until it is told to leave.
pub(crate) async fn work(
    start: Start,
    env: Environment,
    (shutdown, power): (&Shutdown, PowerLine),
) -> anyhow::Result<()> {
    if let Err(why) = hafs_sandbox::bind_children() {
        warn!("programs that this worker starts would outlive it if it were killed: {why}");
    }
    let config = load(Request { file: start.config.as_deref(), env: &env, flags: &[] })?;
    let mut setup = Setup::of(&config);
    if let Some(coordinator) = start.coordinator {
        setup.settings.coordinator = coordinator;
        setup.settings.introduction = Introduction::Told;
    }
    if let Some(name) = start.name {
        setup.settings.name = hafs_proto::BoundedText::new(name).context("--name")?;
    }
    start.first.apply(&mut setup.settings)?;
    let http = client(&ClientSettings::default(), &env)?;
    let measured = setup.measure(http.clone()).await?;
    measured.missing.iter().for_each(|missing| warn!("not to be had: {missing}"));
    let ids = Arc::new(IdGen::new(SystemClock)?);
    let deps = Deps { http, env, clock: Arc::new(SystemClock), ids };
    let summary = build(setup.settings, measured, deps)?.on_power(power).run(shutdown).await?;
    info!(?summary.tally, results_left = summary.left_in_spool, "the worker has left");
    Ok(())
}
