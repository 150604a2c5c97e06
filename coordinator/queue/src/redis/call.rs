//! Calling scripts, and trusting the index that they work on.
//!
//! A server forgets its scripts when it ends. So a call that finds its script was made under the same run in
//! which somebody loaded it; and scripts are loaded only after the server's run was compared with the one that
//! the index was built under. A restart, a restored backup or a failover is noticed by the first call after it,
//! at no cost for the others, and answered with [`QueueError::Rebuilding`].

use std::fmt;
use std::sync::{Mutex, PoisonError};

use hafs_proto::Generation;
use redis::aio::ConnectionManager;
use redis::{Client, Cmd, FromRedisValue, RedisError, Value, from_redis_value};
use tokio::sync::watch;

use super::check::field;
use super::keys::Keys;
use super::script::{Scripts, Verb};
use super::settings::RedisSettings;
use super::trouble::trouble;
use crate::{QueueError, Trouble};

/// The form of records and keys. Another form is another library: the index is rebuilt, not read.
const FORM: &str = "2";

/// A server, and what this coordinator has seen of the index there.
pub(super) struct Server {
    pub(super) client: Client,
    manager: ConnectionManager,
    address: String,
    pub(super) keys: Keys,
    scripts: Scripts,
    pub(super) library: String,
    /// The highest generation seen, and the last change in it.
    seen: Mutex<(u64, u64)>,
    changes: watch::Sender<u64>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl Server {
    pub(super) fn new(
        (client, manager): (Client, ConnectionManager),
        address: String,
        keys: Keys,
        settings: &RedisSettings,
    ) -> Self {
        Self {
            client,
            manager,
            address,
            keys,
            scripts: Scripts::new(),
            library: format!("{FORM}/{}", settings.library),
            seen: Mutex::new((settings.at_least.0, 0)),
            changes: watch::Sender::new(0),
        }
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn generation(&self) -> Generation {
        Generation(self.seen.lock().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Whether this coordinator has seen an index of this generation, or a higher one.
    pub(super) fn has_seen(&self, generation: Generation) -> bool {
        // The first change is the rebuild: without one, the number is what the library said.
        (generation.0, 0) < *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a generation and of a change in it; wakes those who wait if it is news, and says so.
    pub(super) fn notice(&self, told: (u64, u64)) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let news = told > *seen;
        if news {
            *seen = told;
        }
        drop(seen);
        if news {
            self.changes.send_modify(|count| *count = count.wrapping_add(1));
        }
        news
    }

    /// The beginning of a call: the verb's own arguments follow.
    pub(super) fn verb(&self, verb: Verb) -> Cmd {
        let keys = self.keys.live();
        let mut call = redis::cmd("EVALSHA");
        call.arg(self.scripts.hash(verb)).arg(keys.len()).arg(&keys);
        call.arg(&self.library).arg(self.generation().0).arg(self.keys.channel());
        call
    }

    /// Calls a script on the index in use.
    pub(super) async fn call<T: FromRedisValue>(
        &self,
        verb: &'static str,
        call: &Cmd,
    ) -> Result<T, QueueError> {
        let mut answer = self.send(call).await;
        if answer.as_ref().is_err_and(|error| error.code() == Some("NOSCRIPT")) {
            self.load(verb).await?;
            answer = self.send(call).await;
        }
        let answer = answer.map_err(|error| self.unavailable(verb, trouble(&error)))?;
        let (alive, generation, change, payload): (bool, u64, u64, Value) = self.read(verb, answer)?;
        if !alive {
            return Err(QueueError::Rebuilding);
        }
        self.notice((generation, change));
        self.read(verb, payload)
    }

    /// Sends any command.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, RedisError> {
        command.query_async(&mut self.manager.clone()).await
    }

    /// Sends one command of another script than a verb's.
    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        verb: &'static str,
        command: &Cmd,
    ) -> Result<T, QueueError> {
        let answer = self.send(command).await.map_err(|error| self.unavailable(verb, trouble(&error)))?;
        self.read(verb, answer)
    }

    /// Makes what the server answered our own.
    pub(super) fn read<T: FromRedisValue>(&self, verb: &'static str, value: Value) -> Result<T, QueueError> {
        from_redis_value(value).map_err(|error| self.foreign(verb, &error.to_string()))
    }

    /// The server holds something that is not ours.
    pub(super) fn foreign(&self, verb: &'static str, what: &str) -> QueueError {
        self.unavailable(verb, Trouble::Foreign(what.to_owned()))
    }

    pub(super) fn unavailable(&self, verb: &'static str, trouble: Trouble) -> QueueError {
        QueueError::Unavailable { verb, server: self.address.clone(), trouble }
    }

    /// Loads the scripts if the index was built under the server's present run.
    async fn load(&self, verb: &'static str) -> Result<(), QueueError> {
        self.same_run(verb).await?;
        let loaded = self.scripts.load().query_async::<()>(&mut self.manager.clone()).await;
        loaded.map_err(|error| self.unavailable(verb, trouble(&error)))?;
        let same = self.same_run(verb).await;
        if same == Err(QueueError::Rebuilding) {
            // The server was restarted in between, and has scripts now that it should not have.
            self.ask::<Value>(verb, redis::cmd("SCRIPT").arg("FLUSH")).await?;
        }
        same
    }

    async fn same_run(&self, verb: &'static str) -> Result<(), QueueError> {
        let mut ask = redis::cmd("HMGET");
        let built: Vec<Option<String>> =
            self.ask(verb, ask.arg(self.keys.meta()).arg("library").arg("run")).await?;
        let run = self.run(verb).await?;
        let same = built == [Some(self.library.clone()), Some(run)];
        if same { Ok(()) } else { Err(QueueError::Rebuilding) }
    }

    /// The present run of the server: another one after each restart.
    pub(super) async fn run(&self, verb: &'static str) -> Result<String, QueueError> {
        let info: String = self.ask(verb, redis::cmd("INFO").arg("server")).await?;
        field(&info, "run_id").ok_or_else(|| self.foreign(verb, "INFO without a run_id"))
    }
}
