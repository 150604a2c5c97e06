//! Idle workers that wait at one coordinator are called one by one, as there is work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hafs_proto::worker::{HeldLease, ReleaseReply, ReleaseRequest};
use hafs_tests::client::{Hand, Office};
use tokio::sync::mpsc;

const WORKERS: usize = 120;
const ROUNDS: u64 = 60;

struct Crowd {
    office: Office,
    calls: AtomicU64,
    arrivals: mpsc::UnboundedSender<(Arc<Hand>, HeldLease)>,
}

async fn poll(crowd: Arc<Crowd>, hand: Arc<Hand>) {
    loop {
        crowd.calls.fetch_add(1, Ordering::SeqCst);
        let reply = crowd.office.claim(&hand, 1, Duration::from_secs(20)).await;
        for claimed in reply.tasks {
            let lease = HeldLease { task: claimed.task.id, token: claimed.token };
            if crowd.arrivals.send((Arc::clone(&hand), lease)).is_err() {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_go_to_those_who_have_waited_longest_and_call_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(folder.path(), |settings| {
        settings.connections.per_ip = settings.connections.total;
        settings.claim_wait = Duration::from_secs(20);
    })
    .await;
    let (sender, mut arrivals) = mpsc::unbounded_channel();
    let crowd = Arc::new(Crowd { office, calls: AtomicU64::new(0), arrivals: sender });
    let mut pollers = tokio::task::JoinSet::new();
    for _ in 0..WORKERS {
        let hand = Arc::new(crowd.office.hire().await);
        pollers.spawn(poll(Arc::clone(&crowd), hand));
    }
    let looks = || crowd.office.core.metrics.claim_looks.get();
    hafs_tests::process::until("everyone to wait", Duration::from_secs(30), || {
        (looks() >= WORKERS as u64).then_some(())
    })
    .await;
    let calls = || crowd.calls.load(Ordering::SeqCst);
    crowd.office.start(|_| {}).await;
    let mut served = std::collections::BTreeSet::new();
    let before = (looks(), calls());
    for _ in 0..ROUNDS {
        let (hand, lease) = tokio::time::timeout(Duration::from_secs(15), arrivals.recv())
            .await
            .expect("a task that is there is claimed by somebody who waits")
            .expect("they poll");
        served.insert(hand.reply.worker);
        let release = ReleaseRequest { leases: vec![lease] };
        let reply: ReleaseReply = crowd.office.post(&hand.credential, "/v1/workers/release", &release).await;
        assert_eq!(reply.released.len(), 1);
    }
    // Every call asks once when it comes in; the rest is for being called.
    let called = (looks() - before.0) - (calls() - before.1);
    assert!(called <= 3 * ROUNDS, "{called} were called for {ROUNDS} tasks");
    // In the order in which they came: nobody has a second task before everybody has had one. The first to be called
    // may meet some who came before the coordinator had anybody to look for.
    assert!(served.len() as u64 >= ROUNDS - 3, "only {} workers had one of {ROUNDS} tasks", served.len());
}
