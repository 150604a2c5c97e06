//! One GPU, many models: a real worker's process and a coordinator, on a scripted Ollama that keeps count of its memory.

use std::path::Path;
use std::time::Duration;

use hafs_proto::people::{Page, Why, WorkerView};
use hafs_proto::worker::Residence;
use hafs_proto::{Run, RunState, TeacherName};
use hafs_tests::client::Office;
use hafs_tests::plant;
use hafs_tests::process::Process;
use hafs_tests::scripted::{Garage, ScriptedGarage};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(180);
/// Models of 12, 6 and 8 GB beside 14 GB of memory.
const MODELS: [(&str, u64); 3] = [("large:14b", 12), ("six:7b", 6), ("eight:8b", 8)];

fn garage(spilling: &[&str]) -> Garage {
    Garage {
        memory: 14,
        models: MODELS.map(|(name, gigabytes)| (name.to_owned(), gigabytes)).into(),
        spilling: spilling.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// A coordinator, a run over all three models, and a worker that has them.
struct Site {
    home: tempfile::TempDir,
    office: Office,
    garage: ScriptedGarage,
    _worker: Process,
}

impl Site {
    async fn open(garage: Garage, target: u32) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let garage = ScriptedGarage::start(garage).await.expect("a port");
        let office = Office::open(&home.path().join("data"), |_| {}).await;
        write(home.path(), &office.url, &garage.url());
        let token = office.join_token().await;
        let args = ["--config", "hafs.toml", "--join-token", &token, "--name", "attic"];
        let worker = Process::start("hafs-worker", home.path(), &args);
        let teachers = || MODELS.iter().map(|(name, _)| TeacherName::new("ollama", name).expect("a name"));
        office
            .start(|spec| {
                spec.target = target;
                spec.teachers = teachers().collect();
            })
            .await;
        Self { home, office, garage, _worker: worker }
    }

    async fn attic(&self) -> Option<WorkerView> {
        let page: Page<WorkerView> = self.office.get("/v1/workers").await;
        page.items.into_iter().next()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("hafs-worker.log")).unwrap_or_default()
    }

    /// Waits until something is so.
    async fn soon(&self, what: &str, mut check: impl AsyncFnMut() -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !check().await {
            let (tally, log) = (self.garage.tally(), self.log());
            assert!(Instant::now() < deadline, "waited {LIMIT:?} in vain for {what}: {tally:?}\n{log}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn write(home: &Path, coordinator: &str, ollama: &str) {
    let docs = home.join("docs");
    std::fs::create_dir_all(&docs).expect("a folder");
    for page in 0..6 {
        let text: String = (0..20).map(|nth| plant::section(page * 20 + nth)).collect();
        std::fs::write(docs.join(format!("page-{page}.md")), text).expect("a document");
    }
    let model = |(name, _)| format!("[[providers.models]]\nname = \"{name}\"\nrole = [\"generate\"]\n\n");
    let models: String = MODELS.map(model).concat();
    let config = format!(
        "[worker]\ncoordinator = \"{coordinator}\"\nspool_dir = \"spool\"\n\n[[sources]]\nname = \"docs\"\nkind = \
         \"folder\"\npath = \"docs\"\n\n[[providers]]\nname = \"ollama\"\nkind = \"ollama\"\nbase_url = \"{ollama}\"\n\
         slots = 2\npreflight = \"list\"\ngpu_memory_mb = 14000\nnum_ctx = 6000\n\n{models}"
    );
    std::fs::write(home.join("hafs.toml"), config).expect("a configuration");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_models_that_do_not_fit_together_are_swapped_seldom_and_never_by_surprise() {
    let site = Site::open(garage(&[]), 60).await;
    site.soon("the run to end", async || {
        let runs: Page<Run> = site.office.get("/v1/runs").await;
        runs.items.iter().all(|run| run.state != RunState::Running)
    })
    .await;
    let tally = site.garage.tally();
    let replies: u64 = tally.replies.values().sum();
    assert!(replies >= 60 && tally.replies.len() == MODELS.len(), "each model has its share: {tally:?}");
    assert_eq!((tally.surprises, tally.evictions), (0, 0), "the worker decides: {tally:?}\n{}", site.log());
    assert!(tally.loads * 6 <= replies, "{tally:?}");
    let residency = site.attic().await.and_then(|attic| attic.residency).expect("it has told");
    assert_eq!(residency.models.len(), MODELS.len());
    assert!(residency.swaps > 0 && residency.models.iter().any(|model| model.residence == Residence::Loaded));
    let windows: Vec<u32> = residency.models.iter().filter_map(|model| model.context).collect();
    assert_eq!(windows, [8_192; 3], "one window, rounded up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_spills_to_the_cpu_gets_no_work_and_says_why_while_the_others_go_on() {
    let site = Site::open(garage(&["eight:8b"]), 120).await;
    site.soon("the spill to be told and the others to work", async || {
        let models = site.attic().await.and_then(|attic| attic.residency).unwrap_or_default().models;
        let unfit = models.iter().any(|model| model.residence == Residence::Unfit);
        let tally = site.garage.tally();
        unfit && ["large:14b", "six:7b"].iter().all(|name| tally.replies.get(*name).is_some_and(|it| *it > 2))
    })
    .await;
    let attic = site.attic().await.expect("it is here");
    let why: Why = site.office.get(&format!("/v1/why/{}", attic.id)).await;
    let said = why.reasons.iter().find(|(code, _)| code.as_str() == "model_unfit").expect("it says so");
    assert!(said.1.as_str().contains("spilled to CPU"), "{}", said.1);
    assert_eq!(site.garage.tally().replies.get("eight:8b"), None);
    assert!(site.log().contains("is unfit on this machine"), "{}", site.log());
}
