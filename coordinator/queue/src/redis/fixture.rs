//! Servers for tests: real ones, each in a folder of its own, gone with the test process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hafs_domain::retry::RetryPolicy;
use hafs_proto::Generation;

use super::{ConnectError, RedisQueue, RedisSettings};

/// Names the program of the server to test with, in place of those that are found.
const VARIABLE: &str = "HAFS_TEST_REDIS";

/// Starts a server, says its process id, and ends it when the standard input ends: whichever way this process
/// goes, the server goes with it.
const KEEPER: &str =
    r#"dir=$1; shift; "$@" >>"$dir/log" 2>&1 & pid=$!; echo $pid; read -r _; kill -9 $pid; wait"#;

/// How a server is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Append-only file, no eviction: as the documentation recommends.
    Plain,
    /// The only node of a cluster.
    Cluster,
}

/// A running server.
#[derive(Debug)]
pub struct RedisProc {
    program: PathBuf,
    folder: tempfile::TempDir,
    kind: Kind,
    port: u16,
    keeper: Option<Child>,
    pid: u32,
    names: AtomicU32,
}

/// The programs to test with: the one that `HAFS_TEST_REDIS` names, or else Redis and Valkey as far as they are
/// installed.
#[must_use]
pub fn programs() -> Vec<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return vec![PathBuf::from(named)];
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let engines = std::env::var_os("HAFS_TEST_ENGINES")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache/hafs-factory/engines")));
    let folders: Vec<PathBuf> =
        std::env::split_paths(&path).chain(engines.map(|engines| engines.join("valkey"))).collect();
    let find = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    ["redis-server", "valkey-server"].into_iter().filter_map(find).collect()
}

impl RedisProc {
    /// Starts a server and waits until it answers.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(program: &Path, kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Only a cluster node must have a port; all others are reached by a socket file.
        let port = if kind == Kind::Cluster { free_port() } else { 0 };
        let (program, names) = (program.to_owned(), AtomicU32::new(0));
        let mut server = Self { program, folder, kind, port, keeper: None, pid: 0, names };
        server.go().await;
        if kind == Kind::Cluster {
            server.tell(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
            server.wait_for(&["CLUSTER", "INFO"], "cluster_state:ok").await;
        }
        server
    }

    /// Ends it as a power cut would, as far as the process is concerned.
    pub fn kill(&mut self) {
        let killed = Command::new("kill").args(["-9", &self.pid.to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "process {} is not there", self.pid);
        self.stop();
    }

    /// Starts it again with the data of its folder.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&mut self) {
        self.stop();
        self.go().await;
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        match self.kind {
            Kind::Plain => format!("redis+unix://{}", self.folder.path().join("s").display()),
            Kind::Cluster => format!("redis://127.0.0.1:{}", self.port),
        }
    }

    /// Its process id.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Settings for a queue that no other test has.
    pub fn settings(&self) -> RedisSettings {
        let nth = self.names.fetch_add(1, Ordering::Relaxed);
        RedisSettings {
            url: self.url(),
            name: format!("test-{nth}"),
            library: "library".to_owned(),
            at_least: Generation(0),
            accept_unchecked: false,
        }
    }

    /// A queue that no other test has.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn queue(&self) -> RedisQueue {
        let queue = RedisQueue::connect(&self.settings(), RetryPolicy::default()).await;
        queue.expect("the server is fit")
    }

    /// Sends a command and gives the answer.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn tell(&self, command: &[&str]) -> redis::Value {
        self.try_tell(command).await.expect("the server takes the command")
    }

    async fn try_tell(&self, command: &[&str]) -> redis::RedisResult<redis::Value> {
        let client = redis::Client::open(self.url())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut call = redis::cmd(command[0]);
        call.arg(&command[1..]).query_async(&mut connection).await
    }

    async fn go(&mut self) {
        let folder = self.folder.path().display().to_string();
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(&folder).arg(&self.program);
        command.args(["--port", &self.port.to_string(), "--dir", &folder, "--bind", "127.0.0.1"]);
        command.args(["--unixsocket", &format!("{folder}/s"), "--appendonly", "yes", "--save", ""]);
        if self.kind == Kind::Cluster {
            command.args(["--cluster-enabled", "yes", "--cluster-port", &free_port().to_string()]);
        }
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell runs");
        let mut pid = String::new();
        let said = BufReader::new(keeper.stdout.take().expect("it is piped")).read_line(&mut pid);
        assert!(said.is_ok(), "the keeper of {} says nothing", self.program.display());
        self.pid = pid.trim().parse().expect("a process id");
        self.keeper = Some(keeper);
        self.wait_for(&["PING"], "PONG").await;
    }

    /// Polls, because a server does not tell when it is ready.
    async fn wait_for(&self, question: &[&str], wanted: &str) {
        for _ in 0..500 {
            let answer =
                self.try_tell(question).await.and_then(|it| Ok(redis::from_redis_value::<String>(it)?));
            if answer.is_ok_and(|answer| answer.contains(wanted)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("{} does not get ready: {log}", self.program.display());
    }

    fn stop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

impl Drop for RedisProc {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// A connection that is refused, with the reason.
///
/// # Panics
/// When it is not refused.
pub async fn refusal(settings: &RedisSettings) -> ConnectError {
    match RedisQueue::connect(settings, RetryPolicy::default()).await {
        Ok(_) => panic!("{settings:?} was accepted"),
        Err(error) => error,
    }
}
