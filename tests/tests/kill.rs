//! What must hold when processes are killed at any moment: the same accepted set as an uninterrupted run, nothing
//! acknowledged lost, nothing paid twice beyond the calls in flight.

use std::path::Path;
use std::time::Duration;

use hafs_tests::dice::{self, Dice};
use hafs_tests::person::Person;
use hafs_tests::plant::{self, Plan, Stock};
use hafs_tests::process::{Process, until};
use hafs_tests::scripted::{Script, ScriptedTeacher};

const TASKS: usize = 500;
const KILLS: usize = 20;
const SLOTS: usize = 6;
/// From the answer of a call to its reply on the worker's disk, on a machine that is busy with other tests.
const ON_DISK: Duration = Duration::from_millis(100);

fn script() -> Script {
    // Every seventh reply or so cannot be used, so that failures and retries are part of what is repeated.
    Script { latency: Duration::from_millis(120), bad_every: Some(7), ..Script::default() }
}

fn plan<'a>(home: &'a Path, teacher: &'a str) -> Plan<'a> {
    Plan {
        home,
        teacher,
        sections: TASKS,
        // Never reached, so that every seed is tried and the result does not depend on who came first.
        target: TASKS * 2,
        slots: SLOTS,
        listen: plant::free_address(),
        more: "",
    }
}

async fn run_to_the_end(home: &Path) -> Stock {
    let mut run = Process::start("hafs-factory", home, &["run", "--no-export", "--json"]);
    let (status, _) = run.output(Duration::from_secs(300)).await;
    assert!(status.code().is_some(), "the run was killed by a signal: {status}");
    plant::stock(home).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_a_run_ends_with_the_same_samples_as_one_that_was_left_alone() {
    let seed = dice::seed();
    println!("{}={seed}", dice::SEED);
    let mut dice = Dice::new(seed);
    let calm = tempfile::tempdir().unwrap();
    let teacher = ScriptedTeacher::start(script()).await.unwrap();
    let url = teacher.base_url();
    let _ = plant::build(&plan(calm.path(), &url));
    let expected = run_to_the_end(calm.path()).await;
    assert!(expected.accepted.len() > TASKS / 2, "only {} accepted", expected.accepted.len());
    let calm_calls = teacher.calls();

    let stormy = tempfile::tempdir().unwrap();
    let teacher = ScriptedTeacher::start(script()).await.unwrap();
    let url = teacher.base_url();
    let _ = plant::build(&plan(stormy.path(), &url));
    let (mut in_flight, mut unanswered) = (0, 0);
    for _ in 0..KILLS {
        let before = teacher.calls();
        let mut run = Process::start("hafs-factory", stormy.path(), &["run", "--no-export", "--json"]);
        // Some calls into its work, then at a random moment of the next ones.
        let some = 2 + dice.below(16);
        let ended = until("calls to the teacher", Duration::from_secs(60), || {
            let done = run.ended().is_some();
            (done || teacher.calls() >= before + some).then_some(done)
        });
        if ended.await {
            break;
        }
        tokio::time::sleep(dice.millis(0, 130)).await;
        let (begun, open) = (teacher.calls(), teacher.in_flight(ON_DISK));
        unanswered += teacher.in_flight(Duration::ZERO);
        run.kill();
        in_flight += open + (teacher.calls() - begun);
    }
    let found = run_to_the_end(stormy.path()).await;
    let missing = expected.accepted.difference(&found.accepted).count();
    let extra = found.accepted.difference(&expected.accepted).count();
    assert_eq!((missing, extra), (0, 0), "of {} accepted samples", expected.accepted.len());
    assert_eq!(found.samples, expected.samples, "no sample is there twice");
    let paid_again = teacher.calls().saturating_sub(calm_calls);
    println!(
        "{KILLS} kills: {paid_again} calls paid again; {in_flight} were in flight at the kills, {unanswered} of them unanswered"
    );
    assert!(paid_again <= in_flight, "{paid_again} calls were paid again, {in_flight} were in flight");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_only_the_coordinator_dies_nothing_is_paid_twice() {
    let home = tempfile::tempdir().unwrap();
    let teacher = ScriptedTeacher::start(Script { latency: Duration::from_millis(100), ..Script::default() });
    let teacher = teacher.await.unwrap();
    let url = teacher.base_url();
    let mut plan = plan(home.path(), &url);
    plan.sections = 200;
    let config = plant::build(&plan);
    let config = config.to_str().unwrap();
    let coordinator = || Process::start("hafs-coordinator", home.path(), &["--config", config]);
    let mut running = coordinator();
    let person = Person::reach(home.path()).await;
    let join = person.new_token(&["join"]).await;
    let _worker = Process::start(
        "hafs-worker",
        home.path(),
        &["--config", config, "--join-token", &join, "--name", "test"],
    );
    person.start_run(Path::new(config)).await;
    let mut dice = Dice::new(7);
    for _ in 0..5 {
        let goal = teacher.calls() + 20;
        until("calls", Duration::from_secs(60), || {
            (teacher.calls() >= goal || teacher.calls() >= 200).then_some(())
        })
        .await;
        tokio::time::sleep(dice.millis(0, 90)).await;
        running.kill();
        // Calls in flight end meanwhile; their results go to the spool.
        tokio::time::sleep(Duration::from_millis(250)).await;
        running = coordinator();
        Person::reach(home.path()).await;
    }
    let person = Person::reach(home.path()).await;
    let progress = person.ended_run(Duration::from_secs(120)).await;
    println!("{} calls for {} accepted samples", teacher.calls(), progress["accepted"]);
    assert_eq!(teacher.repeated(), 0, "calls paid twice");
    assert_eq!(progress["accepted"], 200);
}
