//! Tasks that wait for a batch: held for hours, and beyond the process.

use hafs_proto::task::{JudgeSpec, Lane};
use hafs_proto::worker::{ClaimedTask, Pool, RenewReply};
use hafs_proto::{BoundedText, Route, TaskSpec};

use super::fixture::*;
use super::*;

const POOL: &str = "cloud in batches";

fn pools() -> [Pool; 1] {
    let routes = vec![Route::Batch("cloud/large".parse().expect("a teacher"))];
    [Pool { name: BoundedText::clipped(POOL), slots: 20, routes }]
}

fn waiting(number: u128) -> ClaimedTask {
    let mut claimed = claimed(number, POOL);
    let TaskSpec::Check(check) = claimed.task.spec else { panic!("the fixture is a check") };
    claimed.task.spec = TaskSpec::Judge(JudgeSpec {
        sample: check.sample,
        source_text: BoundedText::default(),
        rubric: "judge".parse().expect("a rubric"),
        judge: "cloud/large".parse().expect("a teacher"),
        max_tokens: 9,
        sampling_seed: 1,
        lane: Lane::Batch,
    });
    claimed
}

#[test]
fn a_process_goes_on_with_the_tasks_of_the_one_before_under_their_leases() {
    let mut rig = Rig::new(&pools(), Vec::new());
    let stranger = ClaimedTask { pool: BoundedText::clipped("gone"), ..waiting(3) };
    rig.state = State::new(rules(), &pools(), Vec::new()).resuming(vec![waiting(1), waiting(2), stranger]);
    let first = rig.send(Event::Tick);
    assert_eq!(started(&first), [task_id(1), task_id(2)], "one for a pool that is gone is not");
    assert_eq!(renewals(&first)[0].leases.len(), 2);
    let lost = RenewReply { lost: vec![task_id(2)], ..renewal().expect("a reply") };
    let second = rig.send(Event::Renewed(Ok(lost)));
    assert!(second.contains(&Effect::Stop(task_id(2))), "somebody else has it by now");
    assert_eq!(claims(&second)[0].vacancies[0].free, 18, "nothing is claimed ahead of a batch");
}

#[test]
fn a_worker_that_leaves_neither_waits_for_its_batches_nor_hands_them_back() {
    let mut rig = Rig::new(&pools(), Vec::new());
    rig.state = State::new(rules(), &pools(), Vec::new()).resuming(vec![waiting(1)]);
    rig.send(Event::Tick);
    rig.send(Event::Renewed(renewal()));
    let drain = rig.send(Event::Drain);
    assert!(drain.contains(&Effect::Stop(task_id(1))) && released(&drain).is_empty());
    let end = rig.work_ends(1, Work::Stopped { calls: Vec::new() });
    assert!(released(&end).is_empty(), "its calls are paid, and the next process waits for them");
}
