//! The attack list, AUTH 1 to 16, against the real programs over TLS. One entry a line of the table; no entry may cause
//! an answer of the 500s, a panic in the log, or a change that the entry does not speak of.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use hafs_coordinator::address::AddressFile;
use hafs_proto::people::CreatedToken;
use hafs_proto::worker::{ClaimRequest, PoolVacancy, RegisterReply, RenewRequest, RotateRequest};
use hafs_proto::{BearerToken, BoundedText, JoinLink, Pin, TaskId, WorkerId};
use hafs_tests::call::factory;
use hafs_tests::client::{self, generated, harvested};
use hafs_tests::plant::{self, Plan};
use hafs_tests::process::{Process, until};
use hafs_tests::scripted::{Script, ScriptedTeacher};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SOON: Duration = Duration::from_secs(60);

/// A coordinator's process that speaks TLS on loopback.
struct Site {
    home: tempfile::TempDir,
    address: SocketAddr,
    url: String,
    pin: Pin,
    admin: String,
    _coordinator: Process,
}

/// A worker that has joined, by hand.
struct Worker {
    id: WorkerId,
    token: String,
}

impl Site {
    async fn open(more: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let address = plant::free_address();
        let config = format!(
            "[coordinator]\nlisten = \"{address}\"\ntls = \"on\"\ndata_dir = \"data\"\n{more}\n[worker]\nspool_dir = \"data/spool\"\n"
        );
        std::fs::write(home.path().join("hafs.toml"), config).unwrap();
        let coordinator = Process::start("hafs-coordinator", home.path(), &["--config", "hafs.toml"]);
        let path = home.path().join("data/coordinator.json");
        let file: AddressFile = until("a coordinator", SOON, || {
            std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
        })
        .await;
        let (url, pin, admin) = (file.url, file.pin.expect("a pin"), file.token);
        Self { home, address, url, pin, admin, _coordinator: coordinator }
    }

    /// A client that comes from this loopback address.
    fn from(&self, ip: [u8; 4]) -> reqwest::Client {
        let tls = hafs_runtime::tls::client_config(self.pin).unwrap();
        let builder = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
        builder.local_address(IpAddr::from(ip)).build().unwrap()
    }

