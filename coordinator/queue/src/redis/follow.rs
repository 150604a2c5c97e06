//! Hearing of the changes that other coordinators make.

use std::time::Duration;

use futures_util::StreamExt;
use redis::RedisError;
use redis::aio::PubSub;

use super::RedisQueue;

/// Messages can be lost while a connection breaks; then this is how long a change stays unheard.
const PERIOD: Duration = Duration::from_millis(1_500);
const CONNECT: Duration = Duration::from_secs(2);

impl RedisQueue {
    /// Wakes those who wait on [`changes`](crate::Queue::changes) when another coordinator has changed
    /// something: by messages over a connection of its own, and by looking every one and a half seconds. Never
    /// returns; run it beside the coordinator's other tasks and drop it to stop.
    pub async fn follow(&self) {
        loop {
            // Why the connection ended does not matter: those who make calls are told.
            let _ = self.listen().await;
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Ends when the connection does, or seems to: a look that finds news which no message has told.
    async fn listen(&self) -> Result<(), RedisError> {
        let subscribed = tokio::time::timeout(CONNECT, self.subscribe()).await;
        let Ok(subscription) = subscribed else { return Ok(()) };
        let mut subscription = subscription?;
        let mut messages = subscription.on_message();
        // What was changed before the subscription is told by nobody.
        self.look().await;
        loop {
            match tokio::time::timeout(PERIOD, messages.next()).await {
                Ok(Some(message)) => self.hear(&String::from_utf8_lossy(message.get_payload_bytes())),
                Ok(None) => return Ok(()),
                Err(_) if self.look().await => return Ok(()),
                Err(_) => {}
            }
        }
    }

    async fn subscribe(&self) -> Result<PubSub, RedisError> {
        let mut subscription = self.server.client.get_async_pubsub().await?;
        subscription.subscribe(self.server.keys.channel()).await?;
        Ok(subscription)
    }

    /// A message is `generation.change`; others are not ours.
    fn hear(&self, message: &str) {
        let told = message
            .split_once('.')
            .and_then(|(generation, change)| Some((generation.parse().ok()?, change.parse().ok()?)));
        if let Some(told) = told {
            self.server.notice(told);
        }
    }

    /// Reads how far the index has changed; says whether that is news. A server that cannot be reached now is
    /// asked again later.
    async fn look(&self) -> bool {
        let mut ask = redis::cmd("HMGET");
        ask.arg(self.server.keys.meta()).arg("library").arg("generation").arg("changes");
        let told = self.server.ask::<(String, u64, u64)>("changes", &ask).await;
        told.is_ok_and(|(library, generation, change)| {
            library == self.server.library && self.server.notice((generation, change))
        })
    }
}
