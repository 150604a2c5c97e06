//! Readers: threads with a read-only connection each. A read sees one snapshot and holds up no write.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::job::Job;
use super::metrics::Counters;
use crate::error::StoreError;

type BoxedJob = Box<dyn Job>;

/// What a database does for a reader.
pub(crate) trait ReadSide: Send + 'static {
    /// Runs one read in a snapshot of its own and answers it.
    fn run(&mut self, job: BoxedJob);
}

/// Reads that may wait.
const WAITING: usize = 2_000;

/// The way to the reader threads.
pub(crate) struct Readers {
    jobs: Option<SyncSender<BoxedJob>>,
    counters: Arc<Counters>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts a thread on each side.
    pub(crate) fn start(sides: Vec<impl ReadSide>, counters: &Arc<Counters>) -> Result<Self, std::io::Error> {
        let (jobs, waiting) = sync_channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::with_capacity(sides.len());
        for side in sides {
            let (waiting, counters) = (Arc::clone(&waiting), Arc::clone(counters));
            let thread = std::thread::Builder::new()
                .name("library-reader".to_owned())
                .spawn(move || run(side, &waiting, &counters))?;
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

fn run(mut side: impl ReadSide, waiting: &Mutex<Receiver<BoxedJob>>, counters: &Counters) {
    loop {
        // The lock is held while waiting for a job, never while running one.
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        Counters::add(&counters.reads);
        side.run(job);
    }
}