    /// Every attack comes from an address of its own, so that the brake on guessing does not join them.
    fn stranger(&self, number: u8) -> reqwest::Client {
        self.from([127, 1, number, 1])
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> (u16, Value) {
        let request =
            self.from([127, 0, 0, 1]).post(format!("{}{path}", self.url)).bearer_auth(token).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    async fn get(&self, http: &reqwest::Client, token: &str, path: &str) -> u16 {
        http.get(format!("{}{path}", self.url)).bearer_auth(token).send().await.unwrap().status().as_u16()
    }

    async fn token(&self, body: Value) -> CreatedToken {
        let (status, created) = self.post(&self.admin, "/v1/tokens", &body).await;
        assert_eq!(status, 201, "{created}");
        serde_json::from_value(created).unwrap()
    }

    async fn join_token(&self, more: Value) -> String {
        let mut body = json!({"name": "t", "scopes": ["join"], "ttl_s": 600});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.token(body).await.token.to_string()
    }

    async fn register(&self, token: &str) -> (u16, Value) {
        self.post(token, "/v1/workers/register", &json!(client::registration())).await
    }

    async fn worker(&self) -> Worker {
        let (status, reply) = self.register(&self.join_token(json!({})).await).await;
        assert_eq!(status, 200, "{reply}");
        let reply: RegisterReply = serde_json::from_value(reply).unwrap();
        Worker { id: reply.worker, token: reply.credential.unwrap().to_string() }
    }

    async fn claim_one(&self, worker: &Worker) -> hafs_proto::worker::ClaimedTask {
        let (_, reply) = self.post(&worker.token, "/v1/workers/claim", &claim(10_000)).await;
        let reply: hafs_proto::worker::ClaimReply = serde_json::from_value(reply).unwrap();
        reply.tasks.into_iter().next().expect("a task")
    }

    /// A run and one generate task under lease of a worker.
    async fn leased(&self) -> (Worker, hafs_proto::worker::ClaimedTask) {
        let worker = self.worker().await;
        let run = json!({"spec": client::spec(), "config_fingerprint": hafs_proto::ContentHash::of(b"test")});
        assert_eq!(self.post(&self.admin, "/v1/runs", &run).await.0, 201);
        let harvest = self.claim_one(&worker).await;
        let results = json!({"results": [harvested(&harvest, 0..3)]});
        assert_eq!(self.post(&worker.token, "/v1/workers/complete", &results).await.0, 200);
        let task = self.claim_one(&worker).await;
        (worker, task)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("hafs-coordinator.log")).unwrap_or_default()
    }
}

fn claim(wait_ms: u64) -> Value {
    let vacancies = vec![PoolVacancy { pool: BoundedText::clipped("all"), free: 1 }];
    json!(ClaimRequest {
        claim: client::ids().mint(),
        vacancies,
        wait_ms,
        holding: Vec::new(),
        residency: None
    })
}

fn renewal() -> Value {
    json!(RenewRequest { leases: Vec::new(), spooled: 0, oldest_spooled_ms: 0 })
}

/// Every route of the description: method and path, ids filled in.
fn routes() -> Vec<(reqwest::Method, String)> {
    let description = serde_json::to_value(hafs_coordinator::http::router::openapi()).unwrap();
    let paths = description["paths"].as_object().unwrap().clone();
    let routes = paths.iter().flat_map(|(path, item)| {
        let methods: Vec<String> = item.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(move |method| {
            (
                method.to_uppercase().parse().unwrap(),
                path.replace("{id}", &client::ids().mint::<TaskId>().to_string()),
            )
        })
    });
    routes.collect()
}

async fn auth_1_no_header_on_any_route_is_the_same_401(site: &Site) {
    let mut bodies = std::collections::BTreeSet::new();
    for (number, (method, path)) in routes().into_iter().enumerate() {
        let http = site.from([127, 2, u8::try_from(number / 10).unwrap(), 1]);
        let response = http.request(method, format!("{}{path}", site.url)).send().await.unwrap();
        assert_eq!(response.status(), 401, "{path}");
        let mut body: Value = response.json().await.unwrap();
        body.as_object_mut().unwrap().remove("request_id");
        bodies.insert(body.to_string());
    }
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

async fn auth_2_half_headers_two_headers_queries_and_basic_are_401(site: &Site) {
    let (http, status) = (site.stranger(2), format!("{}/v1/status", site.url));
    let bearer = format!("Bearer {}", site.admin);
    for wrong in
        ["Bearer ", "Bearer", "", &site.admin, &format!("Basic {}", site.admin), &bearer.to_lowercase()]
    {
        let answer = http.get(&status).header("authorization", wrong).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{wrong}");
    }
    let twice = http.get(&status).header("authorization", &bearer).header("authorization", &bearer);
    assert_eq!(twice.send().await.unwrap().status(), 401);
    let query = http.get(format!("{status}?token={}&access_token={}", site.admin, site.admin));
    assert_eq!(query.send().await.unwrap().status(), 401);
}

async fn auth_3_a_wrong_secret_and_an_unknown_id_look_the_same(site: &Site) {
    let known = BearerToken::parse(&site.admin).unwrap();
    let wrong = known.renewed(&[9; 32]);
    let unknown = BearerToken::new(known.kind(), client::ids().mint(), &[9; 32]);
    let mut answers = Vec::new();
    for token in [wrong, unknown] {
        let request = site.stranger(3).get(format!("{}/v1/status", site.url)).bearer_auth(token.reveal());
        let response = request.send().await.unwrap();
        let headers: Vec<String> = response.headers().keys().map(ToString::to_string).collect();
        let (status, mut body) = (response.status(), response.json::<Value>().await.unwrap());
        body.as_object_mut().unwrap().remove("request_id");
        answers.push((status, headers, body));
    }
    assert_eq!(answers[0], answers[1]);
}

async fn auth_4_a_token_of_strange_bytes_is_refused_and_not_logged(site: &Site) {
    let mark = ["strange", "bytes"].concat();
    let long = format!("{mark}{}", "x".repeat(1024 * 1024));
    let raw =
        [format!("{mark}\u{0}"), format!("{mark}\u{e9}"), long, format!(" {mark} "), format!("{mark}\r")];
    for token in raw {
        let head = format!(
            "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        let mut stream = connect(site).await;
        // A refusal may come before all was sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let refused =
            ["HTTP/1.1 401", "HTTP/1.1 400", "HTTP/1.1 431"].iter().any(|line| answer.starts_with(line));
        assert!(refused || answer.is_empty(), "{}", &answer[..answer.len().min(80)]);
    }
    assert!(!site.log().contains(&mark), "it is in the log");
}

async fn connect(site: &Site) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    let config = std::sync::Arc::new(hafs_runtime::tls::client_config(site.pin).unwrap());
    let stream = tokio::net::TcpStream::connect(site.address).await.unwrap();
    let name = rustls::pki_types::ServerName::from(site.address.ip());
    tokio_rustls::TlsConnector::from(config).connect(name, stream).await.unwrap()
}

async fn auth_5_a_join_token_works_once_also_in_fifty_parallel_requests(site: &Site) {
    let token = site.join_token(json!({})).await;
    assert_eq!(site.register(&token).await.0, 200);
    assert_eq!(site.register(&token).await.0, 401);
    let token = site.join_token(json!({})).await;
    let answers = futures_util::future::join_all((0..50).map(|_| site.register(&token))).await;
    let let_in = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(let_in, 1);
    assert!(answers.iter().all(|(status, _)| matches!(status, 200 | 401)));
}

async fn auth_6_a_join_token_ends_with_its_time_its_revocation_and_its_network(site: &Site) {
    let short = site.join_token(json!({"ttl_s": 1})).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(site.register(&short).await.0, 401);
    let revoked = site.token(json!({"name": "t", "scopes": ["join"], "ttl_s": 600})).await;
    let path = format!("{}/v1/tokens/{}", site.url, revoked.id);
    let delete = site.from([127, 0, 0, 1]).delete(path).bearer_auth(&site.admin);
    assert_eq!(delete.send().await.unwrap().status(), 204);
    assert_eq!(site.register(&revoked.token).await.0, 401);
    let bound = site.join_token(json!({"network": "127.6.0.0/16"})).await;
    assert_eq!(site.register(&bound).await.0, 403);
    let inside = site.from([127, 6, 0, 1]).post(format!("{}/v1/workers/register", site.url));
    let inside = inside.bearer_auth(&bound).json(&client::registration()).send().await.unwrap();
    assert_eq!(inside.status(), 200, "the refusal took no use");
}

async fn auth_7_a_worker_reads_nothing_that_is_for_people(site: &Site) {
    let worker = site.worker().await;
    let http = site.from([127, 0, 0, 1]);
    for (method, path) in routes().into_iter().filter(|(_, path)| !path.starts_with("/v1/workers/")) {
        let request = http.request(method, format!("{}{path}", site.url)).bearer_auth(&worker.token);
        assert_eq!(request.send().await.unwrap().status(), 403, "{path}");
    }
    let order = format!("/v1/workers/{}/revoke", worker.id);
    assert_eq!(site.post(&worker.token, &order, &json!({})).await.0, 403);
}

async fn auth_8_a_reader_does_not_work_claim_or_change(site: &Site) {
    let reader = site.token(json!({"name": "r", "scopes": ["read"], "ttl_s": 600})).await;
    for path in ["register", "claim", "renew", "complete", "fail", "release", "drain", "rotate"] {
        let path = format!("/v1/workers/{path}");
        assert_eq!(site.post(&reader.token, &path, &json!({})).await.0, 403, "{path}");
    }
    for path in ["/v1/runs", "/v1/tokens"] {
        assert_eq!(site.post(&reader.token, path, &json!({})).await.0, 403, "{path}");
    }
}

async fn auth_9_another_workers_lease_is_neither_renewed_nor_delivered(site: &Site) {
    let (owner, task) = site.leased().await;
    let thief = site.worker().await;
    let leases = json!({"leases": [{"task": task.task.id, "token": task.token}]});
    let (_, renewed) = site.post(&thief.token, "/v1/workers/renew", &leases).await;
    assert_eq!((&renewed["renewed"], renewed["lost"].as_array().unwrap().len()), (&json!([]), 1));
    let results = json!({"results": [generated(&task, 1)]});
    let (_, stolen) = site.post(&thief.token, "/v1/workers/complete", &results).await;
    assert_eq!(stolen["answers"][0]["answer"], "invalid");
    let (_, honest) = site.post(&owner.token, "/v1/workers/complete", &results).await;
    assert_eq!(honest["answers"][0]["answer"], "accepted");
}

async fn auth_10_ids_that_are_guessed_are_404(site: &Site) {
    let http = site.from([127, 0, 0, 1]);
    let hex = "0".repeat(32);
    let guessed =
        ["runs/run", "tasks/task", "samples/sample", "seeds/seed", "why/task", "why/sample", "why/worker"];
    for path in guessed.map(|path| format!("/v1/{path}_{hex}")) {
        assert_eq!(site.get(&http, &site.admin, &path).await, 404, "{path}");
    }
}

async fn auth_11_a_revocation_ends_long_polls_and_streams(site: &Site) {
    let worker = site.worker().await;
    let reader = site.token(json!({"name": "r", "scopes": ["read"], "ttl_s": 600})).await;
    let events = site.from([127, 0, 0, 1]).get(format!("{}/v1/events", site.url)).bearer_auth(&*reader.token);
    let mut events = events.send().await.unwrap();
    let stream = async { while let Ok(Some(_)) = events.chunk().await {} };
    let request = claim(25_000);
    let poll = site.post(&worker.token, "/v1/workers/claim", &request);
    let revoke = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let path = format!("/v1/workers/{}/revoke", worker.id);
        assert_eq!(site.post(&site.admin, &path, &json!({})).await.0, 204);
        let path = format!("{}/v1/tokens/{}", site.url, reader.id);
        let delete = site.from([127, 0, 0, 1]).delete(path).bearer_auth(&site.admin);
        assert_eq!(delete.send().await.unwrap().status(), 204);
    };
    let all = async { tokio::join!(poll, stream, revoke) };
    let ((status, _), (), ()) = tokio::time::timeout(Duration::from_secs(6), all).await.expect("within 5 s");
    assert_eq!(status, 401);
}

async fn auth_12_a_secret_that_was_replaced_ends_with_the_overlap(site: &Site) {
    let worker = site.worker().await;
    let next = BearerToken::parse(&worker.token).unwrap().renewed(&[5; 32]);
    let request = json!(RotateRequest { secret_hash: next.secret_hash() });
    assert_eq!(site.post(&worker.token, "/v1/workers/rotate", &request).await.0, 200);
    let rotated = tokio::time::Instant::now();
    assert_eq!(site.post(&worker.token, "/v1/workers/renew", &renewal()).await.0, 200);
    tokio::time::sleep_until(rotated + Duration::from_millis(1_100)).await;
    assert_eq!(site.post(&worker.token, "/v1/workers/renew", &renewal()).await.0, 401);
    assert_eq!(site.post(&next.reveal(), "/v1/workers/renew", &renewal()).await.0, 200);
}

async fn auth_13_a_thousand_wrong_tokens_stop_their_address_and_no_other(site: &Site) {
    let http = site.stranger(13);
    let mut stopped = 0;
    for _ in 0..1_000 {
        stopped += u32::from(site.get(&http, "wrong", "/v1/status").await == 429);
    }
    assert!(stopped >= 900, "{stopped}");
    let right = http.get(format!("{}/v1/status", site.url)).bearer_auth(&site.admin).send().await.unwrap();
    assert_eq!(right.status(), 429, "the right token has to wait too");
    let wait: u64 = right.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(site.get(&site.from([127, 1, 13, 2]), &site.admin, "/v1/status").await, 200);
}

async fn auth_14_a_forwarded_address_does_not_dodge_the_brake(site: &Site) {
    let http = site.stranger(14);
    let mut last = 0;
    for number in 0..40 {
        let request = http.get(format!("{}/v1/status", site.url)).bearer_auth("wrong");
        let request = request.header("x-forwarded-for", format!("198.51.100.{number}"));
        last = request.send().await.unwrap().status().as_u16();
    }
    assert_eq!(last, 429);
}

async fn auth_16_our_own_token_in_a_sample_is_found_as_a_secret(site: &Site) {
    let (worker, task) = site.leased().await;
    let mut result = serde_json::to_value(generated(&task, 77)).unwrap();
    let words = result["output"]["candidates"][0]["output"].as_str().unwrap().to_owned();
    for (token, slot) in
        [(worker.token.clone(), 0), (site.join_token(json!({})).await, 1), (site.admin.clone(), 2)]
    {
        let mut candidate = result["output"]["candidates"][0].clone();
        candidate["slot"] = json!(slot);
        candidate["output"] = json!(format!("{words} Use {token} for it, number {slot}."));
        result["output"]["candidates"].as_array_mut().unwrap().push(candidate);
    }
    result["output"]["candidates"].as_array_mut().unwrap().remove(0);
    let (_, reply) = site.post(&worker.token, "/v1/workers/complete", &json!({"results": [result]})).await;
    assert_eq!(reply["answers"][0]["answer"], "accepted", "{reply}");
    let http = site.from([127, 0, 0, 1]);
    let page = http.get(format!("{}/v1/samples?limit=100", site.url)).bearer_auth(&site.admin);
    let page: Value = page.send().await.unwrap().json().await.unwrap();
    let with_token = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["lineage"]["task"] == json!(task.task.id));
    let mut found = 0;
    for sample in with_token {
        let reasons = sample["state"]["reasons"].to_string() + &sample["reasons"].to_string();
        assert!(sample.to_string().contains("rejected") && reasons.contains("secret_found"), "{sample}");
        found += 1;
    }
    assert_eq!(found, 3);
}

