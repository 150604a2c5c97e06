//! The writer: one thread, one connection, one flush to disk for all writes that wait.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::time::Instant;

use super::job::{Changes, Job};
use super::metrics::Counters;
use crate::error::StoreError;

type BoxedJob = Box<dyn Job>;

/// What a database does for the writer. One group of writes is one transaction.
pub(crate) trait WriteSide: Send + 'static {
    /// Begins a transaction that no other writer's transaction overlaps.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Runs one write so that it alone can be undone. An error means that the whole transaction is lost.
    fn run(&mut self, job: &mut dyn Job) -> Result<Changes, StoreError>;

    /// Makes the transaction durable.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Undoes the transaction after `error`.
    fn abandon(&mut self, error: &StoreError);

    /// Ends the work for good.
    fn close(&mut self);
}

/// Limits of the writer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriterSettings {
    /// Writes that may wait; more are refused.
    pub(crate) waiting: usize,
    /// Writes in one commit.
    pub(crate) group: usize,
    /// Longest time that a group collects writes; what waits is taken.
    pub(crate) window: Duration,
    /// How long a group waits for company when the one before it had some.
    pub(crate) company: Duration,
}

impl Default for WriterSettings {
    fn default() -> Self {
        Self {
            waiting: 2_000,
            group: 512,
            window: Duration::from_millis(5),
            company: Duration::from_millis(3),
        }
    }
}

