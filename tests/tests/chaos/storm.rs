//! The storm itself: faults drawn by a seed while a run goes on, then a calm, then the reckoning.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hafs_library::tables::runs;
use hafs_library::{Address, Library};
use hafs_proto::{CompletionId, RunState};
use hafs_tests::call;
use hafs_tests::dice::Dice;
use hafs_tests::person::Person;
use hafs_tests::plant::{self, Stock};
use hafs_tests::scripted::{Script, ScriptedTeacher};
use tokio::time::Instant;

use crate::crew::{self, COORDINATORS, Coordinator, Servers, WORKERS};
use crate::fault::{Cluster, Fault};
use crate::front::Front;

/// Tasks for each second of storm: more than a calm cluster does in that time with these teachers and slots.
const TASKS_A_SECOND: u64 = 12;
/// How long nothing at all may be acknowledged while tasks are open, once everything is whole again.
const STUCK: Duration = Duration::from_secs(90);

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// How often each kind of fault happened.
    pub faults: BTreeMap<String, u64>,
    /// Results whose storing was acknowledged.
    pub acknowledged: usize,
    /// Of those, how many the library does not have.
    pub lost: usize,
    /// Samples beyond those of an undisturbed run.
    pub doubled: usize,
    /// Accepted samples of an undisturbed run that are not there.
    pub missing: usize,
    /// Tasks that were still open after the calm.
    pub stuck: u64,
    /// Results that got two different answers.
    pub contradictions: usize,
    /// What `verify` found.
    pub findings: String,
    /// Calls of teachers beyond the first for the same prompt.
    pub paid_again: u64,
    /// From the mending of faults to the next acknowledged result, the shortest first, and what the faults were.
    pub recoveries: Vec<(Duration, String)>,
}

/// When faults were mended, and what they were.
type Mending = (Instant, String);

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: u64 = self.faults.values().sum();
        let kinds: Vec<String> = self.faults.iter().map(|(kind, times)| format!("{times} {kind}")).collect();
        let at = |share: usize| {
            let place = (self.recoveries.len() * share / 100).min(self.recoveries.len().saturating_sub(1));
            self.recoveries.get(place).map_or(0, |(took, _)| took.as_millis())
        };
        let slowest = self.recoveries.iter().rev().take(3);
        let slowest: Vec<String> =
            slowest.map(|(took, after)| format!("{} ms after {after}", took.as_millis())).collect();
        write!(
            f,
            "{faults} faults ({}); {} results acknowledged, {} lost, {} doubled, {} missing, {} stuck, {} contradicted; \
             {} calls paid again; recovery p50 {} ms, p99 {} ms, of {}: the slowest {}",
            kinds.join(", "),
            self.acknowledged,
            self.lost,
            self.doubled,
            self.missing,
            self.stuck,
            self.contradictions,
            self.paid_again,
            at(50),
            at(99),
            self.recoveries.len(),
            slowest.join(", ")
        )
    }
}

/// Nothing when the servers cannot be had.
pub async fn run(seed: u64, length: Duration) -> Option<Outcome> {
    let servers = match Servers::start().await {
        Ok(servers) => servers,
        Err(why) => {
            println!("SKIPPED: {why}");
            return None;
        }
    };
    let sections = usize::try_from(length.as_secs() * TASKS_A_SECOND).unwrap_or(usize::MAX);
    let expected = undisturbed(sections).await;
    // With the variable, the logs of all members stay for whoever looks into a failure.
    let keep = std::env::var_os("HAFS_CHAOS_KEEP").is_some();
    let home = tempfile::Builder::new().disable_cleanup(keep).tempdir().expect("a folder");
    println!("the members' folders: {}", home.path().display());
    let script = Script { latency: Duration::from_millis(400), ..script() };
    let teacher = ScriptedTeacher::start(script).await.expect("a teacher");
    let library = servers.library.clone();
    let mut cluster = assemble(home.path(), servers, (&teacher.base_url(), sections), seed).await;
    let (faults, mended) = rage(&mut cluster, &library, seed, length).await;
    let stuck = calm(&library, &cluster.front).await;
    println!("calm; {stuck} tasks stuck");
    let everybody =
        cluster.workers.iter_mut().chain(cluster.coordinators.iter_mut().map(|it| &mut it.member));
    for member in everybody {
        member.leave().await;
    }
    let found = plant::stock_of(&library).await;
    let front = Arc::clone(&cluster.front);
    let acknowledged = front.history(|history| history.accepted.clone());
    Some(Outcome {
        faults,
        lost: not_there(&library, acknowledged.keys().copied().collect()),
        doubled: found.samples.saturating_sub(expected.samples)
            + found.accepted.difference(&expected.accepted).count(),
        missing: expected.accepted.difference(&found.accepted).count()
            + expected.samples.saturating_sub(found.samples),
        stuck,
        contradictions: front.history(|history| history.contradictions.len()),
        findings: findings(cluster.coordinators[0].home()).await,
        paid_again: teacher.repeated(),
        recoveries: recoveries(&mended, acknowledged.into_values().collect()),
        acknowledged: front.history(|history| history.accepted.len()),
    })
}

fn script() -> Script {
    Script { bad_every: Some(7), ..Script::default() }
}

/// What a run gives that nothing disturbs. Replies follow from requests alone, so everything else is the storm's.
async fn undisturbed(sections: usize) -> Stock {
    let home = tempfile::tempdir().expect("a folder");
    let teacher = ScriptedTeacher::start(script()).await.expect("a teacher");
    let url = teacher.base_url();
    let _ = plant::build(&crew::plan(home.path(), &url, sections, plant::free_address()));
    let ended = call::factory(home.path(), &["run", "--no-export", "--json"]).await;
    assert!(ended.code.is_some(), "{ended:?}");
    plant::stock(home.path()).await
}

