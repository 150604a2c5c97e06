//! How the coordinator is, and the gauges that are measured when someone asks.

use hafs_library::tables::meta;
use hafs_proto::BoundedText;
use hafs_proto::people::{Health, HealthPart, TeacherStanding};
use sysinfo::Disks;

use crate::app::Core;

/// Below this share of free space on the library's disk, in thousandths, the coordinator is not ready.
const FREE_SPACE: u64 = 40;

/// Looks at each part: a real write to the library, the queue, the disk, draining.
pub async fn look(app: &Core) -> Health {
    let now = app.clock.now();
    let library = app.library.write(move |tx| meta::beat(tx, now)).await.map_err(|error| error.to_string());
    let queue = app.queue.stats().await.map(drop).map_err(|error| error.to_string());
    let draining = if app.shutdown.drain.is_cancelled() { Err("shutting down".to_owned()) } else { Ok(()) };
    Health {
        parts: vec![
            part("library", library),
            part("queue", queue),
            part("disk", disk(app)),
            part("draining", draining),
        ],
    }
}

fn part(name: &str, outcome: Result<(), String>) -> HealthPart {
    let ok = outcome.is_ok();
    let detail = outcome.err().unwrap_or_else(|| "ok".to_owned());
    HealthPart { name: BoundedText::clipped(name), ok, detail: BoundedText::clipped(&detail) }
}

fn disk(app: &Core) -> Result<(), String> {
    let folder = std::fs::canonicalize(&app.settings.data_dir).map_err(|error| error.to_string())?;
    let Ok(disks) = Disks::new_with_refreshed_list() else { return Ok(()) };
    let holds = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let Some(disk) = holds.max_by_key(|disk| disk.mount_point().as_os_str().len()) else {
        // Some containers show no disks; the write above has shown that there is room for one.
        return Ok(());
    };
    let (free, total) = (disk.available_space(), disk.total_space().max(1));
    if u128::from(free) * 1_000 < u128::from(total) * u128::from(FREE_SPACE) {
        return Err(format!("{} MiB of {} MiB free: free some space", free >> 20, total >> 20));
    }
    Ok(())
}

/// Measures the gauges.
pub async fn measure(app: &Core) {
    let Ok(stats) = app.queue.stats().await else { return };
    let gauge = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let counts = [stats.total.ready, stats.total.delayed, stats.total.leased];
    for (state, count) in crate::metrics::OPEN_STATES.iter().zip(counts) {
        app.metrics.open.with_label_values(&[*state]).set(gauge(count));
    }
    let age = stats.total.oldest_ready.map_or(0, |since| app.clock.now().since(since).as_secs());
    app.metrics.oldest_ready.set(gauge(age));
    app.metrics.workers.set(gauge(app.workers.all().len() as u64));
    let Ok(teachers) = super::quota::list(app).await else { return };
    for standing in TeacherStanding::ALL {
        let count = teachers.iter().filter(|teacher| teacher.standing == *standing).count();
        app.metrics.teachers.with_label_values(&[standing.word()]).set(gauge(count as u64));
    }
}