macro_rules! attacks {
    ($($site:ident: $attack:ident;)*) => {$(
        $attack(&$site).await;
        println!("held: {}", stringify!($attack));
    )*};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_attack_list_auth_1_to_16_is_held() {
    let site = Site::open("credential_overlap_s = 1").await;
    // 15 speaks of signed requests, which this version does not have: a bearer token over TLS, never in a log.
    attacks! {
        site: auth_1_no_header_on_any_route_is_the_same_401;
        site: auth_2_half_headers_two_headers_queries_and_basic_are_401;
        site: auth_3_a_wrong_secret_and_an_unknown_id_look_the_same;
        site: auth_4_a_token_of_strange_bytes_is_refused_and_not_logged;
        site: auth_5_a_join_token_works_once_also_in_fifty_parallel_requests;
        site: auth_6_a_join_token_ends_with_its_time_its_revocation_and_its_network;
        site: auth_7_a_worker_reads_nothing_that_is_for_people;
        site: auth_8_a_reader_does_not_work_claim_or_change;
        site: auth_10_ids_that_are_guessed_are_404;
        site: auth_11_a_revocation_ends_long_polls_and_streams;
        site: auth_12_a_secret_that_was_replaced_ends_with_the_overlap;
        site: auth_13_a_thousand_wrong_tokens_stop_their_address_and_no_other;
        site: auth_14_a_forwarded_address_does_not_dodge_the_brake;
        // The last two start runs, whose tasks the entries above must not be given.
        site: auth_9_another_workers_lease_is_neither_renewed_nor_delivered;
        site: auth_16_our_own_token_in_a_sample_is_found_as_a_secret;
    }
    assert!(!site.log().contains("panicked"), "{}", site.log());
    let secret = site.admin.rsplit('_').next().unwrap();
    assert!(!site.log().contains(secret), "a token is in the log");
}

/// A worker's process; its providers and sources are those of its own configuration.
fn start_worker(folder: &Path, args: &[&str]) -> Process {
    std::fs::create_dir_all(folder.join("docs")).unwrap();
    std::fs::write(folder.join("docs/a.md"), "# A\n\nText of a section.\n").unwrap();
    let config = "[worker]\nname = \"attic\"\nspool_dir = \"state\"\n\n[[sources]]\nname = \"docs\"\nkind = \"folder\"\npath = \"docs\"\n";
    std::fs::write(folder.join("hafs.toml"), config).unwrap();
    Process::start("hafs-worker", folder, args)
}

fn says(folder: &Path, words: &str) -> impl FnMut() -> Option<()> {
    let (log, words) = (folder.join("hafs-worker.log"), words.to_owned());
    move || std::fs::read_to_string(&log).is_ok_and(|log| log.contains(&words)).then_some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_line_lets_a_worker_in_later_starts_need_nothing_and_a_copied_state_folder_is_noticed() {
    let site = Site::open("heartbeat_s = 0.3\nlease_s = 5").await;
    let line =
        factory(site.home.path(), &["--config", "hafs.toml", "token", "create", "--role", "worker"]).await;
    let line = line.stdout.trim().to_owned();
    let link = line.strip_prefix("hafs-worker --join '").unwrap().strip_suffix('\'').unwrap();
    assert_eq!(link.parse::<JoinLink>().unwrap().pin(), Some(site.pin));
    let (first, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let altered = link.replacen("hafsj_", "hafsj_0", 1);
    let mut refused = start_worker(first.path(), &["--join", &altered]);
    assert!(!refused.output(SOON).await.0.success());
    until("the part", SOON, says(first.path(), "the token of the join link was altered")).await;
    let mut worker = start_worker(first.path(), &["--join", link]);
    until("a join", SOON, says(first.path(), "joined https://")).await;
    worker.kill();
    let state = first.path().join("state");
    assert!(!std::fs::read_to_string(state.join("credential.json")).unwrap().contains("hafsj_"));
    let mut worker = start_worker(first.path(), &[]);
    let rotate = factory(site.home.path(), &["--config", "hafs.toml", "workers", "rotate", "--all"]);
    assert!(rotate.await.stdout.contains("1 told to draw a new secret"));
    until("a new secret", SOON, says(first.path(), "credential has a new secret")).await;
    // The machine is cloned.
    std::fs::create_dir(copy.path().join("state")).unwrap();
    std::fs::copy(state.join("credential.json"), copy.path().join("state/credential.json")).unwrap();
    let _second = start_worker(copy.path(), &[]);
    until("the refusal", SOON, says(first.path(), "another process uses this worker's credential")).await;
    let (status, _) = worker.output(SOON).await;
    assert!(!status.success(), "it says that it did not leave by itself");
    let workers =
        factory(site.home.path(), &["--config", "hafs.toml", "workers", "list", "--json"]).await.document();
    assert!(workers["items"][0]["cloned_at"].is_string(), "{workers}");
    let id = workers["items"][0]["id"].as_str().unwrap();
    let why = factory(site.home.path(), &["--config", "hafs.toml", "why", id]).await;
    assert!(why.stdout.contains("two living processes used its credential"), "{why:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_names_the_pin_and_a_link_to_another_key_is_not_followed() {
    let site = Site::open("").await;
    let doctor = factory(site.home.path(), &["--config", "hafs.toml", "doctor", "--json"]).await;
    assert!(doctor.stdout.contains(&site.pin.to_string()), "{doctor:?}");
    let token = BearerToken::parse(&site.join_token(json!({})).await).unwrap();
    let foreign = JoinLink::new(&site.url, token, Some(Pin::from_sha256([1; 32]))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("join.link"), foreign.to_string()).unwrap();
    let _worker = start_worker(folder.path(), &["--join-file", "join.link"]);
    until("the refusal", SOON, says(folder.path(), "not the pinned")).await;
    assert!(!folder.path().join("state/credential.json").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_in_one_process_and_the_questions_about_it_can_be_encrypted_too() {
    let (home, teacher) =
        (tempfile::tempdir().unwrap(), ScriptedTeacher::start(Script::default()).await.unwrap());
    let (url, listen) = (teacher.base_url(), plant::free_address());
    let plan = Plan { home: home.path(), teacher: &url, sections: 3, target: 2, slots: 2, listen, more: "" };
    let _ = plant::build(&plan);
    let run = factory(home.path(), &["run", "--no-export", "--json", "--set", "coordinator.tls=on"]).await;
    assert_eq!(run.code, Some(0), "{run:?}");
    let asked = factory(home.path(), &["status", "--json", "--set", "coordinator.tls=on"]).await.document();
    assert!(asked["runs"][0].to_string().contains("finished"), "{asked}");
    assert!(home.path().join("data/tls/key.pem").exists());
    let kept = std::fs::read_to_string(home.path().join("data/spool/credential.json")).unwrap();
    assert!(kept.contains("sha256:"), "the worker pins the key that it met");
}
