//! A worker inside this process.

use std::sync::Arc;

use hafs_runtime::clock::SystemClock;
use hafs_runtime::env::Environment;
use hafs_runtime::ids::IdGen;
use hafs_runtime::shutdown::Shutdown;
use hafs_worker::config::Setup;
use hafs_worker::{Deps, Measured, RunError, Summary};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::failure::Failure;

/// A worker at work.
pub struct Working {
    shutdown: Shutdown,
    handle: Option<JoinHandle<Result<Summary, RunError>>>,
}

/// How a worker leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// It finishes what it holds.
    Finishing,
    /// It hands back what it holds: nobody needs it any more.
    HandingBack,
}

impl Working {
    /// Puts a worker together and lets it begin.
    ///
    /// # Errors
    /// [`Failure`] when its folders or prompts cannot be used.
    pub fn start(
        setup: Setup,
        measured: Measured,
        http: reqwest::Client,
        env: Environment,
    ) -> Result<Self, Failure> {
        let deps = Deps { http, env, clock: Arc::new(SystemClock), ids: Arc::new(IdGen::new(SystemClock)?) };
        let worker = hafs_worker::build(setup.settings, measured, deps)?;
        let shutdown = Shutdown::new();
        let own = shutdown.clone();
        let handle = TaskTracker::new().spawn(async move { worker.run(&own).await });
        Ok(Self { shutdown, handle: Some(handle) })
    }

    /// Waits until it ends by itself. May be dropped and called again.
    ///
    /// # Errors
    /// [`Failure`] when it ends with an error.
    pub async fn ended(&mut self) -> Result<Summary, Failure> {
        match &mut self.handle {
            Some(handle) => {
                let ended = handle.await;
                self.handle = None;
                Ok(ended??)
            }
            None => std::future::pending().await,
        }
    }

    /// Lets it leave: what it holds is finished or handed back, results go to the coordinator or stay in the spool.
    /// It hands back at once when `hurry` says so.
    ///
    /// # Errors
    /// [`Failure`] when it ends with an error.
    pub async fn leave(mut self, how: Leave, hurry: &Shutdown) -> Result<Option<Summary>, Failure> {
        if self.handle.is_none() {
            return Ok(None);
        }
        match how {
            Leave::Finishing => self.shutdown.drain.cancel(),
            Leave::HandingBack => self.shutdown.abort(),
        }
        let shutdown = self.shutdown.clone();
        tokio::select! {
            summary = self.ended() => return summary.map(Some),
            () = hurry.stop.cancelled() => shutdown.abort(),
        }
        self.ended().await.map(Some)
    }
}
