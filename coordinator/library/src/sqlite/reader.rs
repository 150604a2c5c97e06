//! Readers: threads with read-only connections. Each read sees one snapshot and holds up no write.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::job::Job;
use super::metrics::Counters;
use super::{Role, SqliteTx, connect, failure};
use crate::error::StoreError;

type BoxedJob = Box<dyn Job>;

/// Reads that may wait.
const WAITING: usize = 2_000;

/// The way to the reader threads.
pub(crate) struct Readers {
    jobs: Option<SyncSender<BoxedJob>>,
    counters: Arc<Counters>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Opens `count` connections, each on its own thread.
    pub(crate) fn start(path: &Path, count: usize, counters: &Arc<Counters>) -> Result<Self, StoreError> {
        let (jobs, waiting) = sync_channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::with_capacity(count);
        for _ in 0..count.max(1) {
            let conn = connect(path, Role::Reader)?;
            let (waiting, counters) = (Arc::clone(&waiting), Arc::clone(counters));
            let thread = std::thread::Builder::new()
                .name("library-reader".to_owned())
                .spawn(move || run(&conn, &waiting, &counters))
                .map_err(|error| StoreError::unusable(path, format!("cannot start a thread: {error}")))?;
            threads.push(thread);
        }
        Ok(Self { jobs: Some(jobs), counters: Arc::clone(counters), threads })
    }

    /// Puts a read in line.
    pub(crate) fn submit(&self, job: BoxedJob) -> Result<(), StoreError> {
        let Some(jobs) = &self.jobs else { return Err(StoreError::Closed) };
        match jobs.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                self.counters.refused.fetch_add(1, Ordering::Relaxed);
                Err(StoreError::Overloaded { waiting: WAITING })
            }
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed),
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let own = thread.thread().id() == std::thread::current().id();
            if !own && thread.join().is_err() {
                tracing::error!("a reader thread of the library panicked");
            }
        }
    }
}

fn run(conn: &Connection, waiting: &Mutex<Receiver<BoxedJob>>, counters: &Counters) {
    loop {
        // The lock is held while waiting for a job, never while running one.
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut job) = next else { return };
        Counters::add(&counters.reads);
        let began = batch(conn, "BEGIN");
        if began.is_ok() {
            job.run(&mut SqliteTx::new(conn));
        }
        let ended = began.and_then(|()| batch(conn, "ROLLBACK"));
        job.answer(&ended);
    }
}

fn batch(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql)
        .and_then(|mut s| s.execute([]))
        .map(drop)
        .map_err(|error| failure::of(sql, error))
}
