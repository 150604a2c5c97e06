//! A coordinator's process that is attacked, and the honest workers that it has.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hafs_coordinator::address::AddressFile;
use hafs_proto::people::CreatedToken;
use hafs_proto::worker::{ClaimReply, ClaimRequest, ClaimedTask, PoolVacancy, RegisterReply};
use hafs_proto::{BoundedText, ContentHash, Pin, WorkerId};
use hafs_tests::client::{self, generated, harvested};
use hafs_tests::plant;
use hafs_tests::process::{Process, until};
use serde_json::{Value, json};

/// Longer than anything here takes.
pub const SOON: Duration = Duration::from_secs(180);

/// A coordinator's process on loopback.
pub struct Site {
    pub home: tempfile::TempDir,
    pub address: SocketAddr,
    pub url: String,
    pub pin: Option<Pin>,
    pub admin: String,
    coordinator: Process,
}

/// A worker that has joined, by hand.
pub struct Worker {
    pub id: WorkerId,
    pub token: String,
}

/// An answer: its status and the JSON of its body, null when there is none.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        Self { status: response.status().as_u16(), body: response.json().await.unwrap_or_default() }
    }

    /// What became of the first delivery of a batch.
    pub fn first(&self) -> &str {
        self.body["answers"][0]["answer"].as_str().unwrap_or_else(|| panic!("{self:?}"))
    }
}

impl Site {
    /// Starts a coordinator with more lines for `[coordinator]`.
    pub async fn open(more: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let listen = plant::free_address();
        let config = format!(
            "[training]\noutput_dir = \"out\"\n\n[coordinator]\nlisten = \"{listen}\"\ndata_dir = \"data\"\n{more}\n"
        );
        std::fs::write(home.path().join("hafs.toml"), config).unwrap();
        let coordinator = Process::start("hafs-coordinator", home.path(), &["--config", "hafs.toml"]);
        let mut site =
            Self { home, address: listen, url: String::new(), pin: None, admin: String::new(), coordinator };
        site.introduce().await;
        site
    }

    async fn introduce(&mut self) {
        let path = self.home.path().join("data/coordinator.json");
        let pid = self.coordinator.id();
        let file: AddressFile = until("a coordinator", SOON, || {
            let file: AddressFile = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
            (file.pid == pid).then_some(file)
        })
        .await;
        (self.url, self.pin, self.admin) = (file.url, file.pin, file.token);
    }

    /// kill -9, and nothing in its place.
    pub fn kill(&mut self) {
        self.coordinator.kill();
    }

    /// Starts it again on the same library.
    pub async fn start(&mut self) {
        self.coordinator = Process::start("hafs-coordinator", self.home.path(), &["--config", "hafs.toml"]);
        self.introduce().await;
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.coordinator.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
    }

    /// Highest resident memory so far, in bytes.
    pub fn peak(&self) -> u64 {
        let path = format!("/proc/{}/status", self.coordinator.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
    }

    /// A client that comes from this loopback address.
    pub fn from(&self, ip: [u8; 4]) -> reqwest::Client {
        // Without TLS nothing is ever held against the pin.
        let pin = self.pin.unwrap_or_else(|| Pin::from_sha256([0; 32]));
        let tls = hafs_runtime::tls::client_config(pin).unwrap();
        let builder = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
        let builder = builder.local_address(IpAddr::from(ip)).pool_max_idle_per_host(0);
        builder.timeout(SOON).build().unwrap()
    }

    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send(token, path, body.to_string().into_bytes()).await
    }

    /// Sends bytes that say that they are JSON.
    pub async fn send(&self, token: &str, path: &str, body: Vec<u8>) -> Answer {
        let request = self.from([127, 0, 0, 1]).post(format!("{}{path}", self.url)).bearer_auth(token);
        let request = request.header("content-type", "application/json").body(body);
        Answer::of(request.send().await.unwrap()).await
    }