async fn assemble(home: &Path, servers: Servers, (teacher, sections): (&str, usize), seed: u64) -> Cluster {
    let mut coordinators = Vec::new();
    for number in 0..COORDINATORS {
        coordinators.push(Coordinator::hire(home, number, &servers).await);
    }
    let front = Front::start(coordinators.iter().map(|it| it.address).collect(), seed).await;
    let person = Person::reach(coordinators[0].home()).await.moved_to(&front.url()).await;
    let mut workers = Vec::new();
    let plan = crew::plan(home, teacher, sections, front.address);
    for number in 0..WORKERS {
        workers.push(crew::worker(home, number, &plan, person.new_token(&["join"]).await));
    }
    person.start_run(&home.join("worker-0/hafs.toml")).await;
    Cluster { servers, coordinators, workers, front }
}

/// One fault after the other, now and then two at once. Returns how many of each there were, and when each was mended.
async fn rage(
    cluster: &mut Cluster,
    library: &Address,
    seed: u64,
    length: Duration,
) -> (BTreeMap<String, u64>, Vec<Mending>) {
    let (mut dice, began) = (Dice::new(seed), Instant::now());
    let (mut faults, mut mended) = (BTreeMap::new(), Vec::new());
    while began.elapsed() < length {
        let mut now = vec![Fault::draw(&mut dice)];
        if dice.below(3) == 0 {
            now.extend(Some(Fault::draw(&mut dice)).filter(|second| compatible(now[0], *second)));
        }
        for fault in &now {
            let kind = format!("{fault:?}").split('(').next().unwrap_or_default().to_owned();
            *faults.entry(kind).or_default() += 1;
            cluster.begin(*fault).await;
        }
        let longest = now.iter().map(|fault| fault.length(&mut dice)).max().unwrap_or_default();
        println!("{:>6} ms {now:?} for {} ms", began.elapsed().as_millis(), longest.as_millis());
        tokio::time::sleep(longest).await;
        for fault in &now {
            cluster.mend(*fault).await;
        }
        mended.push((Instant::now(), format!("{now:?}")));
        tokio::time::sleep(dice.millis(200, 2_000)).await;
        if open_tasks(library).is_some_and(|open| open == 0) {
            println!("the run has ended before the storm");
            break;
        }
    }
    (faults, mended)
}

/// Two faults of one thing would be one, and its mending would fail.
fn compatible(one: Fault, other: Fault) -> bool {
    let thing = |fault| match fault {
        Fault::KillCoordinator(at) | Fault::FreezeCoordinator(at) | Fault::RestartCoordinator(at) => at,
        Fault::KillWorker(at) | Fault::FreezeWorker(at) => 10 + at,
        Fault::KillRedis | Fault::FreezeRedis | Fault::FlushRedis => 20,
        Fault::CrashPostgres => 21,
        Fault::RedisWire(at, _) => 30 + at,
        Fault::PostgresWire(at, _) => 40 + at,
        Fault::LoseRequests | Fault::LoseReplies | Fault::DoubleRequests => 50,
    };
    thing(one) != thing(other)
}

/// Waits until the run has ended, however slow the machine is; tasks that are still open when nothing goes on any more.
async fn calm(library: &Address, front: &Front) -> u64 {
    let (mut since, mut before) = (Instant::now(), 0);
    loop {
        let acknowledged = front.history(|history| history.accepted.len());
        if acknowledged > before {
            (since, before) = (Instant::now(), acknowledged);
        }
        match open_tasks(library) {
            Some(0) => return 0,
            open @ (Some(_) | None) if since.elapsed() > STUCK => return open.unwrap_or(u64::MAX),
            Some(_) | None => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

/// Open tasks while the run goes on; none when it has ended; nothing when the library cannot be asked just now.
fn open_tasks(library: &Address) -> Option<u64> {
    look(library, |tx| {
        let running = runs::in_state(tx, RunState::Running)?.len() as u64;
        let open = tx.query("SELECT COUNT(*) AS n FROM task WHERE state = 'open'", &[])?;
        let open: u64 = open.first().map_or(Ok(0), |row| row.get("n"))?;
        Ok(open + running)
    })
}

fn look<T: Send>(
    library: &Address,
    question: impl FnOnce(&mut dyn hafs_library::Tx) -> Result<T, hafs_library::StoreError> + Send,
) -> Option<T> {
    tokio::task::block_in_place(|| Library::inspect(library, question)).ok()
}

fn not_there(library: &Address, keys: Vec<CompletionId>) -> usize {
    let looked = look(library, |tx| {
        let rows = tx.query("SELECT key FROM receipt WHERE answer = 'accepted'", &[])?;
        let there = rows.iter().map(|row| row.get("key")).collect::<Result<BTreeSet<CompletionId>, _>>()?;
        Ok(keys.iter().filter(|key| !there.contains(key)).count())
    });
    looked.expect("the library answers")
}

async fn findings(home: &Path) -> String {
    let ended = call::factory(home, &["verify", "--config", "hafs.toml"]).await;
    if ended.code == Some(0) { String::new() } else { format!("{}{}", ended.stdout, ended.stderr) }
}

fn recoveries(mended: &[Mending], mut acknowledged: Vec<Instant>) -> Vec<(Duration, String)> {
    acknowledged.sort_unstable();
    let next = |(from, what): &Mending| {
        let first = acknowledged.iter().find(|at| *at >= from)?;
        Some((*first - *from, what.clone()))
    };
    let mut found: Vec<(Duration, String)> = mended.iter().filter_map(next).collect();
    found.sort_unstable();
    found
}
