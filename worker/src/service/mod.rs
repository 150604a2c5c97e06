//! The worker as a service of Windows: it starts with the machine, without anybody who is logged in.

mod manage;
mod run;

use std::path::PathBuf;

/// The service's name.
const NAME: &str = "hafs-worker";

/// The account that the service runs as unless a person names another: one of its own, which can nothing but what it was
/// granted. Windows makes it with the service.
const ACCOUNT: &str = r"NT SERVICE\hafs-worker";

/// What the service log is called, in the folder of the configuration.
const LOG: &str = "hafs-worker.log";

/// What the join link is called there, until it was used.
const LINK: &str = "join.link";

/// What is to be done with the service.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Order {
    /// Register the service; it starts with the machine. Needs an administrator.
    Install(Install),
    /// Stop the service and take it away; configuration, credential and results stay. Needs an administrator.
    Uninstall,
    /// Start, as the service control manager does; a person uses `sc start hafs-worker`.
    Run(Run),
    /// Say what the service is doing.
    Status,
}

/// How to register it.
#[derive(Debug, clap::Args)]
pub(crate) struct Install {
    /// The configuration file. The service's log, and a join link named `join.link`, lie in the same folder.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The account that it runs as, such as `.\somebody`; otherwise one of its own.
    #[arg(long)]
    account: Option<String>,
    /// A file with the password of the account.
    #[arg(long, value_name = "FILE", requires = "account")]
    password_file: Option<PathBuf>,
}

/// How it is started.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Carries out an order.
///
/// # Errors
/// In words, with what to do.
pub(crate) fn obey(order: Order) -> anyhow::Result<()> {
    match order {
        Order::Install(install) => manage::install(&install),
        Order::Uninstall => manage::uninstall(),
        Order::Status => manage::status(),
        Order::Run(run) => run::dispatch(run),
    }
}
