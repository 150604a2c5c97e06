//! A long backlog, measured. Not part of the usual run: `cargo nextest run -p hafs-queue --run-ignored only`.

use std::time::Duration;

use hafs_proto::{Generation, TaskId};
use tokio::time::Instant;

use super::{Kind, ask, at, entry, id, on_each_server, route};
use crate::redis::fixture::RedisProc;
use crate::{Ask, Entry, Queue, RedisQueue};

const READY: u32 = 100_000;
const DUE: u32 = 100_000;
const LEASED: u32 = 20_000;

/// The calls of one kind: how long each took, and how long the server was at work for it. On a machine that does
/// other things too, only the second says something about the queue.
struct Row {
    name: &'static str,
    took: Vec<Duration>,
    worked: Vec<Duration>,
}

impl Row {
    fn of(name: &'static str) -> Self {
        Self { name, took: Vec::new(), worked: Vec::new() }
    }

    async fn time<T, E: std::fmt::Debug>(
        &mut self,
        server: &RedisProc,
        call: impl Future<Output = Result<T, E>>,
    ) -> T {
        let (before, start) = (on_cpu(server), Instant::now());
        let answer = call.await;
        self.took.push(start.elapsed());
        self.worked.push(on_cpu(server) - before);
        answer.unwrap_or_else(|error| panic!("{}: {error:?}", self.name))
    }

    /// Prints the row; gives the 99th percentile of the server's work.
    fn print(mut self) -> Duration {
        let calls = self.took.len();
        let [took, worked] = [&mut self.took, &mut self.worked].map(|times| {
            times.sort_unstable();
            [50, 99, 100].map(|percent| times[(calls * percent / 100).min(calls - 1)])
        });
        let ms = |times: [Duration; 3]| times.map(|it| format!("{:>7.2}", it.as_secs_f64() * 1e3)).join(" ");
        println!("{:<28} {calls:>5} {} {}", self.name, ms(worked), ms(took));
        worked[1]
    }
}

/// How long the server's main thread has been on a processor.
fn on_cpu(server: &RedisProc) -> Duration {
    let pid = server.pid();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/schedstat")).unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or_default())
}

/// Microseconds of processor time that the server has used.
async fn cpu(server: &RedisProc) -> f64 {
    let info: String = redis::from_redis_value(server.tell(&["INFO", "cpu"]).await).expect("a text");
    let read =
        |name| crate::redis::check::field(&info, name).and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0);
    (read("used_cpu_user") + read("used_cpu_sys")) * 1e6
}

async fn memory(server: &RedisProc) -> f64 {
    let info: String = redis::from_redis_value(server.tell(&["INFO", "memory"]).await).expect("a text");
    crate::redis::check::field(&info, "used_memory").and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0)
        / 1e6
}

#[tokio::test]
#[ignore = "a measurement of a minute"]
async fn with_a_long_backlog_no_call_takes_long() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        let base = memory(&server).await;
        build(&queue).await;
        println!("memory: {:.1} MB for {} tasks", memory(&server).await - base, READY + DUE + LEASED);
        lease_out(&queue).await;
        server.tell(&["CONFIG", "RESETSTAT"]).await;
        let now = at(1_000_000);
        let mut rows = [
            Row::of("claim 1 of 20 routes"),
            Row::of("claim 16"),
            Row::of("claim 128"),
            Row::of("claim of nothing (reasons)"),
        ];
        let mut hold =
            [Row::of("renew 16"), Row::of("complete 16"), Row::of("fail 16"), Row::of("release 16")];
        let mut more = [Row::of("enqueue 16"), Row::of("reap 64"), Row::of("stats"), Row::of("explain")];
        for nth in 0..200 {
            more[1].time(&server, queue.reap(64, now)).await;
            let one = rows[0].time(&server, queue.claim(&ask(2, 3_000_000 + nth, 1), now)).await;
            assert_eq!(one.grants.len(), 1);
            let some = rows[1].time(&server, queue.claim(&ask(2, 4_000_000 + nth, 16), now)).await.grants;
            let many = rows[2].time(&server, queue.claim(&ask(3, 5_000_000 + nth, 128), now)).await;
            assert_eq!(many.grants.len(), 128);
            rows[3].time(&server, queue.claim(&idle(nth), now)).await;
            let leases: Vec<_> = some
                .iter()
                .map(|it| crate::LeaseRef { task: it.task, generation: it.generation, attempt: it.attempt })
                .collect();
            hold[0].time(&server, queue.renew(id(2), &leases, Duration::from_secs(60), now)).await;
            let failures: Vec<_> = leases[..8]
                .iter()
                .map(|lease| crate::FailedLease { lease: *lease, failed: failed() })
                .collect();
            hold[2].time(&server, queue.fail(id(2), &failures, now)).await;
            hold[3].time(&server, queue.release(id(2), &leases[8..], now)).await;
            let tasks: Vec<TaskId> = many.grants.iter().take(16).map(|it| it.task).collect();
            hold[1].time(&server, queue.complete(&tasks)).await;
            more[0]
                .time(&server, queue.enqueue((900_000 + nth * 16..).take(16).map(entry).collect(), now))
                .await;
            more[2].time(&server, queue.stats()).await;
            more[3].time(&server, queue.explain(id(50_000 + nth))).await;
        }
        println!("{:<28} {:>5} {:^23} {:^23}", "", "calls", "server works, ms", "call takes, ms");
        println!("{:<34} {1:>7} {2:>7} {3:>7} {1:>7} {2:>7} {3:>7}", "", "p50", "p99", "max");
        let worst = rows.into_iter().chain(hold).chain(more).map(Row::print).max();
        assert!(worst < Some(Duration::from_millis(5)), "{worst:?}");
        super::intact::check(&queue).await;
    })
    .await;
}

