//! The writer: one thread, one connection, one flush to disk for all writes that wait.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::time::Instant;

use super::job::{Changes, Job};
use super::metrics::Counters;
use super::{SqliteTx, failure};
use crate::error::StoreError;

type BoxedJob = Box<dyn Job>;

/// Limits of the writer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriterSettings {
    /// Writes that may wait; more are refused.
    pub(crate) waiting: usize,
    /// Writes in one commit.
    pub(crate) group: usize,
    /// Longest time that a group collects writes; what waits is taken, nothing is waited for.
    pub(crate) window: Duration,
}

impl Default for WriterSettings {
    fn default() -> Self {
        Self { waiting: 2_000, group: 512, window: Duration::from_millis(5) }
    }
}

/// The way to the writer thread.
pub(crate) struct Writer {
    jobs: Option<SyncSender<BoxedJob>>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on its connection.
    pub(crate) fn start(
        conn: Connection,
        settings: WriterSettings,
        counters: Arc<Counters>,
    ) -> Result<Self, std::io::Error> {
        let (jobs, waiting) = sync_channel(settings.waiting);
        let lane = Lane { conn, settings, counters: Arc::clone(&counters), poisoned: None };
        let thread = std::thread::Builder::new()
            .name("library-writer".to_owned())
            .spawn(move || lane.run(&waiting))?;
        Ok(Self { jobs: Some(jobs), counters, thread: Some(thread) })
    }

    /// Puts a write in line.
    pub(crate) fn submit(&self, job: BoxedJob) -> Result<(), StoreError> {
        let Some(jobs) = &self.jobs else { return Err(StoreError::Closed) };
        // Counted before it is sent, so that the thread never takes away what was not yet added.
        let waiting = self.counters.waiting.fetch_add(1, Ordering::Relaxed);
        let refusal = match jobs.try_send(job) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Full(_)) => {
                Counters::add(&self.counters.refused);
                StoreError::Overloaded { waiting }
            }
            Err(TrySendError::Disconnected(_)) => StoreError::Closed,
        };
        self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
        Err(refusal)
    }
}

impl Drop for Writer {
    /// Lets the thread finish what waits, then close its connection.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the library's writer thread panicked");
        }
    }
}

/// The thread's own half.
struct Lane {
    conn: Connection,
    settings: WriterSettings,
    counters: Arc<Counters>,
    poisoned: Option<String>,
}

impl Lane {
    fn run(mut self, waiting: &Receiver<BoxedJob>) {
        while let Ok(first) = waiting.recv() {
            self.group(first, waiting);
        }
        // The log goes back into the file, so that a closed library is one file.
        if let Err(error) = self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the library's log could not be folded in at close; the next start does it");
        }
    }

    /// One transaction with the first write and all others that wait.
    fn group(&mut self, first: BoxedJob, waiting: &Receiver<BoxedJob>) {
        let mut ran = Vec::new();
        let outcome = match self.begin() {
            Ok(()) => self.collect(first, waiting, &mut ran),
            Err(error) => {
                self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
                ran.push(first);
                Err(error)
            }
        };
        let committed = outcome.and_then(|()| self.commit());
        if let Err(error) = &committed {
            self.abandon(error);
        }
        for job in ran {
            job.answer(&committed);
        }
    }

    fn begin(&self) -> Result<(), StoreError> {
        if let Some(why) = &self.poisoned {
            return Err(StoreError::Poisoned { why: why.clone() });
        }
        self.batch("BEGIN IMMEDIATE")
    }

    fn collect(
        &self,
        first: BoxedJob,
        waiting: &Receiver<BoxedJob>,
        ran: &mut Vec<BoxedJob>,
    ) -> Result<(), StoreError> {
        let began = Instant::now();
        let mut next = Some(first);
        while let Some(mut job) = next {
            self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
            let outcome = self.run_one(job.as_mut());
            ran.push(job);
            outcome?;
            let full = ran.len() >= self.settings.group || began.elapsed() >= self.settings.window;
            next = if full { None } else { take(waiting) };
        }
        Ok(())
    }

    /// Runs one write in its own savepoint. An error means that the whole transaction is lost.
    fn run_one(&self, job: &mut dyn Job) -> Result<(), StoreError> {
        Counters::add(&self.counters.writes);
        self.batch("SAVEPOINT one")?;
        let mut tx = SqliteTx::new(&self.conn);
        let changes = job.run(&mut tx);
        if self.conn.is_autocommit() {
            // SQLite gives up the whole transaction when the disk is full or fails at the wrong moment.
            return Err(tx
                .disk
                .unwrap_or_else(|| StoreError::refused("a write ended the transaction that it ran in")));
        }
        match changes {
            Changes::Keep => self.batch("RELEASE one"),
            Changes::Undo => {
                Counters::add(&self.counters.undone);
                self.batch("ROLLBACK TO one")?;
                self.batch("RELEASE one")
            }
        }
    }

    fn commit(&self) -> Result<(), StoreError> {
        let began = Instant::now();
        self.batch("COMMIT")?;
        self.counters.committed(began.elapsed());
        Ok(())
    }

    /// Undoes the group. A full disk heals; any other failed commit leaves the file in doubt, and a failed
    /// flush must never be tried again as if nothing had happened.
    /// Source: Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
    fn abandon(&mut self, error: &StoreError) {
        Counters::add(&self.counters.failed_commits);
        let undone = self.conn.is_autocommit() || self.batch("ROLLBACK").is_ok();
        let poisonous = matches!(error, StoreError::Io { .. });
        if (poisonous || !undone) && self.poisoned.is_none() {
            tracing::error!(%error, "the library stops writing: a commit failed");
            self.poisoned = Some(error.to_string());
        }
    }

    fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(sql)
            .and_then(|mut s| s.execute([]))
            .map(drop)
            .map_err(|e| failure::of(sql, e))
    }
}

fn take(waiting: &Receiver<BoxedJob>) -> Option<BoxedJob> {
    match waiting.try_recv() {
        Ok(job) => Some(job),
        Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
    }
}
