//! What people read besides pages: the log, terminals, tables, metrics and the stream of events.

use std::time::Duration;

use hafs_proto::shown::is_obeyed;
use hafs_tests::call::factory;
use hafs_tests::client;
use hafs_tests::process::until;
use serde_json::{Value, json};

use super::list::{Round, attacks};
use super::site::{SOON, Site, Worker, claim};

/// A name of 64 bytes that is a forged line, a format string, and orders to a terminal.
const NAME: &str = "=desk\n2026-01-01T00:00:00Z  INFO ok %s%n {} \u{1b}[2J\u{9b}m";

fn named(name: &str) -> Value {
    let mut registration = json!(client::registration());
    registration["name"] = json!(name);
    registration
}

fn nothing_is_obeyed(text: &str) {
    let obeyed = text.chars().find(|c| is_obeyed(*c) && *c != '\n');
    assert_eq!(obeyed, None, "{text:?}");
}

/// 95 and 96, on a site whose workers are soon given up: the log tells of that by name.
async fn forged_lines(site: &Site) {
    site.join(&named(NAME)).await;
    let log = until("the worker to be given up", SOON, || {
        let log = site.log();
        log.contains("has been silent").then_some(log)
    })
    .await;
    nothing_is_obeyed(&log);
    let line = log.lines().find(|line| line.contains("has been silent")).unwrap();
    assert!(line.contains("INFO ok") && line.contains("%s%n {}"), "{line}");
    let year = |line: &str| line.split('-').next().is_some_and(|year| year.parse::<u16>().is_ok());
    assert!(log.lines().all(|line| year(line) && !line.starts_with("2026-01-01T00:00:00Z")), "{log}");
}

async fn format_strings(site: &Site) {
    let id = site.items("/v1/workers").await[0]["id"].as_str().unwrap().to_owned();
    for args in [&["workers", "list"] as &[_], &["why", &id], &["audit", "list"]] {
        let shown = factory(site.home.path(), args).await;
        shown.says(0, &[]);
        nothing_is_obeyed(&shown.stdout);
        nothing_is_obeyed(&shown.stderr);
    }
    let list = factory(site.home.path(), &["workers", "list"]).await;
    assert!(list.stdout.contains("%s%n"), "{list:?}");
}

/// 97: a thousand calls that are refused, and tasks that are taken and left.
async fn a_flood(_: &Site) {
    let site = Site::open("lease_s = 1\nheartbeat_s = 0.2").await;
    let worker = site.busy(60).await;
    let before = site.log().lines().count();
    refused_calls(&site, &worker).await;
    assert!(site.claim(&worker, 60).await.len() > 10);
    let lost = || site.log().contains("leases ran out").then_some(());
    until("the leases to run out", SOON, lost).await;
    let lines = site.log().lines().count() - before;
    assert!(lines < 30, "{lines} lines:\n{}", site.log());
    site.is_sound().await;
}

async fn refused_calls(site: &Site, worker: &Worker) {
    for nth in 0..250 {
        let strange = json!({ "nobody_knows": nth });
        for path in ["claim", "renew", "complete", "fail"] {
            let answer = site.post(&worker.token, &format!("/v1/workers/{path}"), &strange).await;
            assert_eq!(answer.status, 422, "{path}: {answer:?}");
        }
    }
}

/// 98 and 99.
async fn formulas(site: &Site) {
    let list = factory(site.home.path(), &["workers", "list", "--csv"]).await;
    list.says(0, &[]);
    assert!(list.stdout.contains("\"'=desk\n"), "{list:?}");
}

async fn numbers(site: &Site) {
    let list = factory(site.home.path(), &["workers", "list", "--csv"]).await;
    let heading = list.stdout.lines().next().unwrap();
    assert!(heading.contains("\"facts.memory_bytes\""), "{heading}");
    assert!(list.stdout.contains(",1,"), "a number has no quotes: {list:?}");
    factory(site.home.path(), &["status", "--csv"]).await.says(2, &["is for lists"]);
}

/// 100: names that would be labels, and ever new ones.
async fn labels(site: &Site) {
    let before = metrics(site).await;
    for nth in 0..300 {
        site.join(&named(&format!("\"}} 1\nup{{x=\"{nth}"))).await;
    }
    let after = metrics(site).await;
    assert!(!after.contains("up{x"), "{after}");
    let (before, after) = (before.lines().count(), after.lines().count());
    assert!(after < before + 250, "{before} lines, then {after}");
}

async fn metrics(site: &Site) -> String {
    let request = site.from([127, 0, 0, 1]).get(format!("{}/metrics", site.url)).bearer_auth(&site.admin);
    request.send().await.unwrap().text().await.unwrap()
}

/// 101: the end of an event inside an event.
async fn events(site: &Site) {
    let worker = site.worker().await;
    let reason = "over\n\ndata: {\"forged\":1}\n\nevent: missed\ndata: 9";
    let body = json!({ "state": "suspended", "reason": reason });
    let path = format!("/v1/workers/{}/trust", worker.id);
    let mut stream = listen(site).await;
    let answer = site.post(&site.admin, &path, &body).await;
    assert!(answer.status < 300, "{answer:?}");
    let mut heard = String::new();
    while !heard.contains("forged") {
        let chunk = tokio::time::timeout(SOON, stream.chunk()).await.expect("soon").unwrap().expect("more");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    let lines: Vec<&str> = heard.lines().filter(|line| line.starts_with("data: ")).collect();
    assert!(lines.iter().all(|line| !line.starts_with("data: {\"forged\"") && *line != "data: 9"), "{heard}");
    let events = lines.iter().map(|line| serde_json::from_str::<Value>(&line["data: ".len()..]));
    assert!(events.flatten().any(|event| event["message"].to_string().contains("forged")), "{heard}");
}

async fn listen(site: &Site) -> reqwest::Response {
    let request = site.from([127, 0, 0, 1]).get(format!("{}/v1/events", site.url)).bearer_auth(&site.admin);
    request.timeout(Duration::from_secs(120)).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_others_name_writes_into_logs_terminals_tables_metrics_or_events() {
    let site = Site::open("lease_s = 1\nheartbeat_s = 0.2").await;
    let mut round = Round::of(95..=101);
    attacks! { round;
        95 => forged_lines(&site);
        96 => format_strings(&site);
        97 => a_flood(&site);
        98 => formulas(&site);
        99 => numbers(&site);
        100 => labels(&site);
        101 => events(&site);
    }
    round.end();
    assert_eq!(site.post(&site.admin, "/v1/workers/claim", &claim(1, 0)).await.status, 403);
    site.is_sound().await;
}
