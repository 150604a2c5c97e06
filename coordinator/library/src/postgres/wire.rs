//! One connection, driven by the thread that uses it: a request that is under way moves the connection on, and
//! nothing else does. So one thread sends several requests at once where they do not depend on each other.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Connection, Error, NoTls, Socket};

use crate::address::PostgresUrl;

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(10);
/// Silence after which the other side's machine is asked whether it is still there, and how often it may not answer:
/// a machine that is gone is noticed after ten seconds.
const IDLE: Duration = Duration::from_secs(4);
const PROBE: Duration = Duration::from_secs(2);
const PROBES: u32 = 3;
/// How long the answer to a request may take, should the other side's machine be there and say nothing. Longer than a
/// writer waits for its turn; see `session::settings`.
const ANSWER: Duration = Duration::from_secs(30);

/// What a connection of ours is called on the server.
pub(crate) const APPLICATION: &str = "hafs-factory";

/// The advisory lock that every writer and every migration of a library holds: `hafs` in ASCII.
pub(crate) const LOCK: i64 = 0x6861_6673;

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The server could not be reached, or refused.
    Driver(Error),
    /// It took the connection and said nothing.
    Mute,
    /// It is not fit for a library; why, and what to do.
    Unfit(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

/// How long answers are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// So long: others wait for an open library.
    Short(Duration),
    /// As what looks at all of a library does, or makes it ready: a migration takes its time.
    Endless,
}

impl Patience {
    /// That of an open library.
    pub(super) const OPEN: Self = Self::Short(ANSWER);

    async fn ends(self) {
        match self {
            Self::Short(longest) => tokio::time::sleep(longest).await,
            Self::Endless => std::future::pending().await,
        }
    }
}

/// A connection and the runtime of its thread.
pub(crate) struct Wire {
    client: Client,
    /// Gone once the connection has ended.
    connection: Option<Connection<Socket, NoTlsStream>>,
    patience: Patience,
    // Last, because the connection belongs to it.
    runtime: Runtime,
}

impl Wire {
    /// Connects. Must not be called on a thread of an asynchronous runtime.
    pub(super) fn connect(url: &PostgresUrl) -> Result<Self, Refusal> {
        let mut config = url.config().clone();
        config.application_name(APPLICATION);
        config.keepalives_idle(IDLE).keepalives_interval(PROBE).keepalives_retries(PROBES);
        config.tcp_user_timeout(IDLE + PROBE * PROBES);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Refusal::Unfit(format!("this system gives no event queue: {error}")))?;
        let connected =
            runtime.block_on(async { tokio::time::timeout(CONNECT, config.connect(NoTls)).await });
        let (client, connection) = connected.map_err(|_| Refusal::Mute)??;
        Ok(Self { client, connection: Some(connection), patience: Patience::OPEN, runtime })
    }

    /// How long answers are waited for from now on.
    pub(super) const fn wait(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Runs requests until they are answered. Where that takes too long the connection is given up, and they fail as
    /// they do when it breaks.
    pub(crate) fn run<T>(&mut self, work: impl AsyncFnOnce(&Client) -> T) -> T {
        let Self { client, connection, patience, runtime } = self;
        runtime.block_on(async {
            let mut work = pin!(work(client));
            let mut too_long = pin!(patience.ends());
            poll_fn(|cx| {
                if let Poll::Ready(answer) = work.as_mut().poll(cx) {
                    return Poll::Ready(answer);
                }
                if connection.is_some() && too_long.as_mut().poll(cx).is_ready() {
                    tracing::warn!(
                        "the library's database did not answer in time; the connection is given up"
                    );
                    *connection = None;
                }
                drive(connection, cx);
                work.as_mut().poll(cx)
            })
            .await
        })
    }

    /// Whether the connection still stands, as far as this side has heard.
    pub(crate) fn alive(&mut self) -> bool {
        let Self { connection, runtime, .. } = self;
        runtime.block_on(poll_fn(|cx| {
            drive(connection, cx);
            Poll::Ready(())
        }));
        self.connection.is_some()
    }
}

/// Moves the connection on; drops it when it has ended, so that whoever waits for an answer learns of it.
fn drive(connection: &mut Option<Connection<Socket, NoTlsStream>>, cx: &mut std::task::Context<'_>) {
    if let Some(open) = connection
        && let Poll::Ready(ended) = Pin::new(open).poll(cx)
    {
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection to the library's database has ended");
        }
        *connection = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::PostgresServer;

    #[test]
    fn a_server_that_does_not_answer_in_time_is_a_connection_that_broke() {
        let server = match PostgresServer::shared() {
            Ok(server) => server,
            Err(why) => return println!("SKIPPED: {why}"),
        };
        let mut wire = Wire::connect(&server.address("postgres")).expect("connects");
        wire.wait(Patience::Short(Duration::from_millis(50)));
        let error = wire.run(async |client| client.simple_query("SELECT pg_sleep(600)").await);
        assert!(error.expect_err("it sleeps").is_closed());
        assert!(!wire.alive());
    }
}