    /// An address with a query.
    pub fn asking(&self, path: &str, query: &[(&str, &str)]) -> reqwest::Url {
        reqwest::Url::parse_with_params(&format!("{}{path}", self.url), query).unwrap()
    }

    /// Asks as the administrator.
    pub async fn get(&self, path: &str) -> Answer {
        let request = self.from([127, 0, 0, 1]).get(format!("{}{path}", self.url)).bearer_auth(&self.admin);
        Answer::of(request.send().await.unwrap()).await
    }

    /// Every item of a list.
    pub async fn items(&self, path: &str) -> Vec<Value> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body["items"].as_array().unwrap().clone()
    }

    pub async fn token(&self, body: Value) -> CreatedToken {
        let created = self.post(&self.admin, "/v1/tokens", &body).await;
        assert_eq!(created.status, 201, "{created:?}");
        serde_json::from_value(created.body).unwrap()
    }

    /// A worker that says this of itself.
    pub async fn join(&self, registration: &Value) -> Worker {
        let token = self.token(json!({"name": "t", "scopes": ["join"], "ttl_s": 600})).await;
        let answer = self.post(&token.token, "/v1/workers/register", registration).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let reply: RegisterReply = serde_json::from_value(answer.body).unwrap();
        Worker { id: reply.worker, token: reply.credential.unwrap().to_string() }
    }

    pub async fn worker(&self) -> Worker {
        self.join(&json!(client::registration())).await
    }

    /// Claims up to `free` tasks, waiting up to ten seconds for the first.
    pub async fn claim(&self, worker: &Worker, free: u32) -> Vec<ClaimedTask> {
        let answer = self.post(&worker.token, "/v1/workers/claim", &claim(free, 10_000)).await;
        let reply: ClaimReply = serde_json::from_value(answer.body).unwrap();
        reply.tasks
    }

    pub async fn claim_one(&self, worker: &Worker) -> ClaimedTask {
        self.claim(worker, 1).await.into_iter().next().expect("a task")
    }

    /// Starts a run; gives its id.
    pub async fn run(&self) -> String {
        let answer = self.post(&self.admin, "/v1/runs", &run_request()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// A worker, and a run with so many mined seeds.
    pub async fn busy(&self, seeds: u64) -> Worker {
        let worker = self.worker().await;
        self.run().await;
        let harvest = self.claim_one(&worker).await;
        let results = json!({"results": [harvested(&harvest, 0..seeds)]});
        let answer = self.post(&worker.token, "/v1/workers/complete", &results).await;
        assert_eq!(answer.first(), "accepted", "{answer:?}");
        worker
    }

    /// Hands in a good sample for a task.
    pub async fn deliver(&self, worker: &Worker, task: &ClaimedTask, number: u64) -> Answer {
        self.complete(worker, &json!(generated(task, number))).await
    }

    pub async fn complete(&self, worker: &Worker, result: &Value) -> Answer {
        self.post(&worker.token, "/v1/workers/complete", &json!({"results": [result]})).await
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("hafs-coordinator.log")).unwrap_or_default()
    }

    /// Nothing has panicked, nothing went wrong inside, and it still serves.
    pub async fn is_sound(&self) {
        let log = self.log();
        for sign in ["panicked", "a request failed inside"] {
            assert!(!log.contains(sign), "{log}");
        }
        assert_eq!(self.get("/v1/status").await.status, 200);
    }
}

/// The body of a claim.
pub fn claim(free: u32, wait_ms: u64) -> Value {
    let vacancies = vec![PoolVacancy { pool: BoundedText::clipped("all"), free }];
    json!(ClaimRequest {
        claim: client::ids().mint(),
        vacancies,
        wait_ms,
        holding: Vec::new(),
        residency: None
    })
}

/// The body of a run.
pub fn run_request() -> Value {
    json!({"spec": client::spec(), "config_fingerprint": ContentHash::of(b"test")})
}
