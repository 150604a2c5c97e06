//! The coordinator inside this process.

use std::net::SocketAddr;

use hafs_coordinator::app::Coordinator;
use hafs_coordinator::settings::Settings;
use hafs_proto::Pin;
use hafs_runtime::config::{Config, Origin};
use hafs_runtime::secret::Secret;
use hafs_runtime::shutdown::Shutdown;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::api::{Api, connect};
use crate::context::Context;
use crate::failure::Failure;

/// A coordinator that serves on loopback.
pub struct Serving {
    /// How to call it.
    pub api: Api,
    /// Its address.
    pub url: String,
    /// The key that it has, if it speaks TLS.
    pub pin: Option<Pin>,
    /// Lets one worker in.
    pub join: Secret,
    shutdown: Shutdown,
    handle: JoinHandle<()>,
}

impl Serving {
    /// Opens the library and begins to serve.
    ///
    /// # Errors
    /// [`Failure`] when the library or the address cannot be used.
    pub async fn start(context: &Context, config: &Config) -> Result<Self, Failure> {
        let shutdown = Shutdown::new();
        let coordinator = Coordinator::build(settings(config), shutdown.clone()).await?;
        let (url, pin) = (coordinator.url(), coordinator.pin());
        let api = connect(context, &url, coordinator.people_token(), pin)?;
        let join = Secret::new(coordinator.join_token().await?);
        let handle = TaskTracker::new().spawn(async {
            coordinator.run().await;
        });
        Ok(Self { api, url, pin, join, shutdown, handle })
    }

    /// Lets requests finish and stops; at once when `hurry` says so.
    ///
    /// # Errors
    /// [`Failure`] when the coordinator has panicked.
    pub async fn stop(mut self, hurry: &Shutdown) -> Result<(), Failure> {
        self.shutdown.drain.cancel();
        tokio::select! {
            ended = &mut self.handle => return Ok(ended?),
            () = hurry.stop.cancelled() => self.shutdown.abort(),
        }
        Ok(self.handle.await?)
    }
}

/// Listens where the configuration says; where it says nothing, on any free port, so that two libraries can be in use
/// on one machine.
fn settings(config: &Config) -> Settings {
    let settings = Settings::from(config);
    let by_default = |value: &hafs_runtime::config::Effective| {
        value.key == "coordinator.listen" && value.origin == Origin::Default
    };
    if config.values().iter().any(by_default) {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Settings { listen, advertised: listen, ..settings }
    } else {
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_port_of_the_configuration_is_used_and_any_free_one_otherwise() {
        let port = |text: &str| {
            let env = [("HOME", "/home/somebody")].into_iter().collect();
            let config = hafs_runtime::config::parse(text, Path::new("hafs.toml"), &env, &[]);
            settings(&config.expect("a configuration")).listen.port()
        };
        assert_eq!(port(""), 0);
        assert_eq!(port("[coordinator]\nlisten = \"127.0.0.1:7425\"\n"), 7425);
    }
}
