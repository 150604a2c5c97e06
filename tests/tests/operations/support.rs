//! The support bundle of a real factory, searched for what must not be in it.

use hafs_tests::call::{factory, factory_with};
use hafs_tests::process::{Process, until};

use super::{SOON, build};

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_tells_how_a_factory_stands_and_none_of_its_texts_names_or_secrets() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let keys = "public_url = \"https://factory.example/hidden-path\"";
    let teacher = build(home, 400, keys).await;
    let key = ["sk-", "canary-", &"7Qz".repeat(12)].concat();
    let run = ["run", "--no-export", "--json", "--set", "run.name=canary-name"];
    let process = Process::start("hafs-factory", home, &run);
    until("some calls", SOON, || (teacher.calls() >= 10).then_some(())).await;
    let variables = [("OPENAI_API_KEY", key.as_str())];
    factory_with(home, &["support", "--out", "up.zip"], &variables).await.says(0, &[]);
    let token: serde_json::Value =
        serde_json::from_slice(&std::fs::read(home.join("data/coordinator.json")).unwrap()).unwrap();
    let token = token["token"].as_str().unwrap().to_owned();
    drop(process);
    factory_with(home, &["support", "--out", "down.zip"], &variables).await.says(0, &[]);
    factory(home, &["support", "--out", "up.zip"]).await.says(1, &["cannot write up.zip", "--out"]);

    for name in ["up.zip", "down.zip"] {
        let bytes = std::fs::read(home.join(name)).unwrap();
        for told in ["README.txt", "versions.json", "doctor.json", "library.json", "\"seed\"", "lease_s"] {
            assert!(holds(&bytes, told), "{told} is not in {name}");
        }
        for hidden in ["of the plant is called", "canary-name", "hidden-path", &token, &key] {
            assert!(!holds(&bytes, hidden), "{hidden} is in {name}");
        }
    }
    let up = std::fs::read(home.join("up.zip")).unwrap();
    for told in [
        "workers.json",
        "teachers.json",
        "failures.json",
        "hafs_tasks_claimed_total",
        "oldest_ready_ms",
        "log.jsonl",
        "\"message\":\"coordinator listens\"",
    ] {
        assert!(holds(&up, told), "{told} is not in up.zip");
    }
    let down = std::fs::read(home.join("down.zip")).unwrap();
    assert!(holds(&down, "none runs on this library"));
}