/// The way to the writer thread.
pub(crate) struct Writer {
    jobs: Option<SyncSender<BoxedJob>>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on its side of the database.
    pub(crate) fn start(
        side: impl WriteSide,
        settings: WriterSettings,
        counters: Arc<Counters>,
    ) -> Result<Self, std::io::Error> {
        let (jobs, waiting) = sync_channel(settings.waiting);
        let lane = Lane { side, settings, counters: Arc::clone(&counters), last: 0 };
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
struct Lane<W> {
    side: W,
    settings: WriterSettings,
    counters: Arc<Counters>,
    /// Writes in the last group.
    last: usize,
}

impl<W: WriteSide> Lane<W> {
    fn run(mut self, waiting: &Receiver<BoxedJob>) {
        while let Ok(first) = waiting.recv() {
            self.group(first, waiting);
        }
        self.side.close();
    }

    /// One transaction with the first write and all others that wait.
    fn group(&mut self, first: BoxedJob, waiting: &Receiver<BoxedJob>) {
        let mut ran = Vec::new();
        let outcome = match self.side.begin() {
            Ok(()) => self.collect(first, waiting, &mut ran),
            Err(error) => {
                self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
                ran.push(first);
                Err(error)
            }
        };
        let committed = outcome.and_then(|()| self.commit());
        self.last = ran.len();
        if let Err(error) = &committed {
            Counters::add(&self.counters.failed_commits);
            self.side.abandon(error);
        }
        for job in ran {
            job.answer(&committed);
        }
    }

    fn collect(
        &mut self,
        first: BoxedJob,
        waiting: &Receiver<BoxedJob>,
        ran: &mut Vec<BoxedJob>,
    ) -> Result<(), StoreError> {
        let began = Instant::now();
        let mut next = Some(first);
        while let Some(mut job) = next {
            self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
            Counters::add(&self.counters.writes);
            let outcome = self.side.run(job.as_mut());
            ran.push(job);
            if outcome? == Changes::Undo {
                Counters::add(&self.counters.undone);
            }
            let full = ran.len() >= self.settings.group || began.elapsed() >= self.settings.window;
            next = if full { None } else { self.company(waiting, (ran.len(), began)) };
        }
        Ok(())
    }

    /// The next write of a group. Where writers come together, a commit that waits a moment until as many have come
    /// as the last time costs each of them less: the flush and the pages that every write touches are shared. Who
    /// writes alone never waits, nor do writers that have all come.
    fn company(&self, waiting: &Receiver<BoxedJob>, (here, began): (usize, Instant)) -> Option<BoxedJob> {
        let patience = if here < self.last { self.settings.company } else { Duration::ZERO };
        match patience.checked_sub(began.elapsed()) {
            Some(rest) => waiting.recv_timeout(rest).ok(),
            None => waiting.try_recv().ok(),
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let began = Instant::now();
        self.side.commit()?;
        self.counters.committed(began.elapsed());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use tokio::sync::oneshot::Receiver as Answer;
    use tokio::sync::oneshot::error::TryRecvError;

    use rusqlite::Connection;

    use super::*;
    use crate::lane::Request;
    use crate::sqlite::SqliteWrites;

    type Reply = Answer<Result<i64, StoreError>>;

    fn lane(conn: Connection) -> Lane<SqliteWrites> {
        // A slow machine must not cut a group short.
        let settings = WriterSettings { window: Duration::from_secs(60), ..WriterSettings::default() };
        let counters = Arc::default();
        Lane { side: SqliteWrites::new(conn), settings, counters, last: 0 }
    }

    fn insert(n: i64) -> (BoxedJob, Reply) {
        let (request, answer) = Request::new(move |tx: &mut dyn crate::db::Tx| {
            tx.exec("INSERT INTO t (n) VALUES (?1)", crate::db::args![n])?;
            if n < 0 { Err(StoreError::refused("negative")) } else { Ok(n) }
        });
        (Box::new(request), answer)
    }

    fn rows(conn: &Connection) -> i64 {
        conn.query_row("SELECT COUNT(*) FROM t", [], |row| row.get(0)).expect("counts")
    }

    #[test]
    fn nobody_is_answered_before_the_commit_and_all_are_answered_by_one() {
        let mut conn = Connection::open_in_memory().expect("opens");
        conn.execute_batch("CREATE TABLE t (n INTEGER) STRICT").expect("creates");
        let (jobs, mut answers): (Vec<_>, Vec<_>) = [1, -2, 3].into_iter().map(insert).unzip();
        let (send, receive) = sync_channel(8);
        let mut jobs = jobs.into_iter();
        let first = jobs.next().expect("a job");
        jobs.for_each(|job| send.send(job).expect("room"));
        let (seen, early) = channel();
        let hook = move || {
            let unanswered =
                answers.iter_mut().all(|answer| matches!(answer.try_recv(), Err(TryRecvError::Empty)));
            seen.send((unanswered, std::mem::take(&mut answers))).expect("the test listens");
            false
        };
        conn.commit_hook(Some(hook)).expect("hooks");
        let mut lane = lane(conn);
        lane.counters.waiting.store(3, Ordering::Relaxed);
        lane.group(first, &receive);
        let (unanswered, mut answers) = early.try_recv().expect("one commit");
        assert!(unanswered && early.try_recv().is_err(), "one commit, and nobody was answered before it");
        let mut answer = |n: usize| answers[n].try_recv().expect("answered");
        assert!(matches!((answer(0), answer(2)), (Ok(1), Ok(3))));
        assert!(matches!(answer(1), Err(StoreError::Refused { .. })));
        assert_eq!(rows(&lane.side.conn), 2, "the failed write alone is undone");
        assert_eq!(lane.counters.snapshot().waiting, 0);
    }

    #[test]
    fn a_group_waits_for_company_only_where_the_one_before_had_some() {
        let conn = Connection::open_in_memory().expect("opens");
        conn.execute_batch("CREATE TABLE t (n INTEGER) STRICT").expect("creates");
        let mut lane = lane(conn);
        lane.settings.company = Duration::from_secs(60);
        let (send, receive) = sync_channel(8);
        let (alone, _answer) = insert(1);
        lane.group(alone, &receive);
        assert_eq!(lane.last, 1, "it was answered at once, and the next one is not waited for");
        lane.last = 2;
        let (jobs, _answers): (Vec<_>, Vec<_>) = [2, 3].into_iter().map(insert).unzip();
        let mut jobs = jobs.into_iter();
        let first = jobs.next().expect("a job");
        let late = std::thread::spawn(move || {
            jobs.for_each(|job| send.send(job).expect("room"));
            send
        });
        lane.group(first, &receive);
        let _open = late.join().expect("no panic");
        assert_eq!(
            (lane.last, rows(&lane.side.conn)),
            (2, 3),
            "the late one shared the commit, and no third was waited for"
        );
    }

    #[test]
    fn a_failed_commit_answers_everybody_and_keeps_nothing() {
        let mut conn = Connection::open_in_memory().expect("opens");
        conn.execute_batch("CREATE TABLE t (n INTEGER) STRICT").expect("creates");
        // A hook that says no makes SQLite turn the commit into a rollback.
        conn.commit_hook(Some(|| true)).expect("hooks");
        let (first, mut one) = insert(1);
        let (second, mut two) = insert(-2);
        let (send, receive) = sync_channel(8);
        send.send(second).expect("room");
        let mut lane = lane(conn);
        lane.group(first, &receive);
        for answer in [&mut one, &mut two] {
            assert!(matches!(answer.try_recv(), Ok(Err(StoreError::Constraint { .. }))));
        }
        assert_eq!(rows(&lane.side.conn), 0);
        assert!(lane.side.poisoned.is_none(), "the file is not in doubt");
    }

    #[test]
    fn after_a_failed_flush_nothing_is_written_any_more() {
        let conn = Connection::open_in_memory().expect("opens");
        let mut lane = lane(conn);
        lane.side.abandon(&StoreError::Io { source: Arc::new(std::io::Error::other("flush")) });
        let (job, mut answer) = insert(1);
        let (_send, receive) = sync_channel(1);
        lane.group(job, &receive);
        assert!(matches!(answer.try_recv(), Ok(Err(StoreError::Poisoned { .. }))));
    }

    #[test]
    fn a_panic_in_one_write_is_its_own_answer_and_harms_no_other() {
        let conn = Connection::open_in_memory().expect("opens");
        conn.execute_batch("CREATE TABLE t (n INTEGER) STRICT").expect("creates");
        let (request, mut answer) =
            Request::<_, i64, StoreError>::new(|_: &mut dyn crate::db::Tx| panic!("a bug"));
        let (good, mut kept) = insert(1);
        let (send, receive) = sync_channel(8);
        send.send(good).expect("room");
        let mut lane = lane(conn);
        lane.group(Box::new(request), &receive);
        assert!(matches!(answer.try_recv(), Ok(Err(StoreError::Panicked))));
        assert!(matches!(kept.try_recv(), Ok(Ok(1))));
        assert_eq!(rows(&lane.side.conn), 1);
    }
}