fn failed() -> hafs_domain::retry::Failed {
    let class = hafs_proto::task::FailureClass::Transient;
    hafs_domain::retry::Failed { class, reason: hafs_proto::Reason::ProviderError, retry_after: None }
}

/// Of a worker whose only route has no tasks.
fn idle(nth: u32) -> Ask {
    let mut idle = ask(9, 6_000_000 + nth, 4);
    idle.vacancies[0].routes = std::collections::BTreeSet::from([route(99)]);
    idle
}

async fn build(queue: &RedisQueue) {
    let due = |number| Entry { not_before: at(500_000), ..entry(number) };
    let mut entries = (0..READY + LEASED).map(entry).chain((READY + LEASED..READY + LEASED + DUE).map(due));
    let start = Instant::now();
    queue.rebuild(Generation(1), &[], &mut entries, at(0)).await.expect("a life");
    println!("rebuild of {} tasks: {:.2} s", READY + DUE + LEASED, start.elapsed().as_secs_f64());
}

/// Leases that ran out long ago.
async fn lease_out(queue: &RedisQueue) {
    let mut given = 0;
    for claim in 0.. {
        let grants = queue.claim(&ask(1, 1_000_000 + claim, 250), at(0)).await.expect("open").grants;
        given += grants.len();
        if given >= LEASED as usize {
            return;
        }
    }
}

#[tokio::test]
#[ignore = "a measurement of half a minute"]
async fn a_rebuild_of_a_hundred_thousand_tasks_takes_less_than_five_seconds_and_a_task_little_of_the_server()
{
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        let base = memory(&server).await;
        let start = Instant::now();
        super::rebuild(&queue, 1, 0..100_000).await.expect("a life");
        let took = start.elapsed();
        println!(
            "rebuild of 100000 tasks: {:.2} s, {:.1} MB",
            took.as_secs_f64(),
            memory(&server).await - base
        );
        assert!(took < Duration::from_secs(5), "{took:?}");
        super::rebuild(&queue, 2, 0..0).await.expect("an empty life");
        for batch in [1_u32, 16, 250] {
            let tasks = 100_000.min(batch * 1_000);
            let (before, start) = (cpu(&server).await, Instant::now());
            for first in (0..tasks).step_by(batch as usize) {
                let entries = (first..first + batch).map(entry).collect();
                queue.enqueue(entries, at(0)).await.expect("open");
                let grants =
                    queue.claim(&ask(1, batch * 1_000_000 + first, batch), at(0)).await.expect("open").grants;
                let tasks: Vec<TaskId> = grants.iter().map(|grant| grant.task).collect();
                assert_eq!(queue.complete(&tasks).await, Ok(u64::from(batch)));
            }
            let used = (cpu(&server).await - before) / f64::from(tasks);
            let rate = f64::from(tasks) / start.elapsed().as_secs_f64();
            println!("batches of {batch:>3}: {used:>6.1} us of the server for a task, {rate:>7.0} tasks/s");
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "a measurement"]
async fn of_ten_thousand_idle_polls_that_wake_at_once_one_gets_the_task() {
    on_each_server(Kind::Plain, async |server| {
        let queue = server.queue().await;
        super::rebuild(&queue, 1, 0..0).await.expect("an empty life");
        for round in 0..3_u32 {
            queue.enqueue(vec![entry(round)], at(0)).await.expect("open");
            let (before, start) = (on_cpu(&server), Instant::now());
            let polls = (0..10_000_u32).map(async |nth| {
                let claimed = queue.claim(&ask(nth, round * 10_000 + nth, 1), at(0)).await.expect("open");
                (!claimed.grants.is_empty()).then(|| start.elapsed())
            });
            let given: Vec<Duration> =
                futures_util::future::join_all(polls).await.into_iter().flatten().collect();
            assert_eq!(given.len(), 1, "one task, one lease");
            let (all, worked) = (start.elapsed(), on_cpu(&server) - before);
            println!("handed out after {:?}, all answered after {all:?}, {worked:?} of the server", given[0]);
        }
    })
    .await;
}
