//! Reaching a coordinator: the one that was named, else the one that runs on this library, else one that only answers questions.

use std::net::SocketAddr;
use std::time::Duration;

use hafs_coordinator::address;
use hafs_coordinator::app::Coordinator;
use hafs_coordinator::settings::{Mode, Settings};
use hafs_proto::people::Status;
use hafs_runtime::config::Config;
use hafs_runtime::shutdown::Shutdown;
use tokio_util::task::TaskTracker;

use super::client::Api;
use super::connect::connect;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// How long a coordinator on this machine may take to say that it is there.
const KNOCK: Duration = Duration::from_secs(3);

/// Asks the coordinator of the configured library.
///
/// # Errors
/// [`Failure`] when there is no library or it cannot be used, or what the question comes to.
pub async fn ask<T>(
    context: &Context,
    config: &Config,
    question: impl AsyncFnOnce(&Api) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let settings = Settings::from(config);
    let reached = running(context, config).await?;
    if reached.is_none() && settings.library_address()?.is_missing_file() {
        let message = format!("there is no library in {} yet", settings.data_dir.display());
        return Err(Failure::new(Exit::Failed, message).remedy(
            "`hafs-factory run PATH` makes one; or name its folder with --data-dir, HAFS_HOME or `coordinator.data_dir`",
        ));
    }
    begin_with(context, config, reached, question).await
}

/// The same, and makes the library when there is none.
///
/// # Errors
/// [`Failure`] when the library cannot be used, or what the question comes to.
pub async fn begin<T>(
    context: &Context,
    config: &Config,
    question: impl AsyncFnOnce(&Api) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let reached = running(context, config).await?;
    begin_with(context, config, reached, question).await
}

async fn begin_with<T>(
    context: &Context,
    config: &Config,
    reached: Option<Api>,
    question: impl AsyncFnOnce(&Api) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if let Some(api) = reached {
        return question(&api).await;
    }
    let settings = Settings::from(config);
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let settings = Settings { mode: Mode::Inspect, listen, ..settings };
    let shutdown = Shutdown::new();
    let coordinator = Coordinator::build(settings, shutdown.clone()).await?;
    let api = connect(context, &coordinator.url(), coordinator.people_token(), coordinator.pin())?;
    let tracker = TaskTracker::new();
    tracker.spawn(coordinator.run());
    tracker.close();
    let answer = question(&api).await;
    shutdown.drain.cancel();
    tracker.wait().await;
    answer
}

/// The coordinator that `--at` names, else the one that runs on the configured library, if one does.
///
/// # Errors
/// [`Failure`] when a client cannot be set up.
pub async fn running(context: &Context, config: &Config) -> Result<Option<Api>, Failure> {
    if let Some(api) = context.remote()? {
        return Ok(Some(api));
    }
    // One that is not there or cannot be read is as good as none: whoever holds the library is found by its lock.
    let Ok(Some(file)) = address::read(&Settings::from(config)) else { return Ok(None) };
    let api = connect(context, &file.url, &file.token, file.pin)?;
    // The file of a killed coordinator names an address at which nobody answers, or a stranger.
    let knock = tokio::time::timeout(KNOCK, api.get::<Status>("/v1/status", &[])).await;
    Ok(matches!(knock, Ok(Ok(_))).then_some(api))
}
