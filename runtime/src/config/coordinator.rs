//! `[coordinator]`: the service that holds the library.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hafs_proto::limits::CLAIM_WAIT_MS;

use super::rules::{Rulebook, Rules};
use super::section::section;
use super::value::Setting;
use crate::telemetry::LogFormat;

section! {
    /// The service that holds the library and hands out tasks.
    Coordinator = "coordinator" {
        /// Address and port that it listens on.
        listen: SocketAddr = "127.0.0.1:7425", Operation;
        /// Folder of the library.
        data_dir: PathBuf = "{data}", Operation;
        /// Seconds after which a task goes to another worker unless its lease was renewed.
        lease_s: Duration = 60, Operation, 0.1 to 86_400.0;
        /// Seconds between two renewals.
        heartbeat_s: Duration = 15, Operation, 0.02 to 3_600.0;
        /// Connections at once.
        max_connections: u32 = 1024, Operation, 1.0 to 1_000_000.0;
        /// Connections at once from one address.
        max_connections_per_ip: u32 = 256, Operation, 1.0 to 1_000_000.0;
        /// Seconds for the head of a request to arrive.
        header_timeout_s: Duration = 10, Operation, 0.1 to 300.0;
        /// Seconds for the body of a request to arrive.
        body_timeout_s: Duration = 30, Operation, 0.1 to 600.0;
        /// Seconds that a connection may be silent.
        idle_timeout_s: Duration = 75, Operation, 0.1 to 3_600.0;
        /// Seconds that a drain waits for what is under way.
        drain_timeout_s: Duration = 30, Operation, 0.1 to 30.0;
        /// Logs: `human`, or `json` (one object a line).
        log_format: LogFormat = "human", Operation;
    }
}

impl Rules for Coordinator {
    fn rules(&self, book: &mut Rulebook<'_>) {
        book.demand(
            self.lease_s >= self.heartbeat_s.saturating_mul(3),
            ("lease_s", self.lease_s.show()),
            &["heartbeat_s"],
            (
                format!(
                    "must be at least 3 x `heartbeat_s` (= {})",
                    self.heartbeat_s.saturating_mul(3).show()
                ),
                "with less, two lost heartbeats lose the lease",
            ),
        );
        book.demand(
            self.max_connections_per_ip <= self.max_connections,
            ("max_connections_per_ip", self.max_connections_per_ip.show()),
            &["max_connections"],
            (
                format!("must be at most `max_connections` (= {})", self.max_connections),
                "the rest could never be used",
            ),
        );
        let longest_poll = Duration::from_millis(CLAIM_WAIT_MS);
        book.demand(
            self.idle_timeout_s > longest_poll,
            ("idle_timeout_s", self.idle_timeout_s.show()),
            &[],
            (
                format!("must be over {}, the longest wait of a claim", longest_poll.as_secs()),
                "with less, waiting workers are cut off",
            ),
        );
    }
}
