//! A new life of the index: prepared beside the old one, then put in its place.

use hafs_proto::{Generation, Timestamp, limits};
use redis::{Cmd, Script, Value};

use super::RedisQueue;
use super::bytes::{encode, pausable, time};
use super::script::{STAGE, SWITCH};
use super::trouble::trouble;
use crate::record::Record;
use crate::{Entry, Pausable, QueueError, Trouble};

/// Seconds after which an index that nobody prepares any more vanishes.
const ABANDONED_S: u32 = 600;
const VERB: &str = "rebuild";

impl RedisQueue {
    /// Prepares the index in batches while the old one, if there is one, serves on; then puts it in place in
    /// one step. The highest generation wins: of two that rebuild at once, the lower is told so.
    pub(super) async fn begin_anew(
        &self,
        generation: Generation,
        paused: &[Pausable],
        entries: &mut (dyn Iterator<Item = Entry> + Send),
        now: Timestamp,
    ) -> Result<(), QueueError> {
        if self.server.has_seen(generation) {
            // Also where the index is gone: old leases could look current in a second life of the same number.
            return Err(QueueError::OldGeneration { given: generation, current: self.server.generation() });
        }
        // Asked before the first task, so that a restart in between leaves an index that is not trusted.
        let run = self.server.run(VERB).await?;
        self.discard(generation).await?;
        let built = self.prepare(generation, entries, now).await;
        let built = match built {
            Ok(tasks) => self.switch(generation, (&run, tasks), paused).await,
            Err(error) => Err(error),
        };
        if built.is_err() {
            // Only tidying: what stays vanishes by itself.
            let _ = self.discard(generation).await;
        }
        built
    }

    async fn prepare(
        &self,
        generation: Generation,
        entries: &mut (dyn Iterator<Item = Entry> + Send),
        now: Timestamp,
    ) -> Result<u64, QueueError> {
        let mut tasks = 0;
        loop {
            let batch: Vec<Entry> = entries.take(limits::BATCH_ITEMS).collect();
            if batch.is_empty() {
                return Ok(tasks);
            }
            tasks += self.stage(generation, batch, now).await?;
        }
    }

    async fn stage(
        &self,
        generation: Generation,
        batch: Vec<Entry>,
        now: Timestamp,
    ) -> Result<u64, QueueError> {
        let mut keys = self.server.keys.staged(generation).to_vec();
        keys.push(self.server.keys.meta());
        let mut call = evaluate(STAGE, &keys);
        call.arg(&self.server.library).arg(generation.0).arg(&time(now)).arg(ABANDONED_S);
        for entry in batch {
            call.arg(entry.task.uuid().as_bytes()).arg(encode(&Record::new(entry)));
        }
        match self.run_script(STAGE, &call).await? {
            (1, new) => Ok(new),
            (_, current) => Err(self.outdated(generation, current)),
        }
    }

    async fn switch(
        &self,
        generation: Generation,
        (run, tasks): (&str, u64),
        paused: &[Pausable],
    ) -> Result<(), QueueError> {
        let keys = [self.server.keys.live(), self.server.keys.staged(generation)].concat();
        let mut call = evaluate(SWITCH, &keys);
        call.arg(&self.server.library).arg(generation.0).arg(self.server.keys.channel()).arg(run).arg(tasks);
        for what in paused {
            call.arg(pausable(what));
        }
        match self.run_script(SWITCH, &call).await? {
            (1, change) => {
                self.server.notice((generation.0, change));
                Ok(())
            }
            (2, current) => Err(self.outdated(generation, current)),
            (_, found) => Err(self.server.unavailable(VERB, Trouble::Torn { prepared: tasks, found })),
        }
    }

    /// Another coordinator has begun a newer life: from now on, that one is meant.
    fn outdated(&self, given: Generation, current: u64) -> QueueError {
        self.server.notice((current, 0));
        QueueError::OldGeneration { given, current: Generation(current) }
    }

    /// These scripts touch no index that is in use, so they are loaded whenever the server lacks them.
    async fn run_script(&self, text: &str, call: &Cmd) -> Result<(u8, u64), QueueError> {
        let mut answer = self.server.send(call).await;
        if answer.as_ref().is_err_and(|error| error.code() == Some("NOSCRIPT")) {
            self.server.ask::<Value>(VERB, redis::cmd("SCRIPT").arg("LOAD").arg(text)).await?;
            answer = self.server.send(call).await;
        }
        let answer = answer.map_err(|error| self.server.unavailable(VERB, trouble(&error)))?;
        self.server.read(VERB, answer)
    }

    async fn discard(&self, generation: Generation) -> Result<(), QueueError> {
        let mut call = redis::cmd("UNLINK");
        self.server.ask::<Value>(VERB, call.arg(&self.server.keys.staged(generation))).await.map(drop)
    }
}

fn evaluate(text: &str, keys: &[String]) -> Cmd {
    let mut call = redis::cmd("EVALSHA");
    call.arg(Script::new(text).get_hash()).arg(keys.len()).arg(keys);
    call
}
