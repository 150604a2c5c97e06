//! What must hold when processes are killed at any moment: the same accepted set as an uninterrupted run, nothing
//! acknowledged lost, nothing paid twice beyond the calls in flight.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

use std::path::Path;
use std::time::Duration;

use hafs_proto::ContentHash;
use hafs_tests::plant::{self, Plan, Stock};
use hafs_tests::process::{Process, until};
use hafs_tests::scripted::{Script, ScriptedTeacher};

const TASKS: usize = 500;
const KILLS: u64 = 20;
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

/// A number below `below` that follows from the seed that the test prints.
fn draw(seed: u64, nth: u64, below: u64) -> u64 {
    let hash = ContentHash::of_parts([seed.to_string().as_str(), &nth.to_string()]);
    let [a, b, c, d, ..] = *hash.as_bytes();
    u64::from(u32::from_le_bytes([a, b, c, d])) % below
}

fn seed() -> u64 {
    let seed = std::env::var("HAFS_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_122);
    println!("HAFS_TEST_SEED={seed}");
    seed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_a_run_ends_with_the_same_samples_as_one_that_was_left_alone() {
    let seed = seed();
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
    for kill in 0..KILLS {
        let before = teacher.calls();
        let mut run = Process::start("hafs-factory", stormy.path(), &["run", "--no-export", "--json"]);
        // Some calls into its work, then at a random moment of the next ones.
        let some = 2 + draw(seed, kill, 16);
        let ended = until("calls to the teacher", Duration::from_secs(60), || {
            let done = run.ended().is_some();
            (done || teacher.calls() >= before + some).then_some(done)
        });
        if ended.await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(draw(seed, 1_000 + kill, 130))).await;
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
    let api = Api::reach(home.path()).await;
    let join = api.join_token().await;
    let _worker = Process::start(
        "hafs-worker",
        home.path(),
        &["--config", config, "--join-token", &join, "--name", "test"],
    );
    api.start_run(config).await;
    for kill in 0..5_u64 {
        let goal = teacher.calls() + 20;
        until("calls", Duration::from_secs(60), || {
            (teacher.calls() >= goal || teacher.calls() >= 200).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_millis(draw(7, kill, 90))).await;
        running.kill();
        // Calls in flight end meanwhile; their results go to the spool.
        tokio::time::sleep(Duration::from_millis(250)).await;
        running = coordinator();
        Api::reach(home.path()).await;
    }
    let api = Api::reach(home.path()).await;
    let ended = async {
        loop {
            let progress = api.newest_progress().await;
            if progress["state"] != "running" {
                return progress;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let progress = tokio::time::timeout(Duration::from_secs(120), ended).await.expect("the run ends");
    println!("{} calls for {} accepted samples", teacher.calls(), progress["accepted"]);
    assert_eq!(teacher.repeated(), 0, "calls paid twice");
    assert_eq!(progress["accepted"], 200);
}

/// The people's API of the coordinator whose address file lies in a data folder.
struct Api {
    url: String,
    token: String,
    client: reqwest::Client,
}

impl Api {
    async fn reach(home: &Path) -> Self {
        let client = hafs_runtime::http::client(
            &hafs_runtime::http::ClientSettings::default(),
            &hafs_runtime::env::Environment::of_process(),
        )
        .unwrap();
        let file = home.join("data/coordinator.json");
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(api) = Self::try_reach(&file, &client).await {
                return api;
            }
            assert!(tokio::time::Instant::now() < deadline, "no coordinator answers");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn try_reach(file: &Path, client: &reqwest::Client) -> Option<Self> {
        let text = std::fs::read_to_string(file).ok()?;
        let address: serde_json::Value = serde_json::from_str(&text).ok()?;
        let (url, token) = (address["url"].as_str()?.to_owned(), address["token"].as_str()?.to_owned());
        let api = Self { url, token, client: client.clone() };
        let answer = api.client.get(format!("{}/v1/status", api.url)).bearer_auth(&api.token).send().await;
        answer.ok()?.status().is_success().then_some(api)
    }

    async fn post(&self, path: &str, body: serde_json::Value) -> serde_json::Value {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(&body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn join_token(&self) -> String {
        let body = serde_json::json!({"name": "test", "scopes": ["join"], "ttl_s": 600, "uses": 1});
        self.post("/v1/tokens", body).await["token"].as_str().unwrap().to_owned()
    }

    async fn start_run(&self, config: &str) {
        let env = hafs_runtime::env::Environment::of_process();
        let request = hafs_runtime::config::Request { file: Some(Path::new(config)), env: &env, flags: &[] };
        let config = hafs_runtime::config::load(request).unwrap();
        let generators: Vec<_> =
            hafs_domain::generator::TABLE.iter().map(|(name, _)| name.parse().unwrap()).collect();
        let spec = config.run_spec(&generators).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let body = serde_json::json!({"spec": spec, "config_fingerprint": config.fingerprint()});
        self.post("/v1/runs", body).await;
    }

    async fn newest_progress(&self) -> serde_json::Value {
        let request = self.client.get(format!("{}/v1/status", self.url)).bearer_auth(&self.token);
        let Ok(answer) = request.send().await else { return serde_json::json!({"state": "running"}) };
        let status: serde_json::Value = answer.json().await.unwrap();
        status["runs"][0]["progress"].clone()
    }
}
