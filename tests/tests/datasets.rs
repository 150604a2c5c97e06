//! A data set from a run to the trainer: it loads, and its numbers are those of the library.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hafs_tests::cache::cached;
use hafs_tests::call::factory;
use hafs_tests::plant::{self, Plan};
use hafs_tests::scripted::{Fault, Script, ScriptedTeacher};
use serde_json::Value;

const SECTIONS: usize = 60;
/// About every second reply of the scripted teacher is longer, so that there is something to reject.
const LONGEST: &str = "gates.max_output_chars=352";

/// How often each word came, as the manifest writes it.
type Counts = BTreeMap<String, u64>;

/// A run with accepted samples, rejected ones and generations that failed, and a data set of it in every format.
async fn made(home: &Path) -> Value {
    let faults = [(3, vec![Fault::ServerError; 3]), (7, vec![Fault::Truncated; 3])].into();
    let script = Script { latency: Duration::from_millis(5), faults, ..Script::default() };
    let teacher = ScriptedTeacher::start(script).await.unwrap();
    let (url, listen) = (teacher.base_url(), plant::free_address());
    let (sections, target) = (SECTIONS, SECTIONS * 2);
    let _ = plant::build(&Plan { home, teacher: &url, sections, target, slots: 6, listen, more: "" });
    let ran = factory(home, &["run", "--no-export", "--json", "--set", LONGEST]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let formats = "alpaca,messages,sharegpt,dpo,kto,text";
    factory(home, &["export", "--format", formats, "--split", "700,150,150", "--json"]).await.document()
}

async fn all(home: &Path, args: &[&str]) -> Vec<Value> {
    let page = factory(home, &[args, &["--limit", "5000", "--json"]].concat()).await.document();
    page["items"].as_array().unwrap().clone()
}

fn tally(words: impl Iterator<Item = String>) -> Counts {
    words.fold(Counts::new(), |mut counts, word| {
        *counts.entry(word).or_default() += 1;
        counts
    })
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no word")).to_owned()
}

/// Counts what the commands list, one by one.
async fn recount(home: &Path) -> Value {
    let of_state = async |state| all(home, &["samples", "list", "--state", state]).await;
    let (accepted, rejected) = (of_state("accepted").await, of_state("rejected").await);
    let dead = all(home, &["tasks", "list", "--state", "dead", "--kind", "generate"]).await;
    let first_reasons = rejected.iter().map(|sample| word(&sample["state"]["reasons"][0]));
    let failures = dead.iter().map(|view| word(&view["state"]["reason"]["reason"]));
    serde_json::json!({
        "generated": all(home, &["samples", "list"]).await.len(),
        "accepted": accepted.len(),
        "rejected": rejected.len(),
        "quarantined": of_state("quarantined").await.len(),
        "candidates": of_state("candidate").await.len(),
        "failed": dead.len(),
        "rejected_by_first_reason": tally(first_reasons),
        "failed_by_reason": tally(failures),
    })
}

/// Every row is one JSON object on one line; the rows of each format over all its splits.
fn rows(folder: &Path, manifest: &Value) -> Counts {
    let mut rows = Counts::new();
    for (path, entry) in
        manifest["files"].as_object().unwrap().iter().filter(|(path, _)| path.ends_with(".jsonl"))
    {
        let text = std::fs::read_to_string(folder.join(path)).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.iter().all(Value::is_object) && text.ends_with('\n'), "{path}");
        assert_eq!(entry["lines"], lines.len(), "{path}");
        *rows.entry(path.split('/').next().unwrap().to_owned()).or_default() += lines.len() as u64;
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_set_loads_and_its_counts_are_those_of_the_library() {
    let home = tempfile::tempdir().unwrap();
    let view = made(home.path()).await;
    let folder = &home.path().join(view["path"].as_str().unwrap());
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    let counts = &manifest["counts"];
    assert_eq!(*counts, recount(home.path()).await);
    let number = |name: &str| counts[name].as_u64().unwrap();
    assert!(number("accepted") > 0 && number("rejected") > 0 && number("failed") > 0, "{counts}");
    let parts = ["accepted", "rejected", "quarantined", "candidates"].map(number);
    assert_eq!(number("generated"), parts.iter().sum::<u64>());
    assert_eq!(manifest["attempted"], number("generated") + number("failed"));
    assert_eq!(manifest["attempted"], SECTIONS, "every section came to an end");

    let rows = rows(folder, &manifest);
    assert_eq!(manifest["exported"], number("accepted"), "nothing was left out: {}", manifest["excluded"]);
    for format in ["alpaca", "messages", "sharegpt", "text"] {
        assert_eq!(rows.get(format), Some(&number("accepted")), "{format}");
    }
    factory(home.path(), &["verify", view["path"].as_str().unwrap()]).await.says(0, &[]);
    factory(home.path(), &["verify"]).await.says(0, &[]);
    load_with_datasets(folder);
}

/// Loads every format and split with the library that people train with.
fn load_with_datasets(folder: &Path) {
    let python = cached("HAFS_DATASETS_PYTHON", "python/datasets/bin/python").filter(|path| path.exists());
    let Some(python) = python else {
        println!("SKIPPED: no Python with the `datasets` package; `scripts/setup.sh` gets it");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../coordinator/export/tests/load_datasets.py");
    let output = Command::new(python).arg(script).arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) {
        println!("SKIPPED: {said}");
        return;
    }
    assert!(output.status.success(), "{said}");
    println!("{said}");
}
