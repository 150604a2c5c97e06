//! A Redis server of the benchmark's own, with the settings that the documentation recommends.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use hafs_domain::retry::RetryPolicy;
use hafs_proto::{Generation, Timestamp};
use hafs_queue::redis::RedisSettings;
use hafs_queue::{Queue as _, RedisQueue};

use super::super::os;

/// Starts the server, says its process id, and ends it when the standard input ends: whichever way this process goes.
const KEEPER: &str = r#""$@" >/dev/null 2>&1 & pid=$!; echo $pid; read -r _; kill -9 $pid; wait"#;
/// Times that a server which has just started is asked.
const TRIES: u32 = 100;

/// A running server.
pub(super) struct Server {
    keeper: Child,
    pid: u32,
    socket: PathBuf,
}

impl Server {
    /// Starts one whose append-only file lies in `folder`.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let socket = folder.join("s");
        let mut shell = Command::new("sh");
        shell.args(["-c", KEEPER, "keeper", "redis-server", "--port", "0", "--save", "", "--unixsocket"]);
        shell.arg(&socket).args(["--appendonly", "yes", "--appendfsync", "everysec"]);
        shell.args(["--maxmemory-policy", "noeviction", "--dir"]).arg(folder);
        let mut keeper = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().context("piped")?).read_line(&mut line)?;
        let pid = line.trim().parse().context("no process id")?;
        Ok(Self { keeper, pid, socket })
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Processor seconds that it has used.
    pub(super) fn cpu(&self) -> anyhow::Result<f64> {
        os::cpu_seconds(self.pid).context("the Redis server is gone: is redis-server installed?")
    }

    /// Our queue there, empty.
    pub(super) async fn queue(&self, name: String) -> anyhow::Result<RedisQueue> {
        let url = format!("redis+unix://{}", self.socket.display());
        let library = "bench".to_owned();
        let settings = RedisSettings { url, name, library, at_least: Generation(0), accept_unchecked: false };
        let mut tries = 0;
        let queue = loop {
            match RedisQueue::connect(&settings, RetryPolicy::PATIENT).await {
                Ok(queue) => break queue,
                Err(error) => ensure!(tries < TRIES, "{error}"),
            }
            tries += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        queue.rebuild(Generation(1), &[], &mut std::iter::empty(), Timestamp::EPOCH).await?;
        Ok(queue)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Whatever it answers, there is nothing more to do.
        let _ = self.keeper.wait();
    }
}
