//! The Windows worker under Wine against a coordinator on Linux: it joins, claims, completes, is killed, drains, and does
//! the same as a service. `scripts/windows-proof.sh` builds it and runs this.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test program")]

mod wine;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_tests::person::Person;
use hafs_tests::plant::{self, Plan};
use hafs_tests::process::{Process, until};
use hafs_tests::scripted::{Script, ScriptedTeacher};
use wine::{ConsoleEvent, Wine, Worker};

const TASKS: usize = 240;
const SLOTS: usize = 4;
const LATENCY: Duration = Duration::from_millis(150);
/// For anything: Wine is slow to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A coordinator on Linux and what its Windows worker needs.
struct Factory {
    home: PathBuf,
    config: PathBuf,
    teacher: ScriptedTeacher,
    coordinator: Process,
}

impl Factory {
    async fn open(home: &Path) -> Self {
        let teacher = ScriptedTeacher::start(Script { latency: LATENCY, ..Script::default() });
        let teacher = teacher.await.expect("a teacher");
        let plan = Plan {
            home,
            teacher: &teacher.base_url(),
            sections: TASKS,
            target: TASKS * 2,
            slots: SLOTS,
            listen: plant::free_address(),
            // Short, so that a worker that was killed is missed soon.
            more: "",
        };
        let config = plant::build(&plan);
        let coordinator = start_coordinator(home, &config);
        Self { home: home.to_owned(), config, teacher, coordinator }
    }

    async fn person(&self) -> Person {
        Person::reach(&self.home).await
    }

