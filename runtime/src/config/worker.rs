//! `[worker]`: the service that does the work.

use std::path::PathBuf;
use std::time::Duration;

use hafs_proto::BoundedText;
use reqwest::Url;

use super::rules::Rules;
use super::section::section;

section! {
    /// The service that mines, asks teachers and runs tools.
    Worker = "worker" {
        /// Its name, for people. Not set: the name of the machine.
        name: Option<BoundedText<64>> = null | "attic", Operation;
        /// Where the coordinator is.
        coordinator: Url = "http://127.0.0.1:7425/", Operation;
        /// Folder that keeps results until the coordinator has them.
        spool_dir: PathBuf = "{data}/spool", Operation;
        /// Megabytes of such results at which nothing more is claimed.
        spool_max_mb: u32 = 2048, Operation, 1.0 to 1_048_576.0;
        /// Number of such results at which nothing more is claimed.
        spool_max_results: u32 = 50_000, Operation, 1.0 to 10_000_000.0;
        /// Seconds that a claim waits for work.
        claim_wait_s: Duration = 20, Operation, 0.0 to 25.0;
        /// Tasks at once that need no model: mining and checks. Not set: one for each core.
        cpu_slots: Option<u32> = null | 2, Operation, 1.0 to 1024.0;
    }
}

impl Rules for Worker {}
