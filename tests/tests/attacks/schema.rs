//! Schemathesis against the description of the API: what it says is what the coordinator does, whatever it is sent.

use std::path::Path;
use std::time::Duration;

use hafs_tests::cache::cached;
use serde_json::json;
use tokio::process::Command;

use super::site::Site;

/// Seconds that it searches, unless `HAFS_SCHEMATHESIS_SECONDS` says otherwise.
const SECONDS: &str = "40";
/// The seed, unless `HAFS_SCHEMATHESIS_SEED` says otherwise; every run prints it.
const SEED: &str = "7425";

fn said(variable: &str, usual: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| usual.to_owned())
}

/// A library with a run, seeds, samples, a data set, a worker, tokens.
async fn furnished() -> Site {
    let site = Site::open("max_connections_per_ip = 1024\n\n[worker]\nclaim_wait_s = 1").await;
    let worker = site.busy(12).await;
    for number in 0..8 {
        let task = site.claim_one(&worker).await;
        assert_eq!(site.deliver(&worker, &task, number).await.first(), "accepted");
    }
    let export = json!({
        "name": "first", "formats": ["alpaca"], "seed": 1, "splits": {"train": 800, "val": 100, "test": 100}
    });
    assert_eq!(site.post(&site.admin, "/v1/exports", &export).await.status, 201);
    site
}

/// The description without the stream of events, which ends only when the client goes.
async fn description(site: &Site) -> std::path::PathBuf {
    let mut description = site.get("/openapi.json").await.body;
    description["paths"].as_object_mut().unwrap().remove("/v1/events");
    let path = site.home.path().join("openapi.json");
    std::fs::write(&path, description.to_string()).unwrap();
    path
}

/// Searches with one token; `leave` matches the paths that are not called.
async fn search(program: &Path, site: &Site, token: &str, leave: &str) {
    let (seconds, seed) = (said("HAFS_SCHEMATHESIS_SECONDS", SECONDS), said("HAFS_SCHEMATHESIS_SEED", SEED));
    println!("schemathesis: seed {seed}, at most {seconds} s");
    let mut command = Command::new(program);
    command.arg("run").arg(description(site).await).args(["--url", &site.url, "--seed", &seed]);
    command.args(["--header", &format!("Authorization: Bearer {token}")]);
    command.args(["--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--no-color"]);
    command.args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"]);
    command.args(["--max-failures", "20", "--max-examples", "500", "--suppress-health-check", "all"]);
    // Wrong tokens would make the brake on guessing answer everything.
    command.args(["--generation-with-security-parameters", "false"]);
    command.args(["--exclude-path-regex", leave]);
    command.current_dir(site.home.path()).kill_on_drop(true);
    command.args(["--max-time", &seconds]);
    let limit = Duration::from_secs(seconds.parse::<u64>().unwrap() * 2 + 120);
    let output = tokio::time::timeout(limit, command.output()).await.expect("it ends").unwrap();
    let said = String::from_utf8_lossy(&output.stdout).replace(token, "<token>");
    println!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the API does not do what its description says; see above");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_sent_the_answer_is_one_that_the_description_has() {
    let program =
        cached("HAFS_SCHEMATHESIS", "python/schemathesis/bin/schemathesis").filter(|path| path.exists());
    let Some(program) = program else {
        println!("SKIPPED: no schemathesis; `scripts/setup.sh` gets it");
        return;
    };
    let site = furnished().await;
    // Revoking would end the search: the token that it is made with is in the list that it learns ids from.
    let people = "^/v1/(tokens/|workers/(register|claim|renew|complete|fail|release|drain|rotate)$)";
    search(&program, &site, &site.admin, people).await;
    // A worker's secret that is replaced would end it too.
    let workers = "^/v1/(?!workers/(register|claim|renew|complete|fail|release|drain)$)";
    let worker = site.worker().await;
    search(&program, &site, &worker.token, workers).await;
    site.is_sound().await;
}
