//! Claims and completions through HTTP, in batches and one by one, against a coordinator in this process.

use std::time::Duration;

use anyhow::ensure;
use hafs_proto::RunSpec;
use hafs_proto::limits;
use hafs_proto::worker::{Answer, ClaimedTask};
use hafs_runtime::clock::Stopwatch;

use super::numbers::float;
use super::report::{Line, Section};
use super::{Order, fill, scratch};
use crate::client::{self, Hand, Office, generated};

/// Tasks of one call: the most that one claim gives.
const BATCH: u32 = limits::CLAIM_TASKS;

/// Rates per second.
struct Rates {
    claimed: f64,
    completed: f64,
}

pub(super) async fn measure(order: &Order) -> anyhow::Result<Section> {
    let (many, few) = order.effort.pick((8_192, 512), (1_024, 64));
    let home = scratch(&order.folder)?;
    let library = fill::open(home.path())?;
    fill::tasks(&library, &spec(), many + few).await?;
    drop(library);
    let office = Office::open(home.path(), |_| {}).await;
    let hand = hire(&office).await;
    let single = rates(&office, &hand, few, 1).await?;
    let batched = rates(&office, &hand, many, BATCH).await?;
    let accepted = office.core.metrics.accepted.get();
    office.close().await;
    ensure!(
        accepted == u64::try_from(many + few)?,
        "only {accepted} of {} samples were accepted",
        many + few
    );
    let lines = vec![
        Line::new(format!("tasks claimed, {BATCH} a call"), batched.claimed, "/s")
            .beside("one a call", single.claimed),
        Line::new(format!("results completed, {BATCH} a call"), batched.completed, "/s")
            .beside("one a call", single.completed),
    ];
    let title = "Claim and complete through HTTP, one call at a time (client and coordinator in one process)";
    Ok(Section { title: title.to_owned(), lines })
}

/// A run that is never done.
fn spec() -> RunSpec {
    RunSpec { target: 10_000_000, ..client::spec() }
}

/// A worker with as many slots as one claim can fill.
async fn hire(office: &Office) -> Hand {
    let mut registration = client::registration();
    registration.pools.iter_mut().for_each(|pool| pool.slots = BATCH);
    let reply: hafs_proto::worker::RegisterReply =
        office.post(&office.join_token().await, "/v1/workers/register", &registration).await;
    let credential = reply.credential.clone().map(String::from).unwrap_or_default();
    Hand { credential, reply }
}

async fn rates(office: &Office, hand: &Hand, count: usize, batch: u32) -> anyhow::Result<Rates> {
    let watch = Stopwatch::start();
    let mut claimed: Vec<ClaimedTask> = Vec::with_capacity(count);
    while claimed.len() < count {
        let reply = office.claim(hand, batch, Duration::from_secs(10)).await;
        ensure!(!reply.tasks.is_empty(), "no task: {:?}", reply.reasons);
        claimed.extend(reply.tasks);
    }
    let claiming = watch.elapsed().as_secs_f64();
    let results: Vec<_> = claimed
        .iter()
        .zip(u64::from(batch) * 1_000_000..)
        .map(|(task, number)| generated(task, number))
        .collect();
    let watch = Stopwatch::start();
    for results in results.chunks(usize::try_from(batch)?) {
        let reply = office.complete(hand, results.to_vec()).await;
        let refused = reply.answers.iter().find(|answer| answer.answer != Answer::Accepted);
        ensure!(refused.is_none(), "a result was refused: {refused:?}");
    }
    let completing = watch.elapsed().as_secs_f64();
    Ok(Rates { claimed: float(claimed.len()) / claiming, completed: float(results.len()) / completing })
}
