//! The model's library beside the real coordinator: the same deliveries, in an order that follows from a seed, get the
//! same answers.

use std::collections::BTreeSet;
use std::time::Duration;

use hafs_proto::task::Completion;
use hafs_proto::worker::{Answer, ClaimedTask, HeldLease, ReleaseReply, ReleaseRequest};
use hafs_proto::{Attempt, ContentHash, Generation, TaskId};
use hafs_tests::client::{self, Hand, Office};

use crate::given::{Task, Who};
use crate::library::Library;
use crate::message::{Key, Lease, Origin, Outcome, Parcel, Token};
use crate::mutant::Mutant;

const TASKS: u32 = 3;
const DELIVERIES: u32 = 60;

/// A delivery in both worlds.
struct Both {
    sender: Who,
    real: Completion,
    drawn: Parcel,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_library_of_the_model_answers_as_the_real_coordinator_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open(folder.path(), |_| {}).await;
    let (first, second) = (office.hire().await, office.hire().await);
    let parcels = parcels(&office, [&first, &second]).await;
    let mut library = Library::new(u8::try_from(TASKS).expect("few"));
    let mut seen = BTreeSet::new();
    for nth in 0..DELIVERIES {
        let both = &parcels[draw(nth) % parcels.len()];
        let hand = if both.sender == Who(1) { &first } else { &second };
        let real = office.complete(hand, vec![both.real.clone()]).await.answers[0].answer;
        assert_eq!(real, answer(&mut library, both), "delivery {nth}: {:?}", both.drawn);
        seen.insert(format!("{real:?}"));
    }
    let wanted = ["Accepted", "Duplicate", "Invalid"].map(str::to_owned);
    assert_eq!(seen, BTreeSet::from(wanted), "the deliveries were not of every kind");
    office.close().await;
}

/// What the model says: as its coordinator does, receipt first, then the token, then the transaction.
fn answer(library: &mut Library, both: &Both) -> Answer {
    let Both { sender, drawn, .. } = both;
    if let Some(answer) = library.receipt(drawn.key, Mutant::Sound) {
        return answer;
    }
    if !drawn.lease.token.verifies(drawn.lease.task.id(), *sender, true) {
        return Answer::Invalid;
    }
    library.complete(drawn, Mutant::Sound)
}

/// Both workers have had each task, one after the other, so both have genuine tokens; and the first one also shows
/// those of the second.
async fn parcels(office: &Office, [first, second]: [&Hand; 2]) -> Vec<Both> {
    office.start(|run| run.target = 1_000).await;
    let harvest = office.claim_one(first).await;
    office.complete(first, vec![client::harvested(&harvest, 0..8)]).await;
    let of_first = claim(office, first).await;
    let leases = of_first.iter().map(|task| HeldLease { task: task.task.id, token: task.token.clone() });
    let release = ReleaseRequest { leases: leases.collect() };
    let _: ReleaseReply = office.post(&first.credential, "/v1/workers/release", &release).await;
    let of_second = claim(office, second).await;
    let ids: Vec<TaskId> = of_first.iter().map(|task| task.task.id).collect();
    let mut all = Vec::new();
    for (nth, task) in of_first.iter().enumerate() {
        all.push(both((Who(1), Who(1)), task, nth, all.len()));
    }
    for task in &of_second {
        let nth = ids.iter().position(|id| *id == task.task.id).expect("the first in line, as before");
        all.push(both((Who(2), Who(2)), task, nth, all.len()));
        all.push(both((Who(1), Who(2)), task, nth, all.len()));
    }
    all
}

async fn claim(office: &Office, hand: &Hand) -> Vec<ClaimedTask> {
    let mut claimed = Vec::new();
    while claimed.len() < TASKS as usize {
        let missing = TASKS - u32::try_from(claimed.len()).expect("few");
        claimed.extend(office.claim(hand, missing, Duration::from_secs(10)).await.tasks);
    }
    claimed
}

fn both((sender, made_for): (Who, Who), task: &ClaimedTask, nth: usize, number: usize) -> Both {
    let number = u8::try_from(number).expect("few");
    let pair = (Generation(1), Attempt(u32::from(made_for.0)));
    let task_of_model = Task(u8::try_from(nth + 1).expect("few"));
    let lease = Lease {
        task: task_of_model,
        token: Token { made_for, pair },
        origin: Origin { worker: made_for, claim: 1, pair },
    };
    let drawn = Parcel { key: Key(sender, number), lease, outcome: Outcome::Result };
    Both { sender, real: client::generated(task, u64::from(number)), drawn }
}

/// A number that follows from the place in the list.
fn draw(nth: u32) -> usize {
    usize::from(ContentHash::of(&nth.to_le_bytes()).as_bytes()[0])
}
