//! What `deploy/` tells Prometheus and Grafana, held to a real Prometheus that asks a running factory.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program")]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hafs_tests::plant::{self, Plan};
use hafs_tests::process::Process;
use hafs_tests::scripted::{Script, ScriptedTeacher};
use serde_json::Value;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn is_here(tool: &str) -> bool {
    let here =
        Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !here {
        println!("SKIPPED: no {tool}");
    }
    here
}

fn promtool(args: &[&str]) {
    let output =
        Command::new("promtool").args(args).current_dir(deploy().join("prometheus")).output().unwrap();
    let told =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "promtool {args:?}: {told}");
}

/// Every dashboard with its file name.
fn dashboards() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(deploy().join("grafana/dashboards")).unwrap();
    let mut found: Vec<(String, Value)> = files
        .map(|file| {
            let path = file.unwrap().path();
            (path.display().to_string(), serde_json::from_str(&text(&path)).unwrap())
        })
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

/// Every expression of every panel: where it stands, and what it is.
fn expressions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (file, dashboard) in dashboards() {
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                let place = format!("{file}, panel {}", panel["title"]);
                found.push((place, target["expr"].as_str().unwrap().replace("$__rate_interval", "1m")));
            }
        }
    }
    assert!(found.len() > 50, "{}", found.len());
    found
}

/// Names of metrics in a text.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let plain = |word: &str| {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
        base.unwrap_or(word).to_owned()
    };
    words.filter(|word| word.starts_with("hafs_")).map(plain).collect()
}

#[test]
fn every_metric_that_is_asked_for_exists_and_every_metric_is_shown_somewhere() {
    let list = text(&deploy().join("../docs/metrics.txt"));
    let made: BTreeSet<String> =
        metrics_in(&list.lines().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>().join(" "));
    let alerts = text(&deploy().join("prometheus/alerts.yml"));
    let mut asked = metrics_in(&alerts);
    expressions().iter().for_each(|(_, expression)| asked.extend(metrics_in(expression)));
    assert_eq!(asked.difference(&made).collect::<Vec<_>>(), Vec::<&String>::new(), "asked for and not there");
    assert_eq!(made.difference(&asked).collect::<Vec<_>>(), Vec::<&String>::new(), "there and shown nowhere");
}

#[test]
fn every_alert_has_a_runbook_that_is_there_and_a_test_of_its_own() {
    let alerts = text(&deploy().join("prometheus/alerts.yml"));
    let tests = text(&deploy().join("prometheus/alerts_test.yml"));
    let runbooks = text(&deploy().join("../docs/OPERATIONS.md"));
    let anchors: BTreeSet<String> = runbooks
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(|title| title.trim().to_lowercase().replace(' ', "-"))
        .collect();
    let names: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(tests.contains(&format!("- name: {name}\n")), "{name} is not tested");
    }
    for link in alerts.lines().filter_map(|line| line.trim().strip_prefix("runbook_url: docs/OPERATIONS.md#"))
    {
        assert!(anchors.contains(link), "there is no runbook `{link}`");
    }
}

#[test]
fn prometheus_takes_the_files_and_every_alert_fires_and_clears() {
    if !is_here("promtool") {
        return;
    }
    promtool(&["check", "config", "prometheus.yml"]);
    promtool(&["check", "rules", "alerts.yml"]);
    promtool(&["test", "rules", "alerts_test.yml"]);
}

/// A Prometheus that asks one coordinator every second. It is killed when dropped.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    home: PathBuf,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Either it lives and is killed, or it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    fn start(home: &Path, factory: SocketAddr) -> Self {
        let shipped = text(&deploy().join("prometheus/prometheus.yml"));
        let config = shipped
            .replace("15s", "1s")
            .replace("[\"coordinator-1:7425\", \"coordinator-2:7425\"]", &format!("[\"{factory}\"]"))
            .replace("alerts.yml", &deploy().join("prometheus/alerts.yml").display().to_string());
        let file = home.join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let address = plant::free_address();
        let log = std::fs::File::create(home.join("prometheus.log")).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", home.join("series").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, address, home: home.to_owned() }
    }

    /// The series that an expression gives now; none while it is starting.
    async fn ask(&self, client: &reqwest::Client, expression: &str) -> Option<Vec<Value>> {
        let url = format!("http://{}/api/v1/query", self.address);
        let url = reqwest::Url::parse_with_params(&url, [("query", expression)]).unwrap();
        let answer = client.get(url).send().await.ok()?;
        let answer: Value = answer.json().await.ok()?;
        assert_ne!(answer["status"], "error", "{expression}: {answer}");
        answer["data"]["result"].as_array().cloned()
    }

    /// Waits until an expression gives something.
    async fn wait_for(&self, client: &reqwest::Client, expression: &str) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
        while self.ask(client, expression).await.is_none_or(|series| series.is_empty()) {
            if tokio::time::Instant::now() > deadline {
                let logs = ["prometheus.log", "hafs-factory.log"].map(|name| text(&self.home.join(name)));
                panic!("waited in vain for {expression}: {}", logs.join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

const JUDGE: &str = "\n[[providers]]\nname = \"second\"\nkind = \"openai\"\nbase_url = \"URL\"\npreflight = \"list\"\nslots = 2\n\n[[providers.models]]\nname = \"scripted-1\"\nrole = [\"judge\"]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_panel_shows_data_of_a_running_factory_and_every_alert_can_be_evaluated() {
    if !is_here("prometheus") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let script = Script { latency: Duration::from_millis(100), bad_every: Some(5), ..Script::default() };
    let teacher = ScriptedTeacher::start(script).await.unwrap();
    let (url, listen) = (teacher.base_url(), plant::free_address());
    let more = JUDGE.replace("URL", &url);
    let plan = Plan {
        home: home.path(),
        teacher: &url,
        sections: 2_000,
        target: 2_000,
        slots: 2,
        listen,
        more: &more,
    };
    let _ = plant::build(&plan);
    let _factory = Process::start("hafs-factory", home.path(), &["run", "--no-export", "--json"]);
    let prometheus = Prometheus::start(home.path(), listen);
    hafs_runtime::http::install_crypto().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    // Two looks at every counter are needed for a rate, and the factory has to have judged something.
    prometheus.wait_for(&client, "rate(hafs_judge_score_count[1m]) > 0").await;
    for (place, expression) in expressions() {
        let series = prometheus.ask(&client, &expression).await;
        assert!(series.is_some_and(|series| !series.is_empty()), "{place}: no data for {expression}");
    }
    let rules: Value = client
        .get(format!("http://{}/api/v1/rules", prometheus.address))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    for rule in rules["data"]["groups"][0]["rules"].as_array().unwrap() {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
}

#[test]
fn grafanas_own_sdk_reads_every_dashboard_whole() {
    let Some(python) = std::env::var_os("HAFS_GRAFANA_PYTHON") else {
        println!("SKIPPED: no HAFS_GRAFANA_PYTHON (scripts/test.sh sets it)");
        return;
    };
    let files: Vec<String> = dashboards().into_iter().map(|(file, _)| file).collect();
    let output = Command::new(python).arg(deploy().join("grafana/check.py")).args(files).output().unwrap();
    let told =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && told.contains("5 dashboards are read whole"), "{told}");
}
