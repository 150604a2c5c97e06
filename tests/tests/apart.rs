//! A coordinator and a worker apart: everything that a person does to runs and tasks goes through the program.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_tests::call::{Ended, factory, factory_with};
use hafs_tests::plant::{self, Plan};
use hafs_tests::process::{Process, until};
use hafs_tests::scripted::{Fault, Script, ScriptedTeacher};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(60);

/// A folder with a coordinator; a worker can be started beside it.
struct Site {
    home: tempfile::TempDir,
    config: PathBuf,
    listen: std::net::SocketAddr,
    _coordinator: Process,
    teacher: ScriptedTeacher,
}

impl Site {
    async fn open(script: Script) -> Self {
        let home = tempfile::tempdir().unwrap();
        let teacher = ScriptedTeacher::start(script).await.unwrap();
        let (url, listen) = (teacher.base_url(), plant::free_address());
        let more = "";
        let plan = Plan { home: home.path(), teacher: &url, sections: 6, target: 20, slots: 2, listen, more };
        let config = plant::build(&plan);
        let name = config.to_str().unwrap();
        let coordinator = Process::start("hafs-coordinator", home.path(), &["--config", name]);
        let address = home.path().join("data/coordinator.json");
        until("a coordinator", SOON, || address.exists().then_some(())).await;
        Self { home, config, listen, _coordinator: coordinator, teacher }
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    async fn call(&self, args: &[&str]) -> Ended {
        factory(self.home(), args).await
    }

    async fn json(&self, args: &[&str]) -> Value {
        self.call(&[args, &["--json"]].concat()).await.document()
    }

    async fn hire(&self) -> Process {
        let token = self.json(&["token", "create", "--scope", "join"]).await;
        let config = self.config.to_str().unwrap();
        let args = ["--config", config, "--join-token", token["token"].as_str().unwrap(), "--name", "test"];
        Process::start("hafs-worker", self.home(), &args)
    }

    async fn state(&self, run: &str) -> String {
        let view = self.json(&["runs", "show", run]).await;
        view["run"]["state"].as_str().unwrap().to_owned()
    }

    /// Waits until the run is in this state; its progress then.
    async fn reaches(&self, run: &str, state: &str) -> Value {
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let view = self.json(&["runs", "show", run]).await;
            if view["run"]["state"] == state {
                return view["progress"].clone();
            }
            assert!(tokio::time::Instant::now() < deadline, "the run does not get {state}: {view}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_started_paused_resumed_and_called_off_from_the_command_line() {
    let site = Site::open(Script::default()).await;
    let started = site.call(&["runs", "start", "--json"]).await;
    let run = started.document()["id"].as_str().unwrap().to_owned();
    let shown = site.call(&["runs", "start", "--new", "--target", "3"]).await;
    shown.says(0, &["no worker that is here offers source/docs", "teacher/scripted/scripted-1"]);
    assert!(shown.stdout.contains("hafs-factory watch --run run_"), "{shown:?}");

    let other = site.json(&["runs", "list"]).await["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(site.json(&["runs", "cancel", &other]).await["state"], "cancelled");
    assert_eq!(site.state(&other).await, "cancelled");

    site.call(&["runs", "start"]).await.says(1, &["is an equal run and is running", "--new"]);
    assert_eq!(site.json(&["runs", "pause", &run]).await["state"], "paused");
    site.call(&["runs", "start"]).await.says(1, &["is paused", "runs resume"]);
    let _worker = site.hire().await;
    assert_eq!(site.state(&run).await, "paused");
    assert_eq!(site.json(&["runs", "resume", &run]).await["state"], "running");
    let progress = site.reaches(&run, "finished").await;
    assert!(progress["accepted"].as_u64().unwrap() > 0, "{progress}");

    site.call(&["runs", "cancel", &run]).await.says(1, &["finished already"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_that_is_named_is_asked_with_the_token_that_was_given() {
    let site = Site::open(Script::default()).await;
    let created = site.json(&["token", "create", "--scope", "read", "--scope", "run"]).await;
    let token = created["token"].as_str().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("run.token"), format!("{token}\n")).unwrap();
    let at = format!("http://{}", site.listen);
    let named = ["runs", "list", "--at", &at, "--token-file", "run.token", "--json"];
    assert_eq!(factory(elsewhere.path(), &named).await.document()["items"], serde_json::json!([]));
    let named = ["status", "--at", &at, "--json"];
    let status = factory_with(elsewhere.path(), &named, &[("HAFS_TOKEN", token)]).await;
    assert_eq!(status.document()["runs"], serde_json::json!([]));
    let export = ["token", "list", "--at", &at, "--token-file", "run.token"];
    factory(elsewhere.path(), &export).await.says(1, &["scope"]);
    assert!(!elsewhere.path().join("data").exists(), "nothing is made here");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_were_given_up_are_redriven_one_by_one_and_by_reason() {
    // Six attempts would be needed for the first two conversations; three are allowed.
    let faults = (1..=2).map(|number| (number, vec![Fault::Truncated; 3])).collect();
    let site = Site::open(Script { faults, ..Script::default() }).await;
    let _worker = site.hire().await;
    let run = site.json(&["runs", "start"]).await["id"].as_str().unwrap().to_owned();
    let progress = site.reaches(&run, "finished").await;
    assert_eq!(progress["failed"], 2, "{progress}");
    let dead = site.json(&["tasks", "list", "--run", &run, "--state", "dead"]).await;
    let ids: Vec<String> = dead["items"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(ids.len(), 2, "{dead}");

    let nothing = site.call(&["tasks", "redrive", "--run", &run, "--reason", "refused"]).await;
    nothing.says(1, &["no task of", "for refused"]);
    assert_eq!(site.json(&["tasks", "redrive", &ids[0]]).await["redriven"], serde_json::json!([ids[0]]));
    let again = site.call(&["tasks", "redrive", &ids[0]]).await;
    again.says(1, &["1 of 1 tasks were not redriven"]);
    assert!(again.stdout.contains("only a dead task"), "{again:?}");
    site.reaches(&run, "finished").await;
    let rest = site.json(&["tasks", "redrive", "--run", &run, "--reason", "truncated"]).await;
    assert_eq!(rest["redriven"], serde_json::json!([ids[1]]));
    let progress = site.reaches(&run, "finished").await;
    assert_eq!((&progress["failed"], &progress["accepted"]), (&0.into(), &6.into()), "{progress}");
    assert_eq!(progress["calls"], site.teacher.calls(), "what was paid is recorded");
}

fn id(view: &Value) -> String {
    view["task"]["id"].as_str().unwrap().to_owned()
}
