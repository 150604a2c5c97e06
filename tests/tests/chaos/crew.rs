//! The members of a cluster: two servers, two coordinators, four workers, each with a folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_library::Address;
use hafs_library::test_server::{Durability, PostgresServer};
use hafs_queue::redis::fixture::{Kind, RedisProc, programs};
use hafs_tests::plant::{self, Plan};
use hafs_tests::process::Process;

use crate::wire::{End, Wire};

pub const COORDINATORS: usize = 2;
pub const WORKERS: usize = 4;
const SLOTS: usize = 4;
/// Short, so that a storm of minutes has many of them.
const RHYTHM: &str = "lease_s = 3\nheartbeat_s = 1\n";

/// The servers, and the wires that lead to them from each coordinator.
pub struct Servers {
    pub redis: RedisProc,
    pub postgres: PostgresServer,
    pub library: Address,
    database: String,
}

impl Servers {
    /// Starts them, or says why they cannot be had.
    pub async fn start() -> Result<Self, String> {
        let program = programs().into_iter().next().ok_or("no Redis or Valkey server")?;
        let postgres = PostgresServer::start(Durability::Full)?;
        let database = "library_0".to_owned();
        let library = postgres.database().into();
        let redis = RedisProc::start(&program, Kind::Plain).await;
        Ok(Self { redis, postgres, library, database })
    }

    pub async fn to_redis(&self) -> Wire {
        let socket = self.redis.url().trim_start_matches("redis+unix://").to_owned();
        Wire::lay(End::Socket(socket.into())).await
    }

    pub async fn to_postgres(&self) -> Wire {
        let text = self.postgres.text(&self.database);
        let port = text.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()?.parse().ok());
        Wire::lay(End::Port(SocketAddr::from(([127, 0, 0, 1], port.expect("a port"))))).await
    }
}

/// A process that can be killed and started again.
pub struct Member {
    home: PathBuf,
    program: &'static str,
    args: Vec<String>,
    process: Option<Process>,
}

impl Member {
    pub fn start(&mut self) {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        self.process = Some(Process::start(self.program, &self.home, &args));
    }

    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    pub fn signal(&self, signal: &str) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }

    /// Asks it to end, and waits.
    pub async fn leave(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal("TERM");
            process.output(Duration::from_secs(60)).await;
        }
    }
}

/// A coordinator with its wires.
pub struct Coordinator {
    pub member: Member,
    pub address: SocketAddr,
    pub to_redis: Wire,
    pub to_postgres: Wire,
}

impl Coordinator {
    pub async fn hire(home: &Path, number: usize, servers: &Servers) -> Self {
        let (to_redis, to_postgres) = (servers.to_redis().await, servers.to_postgres().await);
        let name = format!("coordinator-{number}");
        let home = home.join(&name);
        std::fs::create_dir_all(&home).expect("a folder");
        let address = plant::free_address();
        let config = format!(
            "[coordinator]\nlisten = \"{address}\"\ndata_dir = \"data\"\n{RHYTHM}\
             library = \"postgres://hafs@{}/{}\"\nqueue = \"redis://{}\"\nmax_connections_per_ip = 1000\n",
            to_postgres.address, servers.database, to_redis.address
        );
        std::fs::write(home.join("hafs.toml"), config).expect("a configuration");
        let args = vec!["--config".to_owned(), "hafs.toml".to_owned()];
        let mut member = Member { home, program: "hafs-coordinator", args, process: None };
        member.start();
        Self { member, address, to_redis, to_postgres }
    }

    /// The folder of its configuration.
    pub fn home(&self) -> &Path {
        &self.member.home
    }
}

/// What is mined and who teaches; all workers have the same.
pub fn plan<'p>(home: &'p Path, teacher: &'p str, sections: usize, front: SocketAddr) -> Plan<'p> {
    // Never reached, so that every seed is tried and the result does not depend on who came first.
    Plan { home, teacher, sections, target: 2 * sections, slots: SLOTS, listen: front, more: "" }
}

/// A worker that knows nothing but the balancer.
pub fn worker(home: &Path, number: usize, plan: &Plan<'_>, join: String) -> Member {
    let name = format!("worker-{number}");
    let home = home.join(&name);
    std::fs::create_dir_all(&home).expect("a folder");
    let _ = plant::build(&Plan { home: &home, ..*plan });
    let args = ["--config", "hafs.toml", "--name", &name, "--join-token", &join].map(str::to_owned).to_vec();
    let mut member = Member { home, program: "hafs-worker", args, process: None };
    member.start();
    member
}
