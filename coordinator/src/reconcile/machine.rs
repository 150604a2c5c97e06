//! Looks at the machine: how busy it is, and how much room the disk has.

use std::time::Duration;

use hafs_domain::room::Room;
use sysinfo::System;
use tracing::{info, warn};

use crate::app::{App, Core};
use crate::disk;

/// Between two looks; the share of busy processors is that of the time between them.
const PERIOD: Duration = Duration::from_secs(10);

pub(super) async fn run(app: App) {
    // A system that tells nothing of itself leaves the gauges at zero.
    let mut system = System::new().ok();
    let mut told = tell(Room::Ample, disk::room(&app.settings));
    if let Some(system) = &mut system {
        system.refresh_cpu_usage();
    }
    while super::next_pass(&app, None, PERIOD).await {
        if let Some(system) = &mut system {
            measure(&app, system);
        }
        told = tell(told, disk::room(&app.settings));
    }
}

fn measure(app: &Core, system: &mut System) {
    system.refresh_cpu_usage();
    system.refresh_memory();
    app.metrics.machine.cpu.set(f64::from(system.global_cpu_usage()) / 100.0);
    let (used, total) = (system.used_memory(), system.total_memory().max(1));
    app.metrics.machine.memory.set(gib(used) / gib(total));
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
const fn gib(bytes: u64) -> f64 {
    bytes as f64 / 1_073_741_824.0
}

/// Tells of a change, once.
fn tell(before: Room, now: Room) -> Room {
    match now {
        _ if now == before => {}
        Room::Ample => info!("the disk of the library has room again"),
        Room::Low => warn!(
            disk.room = now.word(),
            "the disk of the library fills up: see `disk is full` in docs/OPERATIONS.md"
        ),
        Room::Scarce => {
            warn!(
                disk.room = now.word(),
                "the disk of the library is nearly full, no new work: see `disk is full` in docs/OPERATIONS.md"
            );
        }
        Room::Gone => {
            warn!(
                disk.room = now.word(),
                "the disk of the library is full but for a little, results only: see `disk is full` in docs/OPERATIONS.md"
            );
        }
    }
    now
}
