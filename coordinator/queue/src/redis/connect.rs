//! Connecting, once the server has shown that it is fit.

use std::time::Duration;

use hafs_domain::retry::RetryPolicy;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, IntoConnectionInfo, RedisError};

use super::RedisQueue;
use super::call::Server;
use super::check::Facts;
use super::keys::Keys;
use super::settings::{ConnectError, RedisSettings, is_name, redacted};
use super::trouble::trouble;

const CONNECT: Duration = Duration::from_secs(2);
/// Longer than any script takes by far. No command of ours blocks.
const RESPONSE: Duration = Duration::from_secs(5);
/// Further tries of one reconnection; the next call begins another.
const TRIES: usize = 1;
const PAUSE: Duration = Duration::from_millis(200);

impl RedisQueue {
    /// Connects to a server that is fit for a queue. The index may need a [`rebuild`](crate::Queue::rebuild)
    /// before it can be used; [`stats`](crate::Queue::stats) tells.
    ///
    /// # Errors
    /// [`ConnectError`], each with its remedy.
    pub async fn connect(settings: &RedisSettings, retry: RetryPolicy) -> Result<Self, ConnectError> {
        let url = redacted(&settings.url);
        if settings.url.starts_with("rediss://") || settings.url.starts_with("valkeys://") {
            return Err(ConnectError::Tls { url });
        }
        if !is_name(&settings.name) {
            return Err(ConnectError::Name { name: settings.name.clone() });
        }
        let info = settings.url.as_str().into_connection_info().ok();
        let client =
            info.and_then(|info| Client::open(info).ok()).ok_or(ConnectError::Url { url: url.clone() })?;
        let unavailable =
            |error: RedisError| ConnectError::Unavailable { server: url.clone(), trouble: trouble(&error) };
        let manager = manager(&client).await.map_err(unavailable)?;
        let facts = facts(manager.clone()).await.map_err(unavailable)?;
        if let Some(unfit) = facts.unfit(settings.accept_unchecked) {
            return Err(ConnectError::Unfit { server: url, unfit });
        }
        let server = Server::new((client, manager), url, Keys::new(&settings.name), settings);
        Ok(Self { server, retry })
    }
}

async fn manager(client: &Client) -> Result<ConnectionManager, RedisError> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(RESPONSE))
        .set_number_of_retries(TRIES)
        .set_max_delay(PAUSE);
    ConnectionManager::new_with_config(client.clone(), config).await
}

async fn facts(mut manager: ConnectionManager) -> Result<Facts, RedisError> {
    let info: String = redis::cmd("INFO").query_async(&mut manager).await?;
    // Hosted servers forbid CONFIG: then it is not known.
    let saves = redis::cmd("CONFIG").arg("GET").arg("save").query_async::<Vec<String>>(&mut manager).await;
    let saves = saves.ok().and_then(|pair| pair.into_iter().nth(1));
    Ok(Facts::read(&info, saves))
}
