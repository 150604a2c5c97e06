//! What can go wrong, and its mending.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hafs_tests::dice::Dice;

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

impl Fault {
    pub fn draw(dice: &mut Dice) -> Self {
        let (kind, coordinator, worker) = (dice.below(KINDS), dice.index(COORDINATORS), dice.index(WORKERS));
        match kind {
            0 => Self::KillCoordinator(coordinator),
            1 => Self::FreezeCoordinator(coordinator),
            2 => Self::KillWorker(worker),
            3 => Self::FreezeWorker(worker),
            4 => Self::KillRedis,
            5 => Self::FreezeRedis,
            6 => Self::FlushRedis,
            7 => Self::CrashPostgres,
            8 => Self::RedisWire(coordinator, State::Cut),
            9 => Self::RedisWire(coordinator, State::Mute),
            10 => Self::RedisWire(coordinator, State::Deaf),
            11 => Self::PostgresWire(coordinator, State::Cut),
            12 => Self::PostgresWire(coordinator, State::Mute),
            13 => Self::PostgresWire(coordinator, State::Deaf),
            14 => Self::LoseRequests,
            15 => Self::LoseReplies,
            16 => Self::RestartCoordinator(coordinator),
            _ => Self::DoubleRequests,
        }
    }

    /// How long it lasts. A process may stand still for longer than its lease, and for longer than a leader may.
    pub fn length(self, dice: &mut Dice) -> Duration {
        match self {
            Self::FreezeCoordinator(_) | Self::FreezeWorker(_) => dice.millis(500, 9_000),
            Self::FlushRedis => Duration::ZERO,
            Self::KillCoordinator(_)
            | Self::RestartCoordinator(_)
            | Self::KillWorker(_)
            | Self::KillRedis
            | Self::FreezeRedis
            | Self::CrashPostgres
            | Self::RedisWire(..)
            | Self::PostgresWire(..)
            | Self::LoseRequests
            | Self::LoseReplies
            | Self::DoubleRequests => dice.millis(300, 4_000),
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
