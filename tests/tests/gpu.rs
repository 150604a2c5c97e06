//! One GPU, many models: the real worker and coordinator on a scripted Ollama that keeps count of its memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use hafs_tests::plant;
use hafs_tests::process::Process;
use hafs_tests::scripted::{Garage, ScriptedGarage};

const LIMIT: Duration = Duration::from_secs(240);

/// Models of 12, 6 and 8 GB beside 14 GB of memory.
fn garage(spilling: &[&str]) -> Garage {
    Garage {
        memory: 14,
        models: [("large:14b", 12), ("six:7b", 6), ("eight:8b", 8)]
            .map(|(name, gigabytes)| (name.to_owned(), gigabytes))
            .into(),
        spilling: spilling.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn write(home: &Path, url: &str, target: usize) {
    let docs = home.join("docs");
    std::fs::create_dir_all(&docs).expect("a folder");
    for page in 0..6 {
        let text: String = (0..20).map(|nth| plant::section(page * 20 + nth)).collect();
        std::fs::write(docs.join(format!("page-{page}.md")), text).expect("a document");
    }
    let model = |name| format!("[[providers.models]]\nname = \"{name}\"\nrole = [\"generate\"]\n\n");
    let models: String = ["large:14b", "six:7b", "eight:8b"].map(model).concat();
    let config = format!(
        "[training]\nteacher_provider = \"ollama\"\nteacher_tier = \"general\"\n\n[run]\ntarget = {target}\n\
         generators = [\"doc-qa\"]\n\n[gates]\nrepairs = 0\n\n[coordinator]\nlisten = \"127.0.0.1:0\"\n\
         data_dir = \"data\"\n\n[[sources]]\nname = \"docs\"\nkind = \"folder\"\npath = \"docs\"\n\n[[providers]]\n\
         name = \"ollama\"\nkind = \"ollama\"\nbase_url = \"{url}\"\nslots = 2\ngpu_memory_mb = 14000\nnum_ctx = 6000\n\n\
         {models}"
    );
    std::fs::write(home.join("hafs.toml"), config).expect("a configuration");
}

async fn run(home: &Path) -> String {
    let mut run = Process::start("hafs-factory", home, &["run", "--no-export", "--json"]);
    let (status, printed) = run.output(LIMIT).await;
    let log = std::fs::read_to_string(home.join("hafs-factory.log")).unwrap_or_default();
    assert!(matches!(status.code(), Some(0 | 3)), "{status}\n{printed}\n{log}");
    log
}

#[tokio::test]
async fn three_models_that_do_not_fit_together_are_swapped_seldom_and_never_by_surprise() {
    let server = ScriptedGarage::start(garage(&[])).await.expect("a port");
    let home = tempfile::tempdir().expect("a folder");
    write(home.path(), &server.url(), 60);
    let log = run(home.path()).await;
    let tally = server.tally();
    let replies: u64 = tally.replies.values().sum();
    assert!(replies >= 60 && tally.replies.len() == 3, "each model has its share: {tally:?}");
    assert_eq!((tally.surprises, tally.evictions), (0, 0), "the worker decides: {tally:?}\n{log}");
    assert!(tally.loads * 6 <= replies, "{tally:?}");
    let progress = plant::stock(home.path()).await.progress;
    assert_eq!(progress.open_tasks, 0, "{progress:?}");
}

#[tokio::test]
async fn a_model_that_spills_to_the_cpu_gets_no_work_and_the_others_go_on() {
    let server = ScriptedGarage::start(garage(&["eight:8b"])).await.expect("a port");
    let home = tempfile::tempdir().expect("a folder");
    write(home.path(), &server.url(), 30);
    let mut run = Process::start("hafs-factory", home.path(), &["run", "--no-export", "--json"]);
    let log = || std::fs::read_to_string(home.path().join("hafs-factory.log")).unwrap_or_default();
    hafs_tests::process::until("the spill to be noticed and the others to work", LIMIT, || {
        let replies: BTreeMap<String, u64> = server.tally().replies;
        let others = replies.iter().filter(|(name, count)| *name != "eight:8b" && **count >= 3).count();
        (others == 2 && log().contains("spilled to CPU")).then_some(())
    })
    .await;
    assert_eq!(server.tally().replies.get("eight:8b"), None, "{:?}", server.tally());
    run.kill();
}