    /// A folder with a space and a letter beyond ASCII in its name, and a configuration with paths of Windows.
    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.home.join(name);
        let text = fs::read_to_string(&self.config).expect("a configuration");
        let text = text.replace(r#""data/spool""#, r"'state of\the wörker'");
        let text =
            text.replace(r#"path = "docs""#, &format!("path = 'Z:{}'", windows(&self.home.join("docs"))));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("hafs.toml"), text).expect("written");
        folder
    }

    async fn calls(&self, goal: u64) {
        let most = u64::try_from(TASKS).expect("small");
        until("calls", PATIENCE, || (self.teacher.calls() >= goal.min(most)).then_some(())).await;
    }
}

fn start_coordinator(home: &Path, config: &Path) -> Process {
    Process::start("hafs-coordinator", home, &["--config", config.to_str().expect("UTF-8")])
}

fn windows(path: &Path) -> String {
    path.display().to_string().replace('/', r"\")
}

fn log(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

async fn said(path: &Path, words: &str) {
    until(words, PATIENCE, || log(path).contains(words).then_some(())).await;
}

/// Bytes of results that wait on a worker's disk.
fn spooled(folder: &Path) -> u64 {
    let lists = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
    let spools = lists(&folder.join("state of/the wörker/results"));
    let files = spools.flat_map(|spool| lists(&spool.path()).collect::<Vec<_>>());
    files
        .filter_map(|file| file.metadata().ok())
        .filter(|facts| facts.is_file())
        .map(|facts| facts.len())
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Wine and a cross-build; scripts/windows-proof.sh runs it"]
async fn the_windows_worker_joins_completes_survives_kill_and_drains_at_a_key_and_as_a_service() {
    let home = tempfile::tempdir().expect("a folder");
    let wine = Wine::boot(home.path());
    let mut factory = Factory::open(home.path()).await;
    let person = factory.person().await;
    let join = person.new_token(&["join"]).await;
    person.start_run(&factory.config).await;

    let folder = factory.folder("a worker");
    let console = folder.join("worker.log");
    let mut worker = wine.worker(&folder, &join);
    factory.calls(40).await;
    println!("at a console: joined, {} calls, {}", factory.teacher.calls(), worker.memory());

    // The coordinator goes first, so that what is done meanwhile waits on the worker's disk when that is killed.
    factory.coordinator.kill();
    said(&console, "lost the coordinator").await;
    until("calls to end", PATIENCE, || (factory.teacher.in_flight(LATENCY) == 0).then_some(())).await;
    until("a result on disk", PATIENCE, || (spooled(&folder) > 0).then_some(())).await;
    worker.kill();
    println!("killed with {} bytes in its spool", spooled(&folder));
    factory.coordinator = start_coordinator(&factory.home, &factory.config);
    let person = factory.person().await;
    worker = wine.worker(&folder, "used-up");
    factory.calls(factory.teacher.calls() + 40).await;

    worker.press_ctrl_c();
    drained(&mut worker, "CTRL_C", &folder).await;
    println!("drained at Ctrl-C with exit code 0, {} calls so far", factory.teacher.calls());

    for (event, name) in [(ConsoleEvent::Break, "CTRL_BREAK"), (ConsoleEvent::Close, "CTRL_CLOSE")] {
        worker = wine.worker(&folder, "used-up");
        factory.calls(factory.teacher.calls() + 30).await;
        wine.press(event);
        drained(&mut worker, name, &folder).await;
        println!("drained at {name} with exit code 0, {} calls so far", factory.teacher.calls());
    }

    serve(&wine, &folder, &factory).await;
    let progress = person.ended_run(PATIENCE).await;
    assert_eq!(progress["accepted"], TASKS, "{progress}");
    assert_eq!(factory.teacher.repeated(), 0, "calls paid twice");
    println!("{} calls, {} accepted, none paid twice", factory.teacher.calls(), progress["accepted"]);
}

/// A worker that was told to drain at its console ends well and leaves nothing behind.
async fn drained(worker: &mut Worker, event: &str, folder: &Path) {
    let console = folder.join("worker.log");
    let ended = until("the end of the drain", PATIENCE, || worker.ended()).await;
    let text = log(&console);
    assert!(ended.success(), "{ended}\n{text}");
    assert!(text.contains(&format!("{event} received; draining")), "{text}");
    assert!(
        text.trim_end().lines().next_back().is_some_and(|line| line.contains("the worker has left")),
        "{text}"
    );
    assert_eq!(spooled(folder), 0, "what was done was sent");
}

/// The same worker as a service: installed, started, stopped in the middle, started again until the run has ended,
/// uninstalled.
async fn serve(wine: &Wine, folder: &Path, factory: &Factory) {
    let config = format!("Z:{}", windows(&folder.join("hafs.toml")));
    let service = Service { wine, log: folder.join("hafs-worker.log") };
    assert!(service.order(&["install", "--config", &config]).contains("is registered"));
    service.start().await;
    factory.calls(factory.teacher.calls() + 20).await;
    println!("as a service: {}", wine::service_memory(&config));
    service.stop().await;
    service.start().await;
    factory.calls(u64::MAX).await;
    until("an empty spool", PATIENCE, || (spooled(folder) == 0).then_some(())).await;
    service.stop().await;
    assert!(service.order(&["uninstall"]).contains("no service any more"));
    assert!(!service.order(&["status"]).contains("stopped"));
}

struct Service<'a> {
    wine: &'a Wine,
    log: PathBuf,
}

impl Service<'_> {
    fn order(&self, words: &[&str]) -> String {
        let said = self.wine.output("hafs-worker.exe", &[&["service"], words].concat());
        println!("service {}: {}", words.join(" "), said.trim());
        said
    }

    async fn start(&self) {
        // Wine refuses to start what has just stopped, a moment longer than it says so.
        until("a service that runs", PATIENCE, || {
            println!("net start: {}", self.wine.output("net", &["start", "hafs-worker"]).trim());
            self.order(&["status"]).contains("running").then_some(())
        })
        .await;
    }

    /// Stops it, which drains.
    async fn stop(&self) {
        let drains = || log(&self.log).matches("the service is to stop; draining").count();
        let ends = || log(&self.log).matches("the worker has left").count();
        let before = (drains(), ends());
        // Wine's manager was seen not to pass the order on, once in a dozen times.
        until("a service that is told to stop", PATIENCE, || {
            println!("net stop: {}", self.wine.output("net", &["stop", "hafs-worker"]).trim());
            (drains() > before.0).then_some(())
        })
        .await;
        until("the end of the drain", PATIENCE, || (ends() > before.1).then_some(())).await;
        until("a stopped service", PATIENCE, || self.order(&["status"]).contains("stopped").then_some(()))
            .await;
    }
}
