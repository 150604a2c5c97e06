//! What can go wrong, and its mending.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hafs_proto::ContentHash;

use crate::crew::{COORDINATORS, Coordinator, Member, Servers, WORKERS};
use crate::front::Front;
use crate::wire::State;

/// One thing that goes wrong for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    KillCoordinator(usize),
    FreezeCoordinator(usize),
    /// It is asked to end, as in an upgrade, and started again.
    RestartCoordinator(usize),
    KillWorker(usize),
    FreezeWorker(usize),
    KillRedis,
    FreezeRedis,
    FlushRedis,
    CrashPostgres,
    RedisWire(usize, State),
    PostgresWire(usize, State),
    LoseRequests,
    LoseReplies,
    DoubleRequests,
}

/// Kinds of faults; each is drawn as often as the others.
pub const KINDS: u64 = 18;
/// Of a thousand requests, how many meet the fate while it holds.
const OFTEN: u32 = 300;

/// Numbers that follow from the seed that the test prints.
pub struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self { seed, thrown: 0 }
    }

    pub fn below(&mut self, below: u64) -> u64 {
        self.thrown += 1;
        let hash = ContentHash::of_parts([self.seed.to_string().as_str(), &self.thrown.to_string()]);
        let [a, b, c, d, ..] = *hash.as_bytes();
        u64::from(u32::from_le_bytes([a, b, c, d])) % below
    }

    pub fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }

    fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or(0)
    }

    pub fn fault(&mut self) -> Fault {
        let (kind, coordinator, worker) = (self.below(KINDS), self.index(COORDINATORS), self.index(WORKERS));
        match kind {
            0 => Fault::KillCoordinator(coordinator),
            1 => Fault::FreezeCoordinator(coordinator),
            2 => Fault::KillWorker(worker),
            3 => Fault::FreezeWorker(worker),
            4 => Fault::KillRedis,
            5 => Fault::FreezeRedis,
            6 => Fault::FlushRedis,
            7 => Fault::CrashPostgres,
            8 => Fault::RedisWire(coordinator, State::Cut),
            9 => Fault::RedisWire(coordinator, State::Mute),
            10 => Fault::RedisWire(coordinator, State::Deaf),
            11 => Fault::PostgresWire(coordinator, State::Cut),
            12 => Fault::PostgresWire(coordinator, State::Mute),
            13 => Fault::PostgresWire(coordinator, State::Deaf),
            14 => Fault::LoseRequests,
            15 => Fault::LoseReplies,
            16 => Fault::RestartCoordinator(coordinator),
            _ => Fault::DoubleRequests,
        }
    }

    /// How long it lasts. A process may stand still for longer than its lease, and for longer than a leader may.
    pub fn length(&mut self, fault: Fault) -> Duration {
        match fault {
            Fault::FreezeCoordinator(_) | Fault::FreezeWorker(_) => self.millis(500, 9_000),
            Fault::FlushRedis => Duration::ZERO,
            Fault::KillCoordinator(_)
            | Fault::RestartCoordinator(_)
            | Fault::KillWorker(_)
            | Fault::KillRedis
            | Fault::FreezeRedis
            | Fault::CrashPostgres
            | Fault::RedisWire(..)
            | Fault::PostgresWire(..)
            | Fault::LoseRequests
            | Fault::LoseReplies
            | Fault::DoubleRequests => self.millis(300, 4_000),
        }
    }
}

/// Everything that faults happen to.
pub struct Cluster {
    pub servers: Servers,
    pub coordinators: Vec<Coordinator>,
    pub workers: Vec<Member>,
    pub front: Arc<Front>,
}

impl Cluster {
    pub async fn begin(&mut self, fault: Fault) {
        let weather = &self.front.weather;
        match fault {
            Fault::KillCoordinator(at) => self.coordinators[at].member.kill(),
            Fault::FreezeCoordinator(at) => self.coordinators[at].member.signal("STOP"),
            Fault::RestartCoordinator(at) => self.coordinators[at].member.leave().await,
            Fault::KillWorker(at) => self.workers[at].kill(),
            Fault::FreezeWorker(at) => self.workers[at].signal("STOP"),
            Fault::KillRedis => self.servers.redis.kill(),
            Fault::FreezeRedis => self.signal_redis("STOP"),
            Fault::FlushRedis => drop(self.servers.redis.tell(&["FLUSHALL"]).await),
            Fault::CrashPostgres => self.servers.postgres.crash().expect("it ran"),
            Fault::RedisWire(at, state) => self.coordinators[at].to_redis.set(state),
            Fault::PostgresWire(at, state) => self.coordinators[at].to_postgres.set(state),
            Fault::LoseRequests => weather.lost_requests.store(OFTEN, Ordering::Relaxed),
            Fault::LoseReplies => weather.lost_replies.store(OFTEN, Ordering::Relaxed),
            Fault::DoubleRequests => weather.doubled.store(OFTEN, Ordering::Relaxed),
        }
    }

    pub async fn mend(&mut self, fault: Fault) {
        match fault {
            Fault::KillCoordinator(at) | Fault::RestartCoordinator(at) => {
                self.coordinators[at].member.start();
            }
            Fault::FreezeCoordinator(at) => self.coordinators[at].member.signal("CONT"),
            Fault::KillWorker(at) => self.workers[at].start(),
            Fault::FreezeWorker(at) => self.workers[at].signal("CONT"),
            Fault::KillRedis => self.servers.redis.restart().await,
            Fault::FreezeRedis => self.signal_redis("CONT"),
            Fault::FlushRedis => {}
            Fault::CrashPostgres => self.servers.postgres.up().expect("it starts again"),
            Fault::RedisWire(at, _) => self.coordinators[at].to_redis.set(State::Whole),
            Fault::PostgresWire(at, _) => self.coordinators[at].to_postgres.set(State::Whole),
            Fault::LoseRequests | Fault::LoseReplies | Fault::DoubleRequests => {
                self.front.weather.clear_up();
            }
        }
    }

    fn signal_redis(&self, signal: &str) {
        let pid = self.servers.redis.pid().to_string();
        let status = Command::new("kill").args([&format!("-{signal}"), &pid]).status();
        assert!(status.is_ok_and(|status| status.success()), "the queue's server is not there");
    }
}
