//! How the coordinator is, and the gauges that are measured when someone asks.

use hafs_library::tables::meta;
use hafs_proto::people::{Health, HealthPart, TeacherStanding};
use hafs_proto::{BoundedText, Timestamp};
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
    // Some containers show no disks; the write above has shown that there is room for one.
    let Some((free, total)) = space(app).map_err(|error| error.to_string())? else { return Ok(()) };
    if u128::from(free) * 1_000 < u128::from(total) * u128::from(FREE_SPACE) {
        return Err(format!("{} MiB of {} MiB free: free some space", free >> 20, total >> 20));
    }
    Ok(())
}

/// Free and total bytes of the disk that holds the data; none where the system shows no disks.
fn space(app: &Core) -> std::io::Result<Option<(u64, u64)>> {
    let folder = std::fs::canonicalize(&app.settings.data_dir)?;
    let Ok(disks) = Disks::new_with_refreshed_list() else { return Ok(None) };
    let holds = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let disk = holds.max_by_key(|disk| disk.mount_point().as_os_str().len());
    Ok(disk.map(|disk| (disk.available_space(), disk.total_space().max(1))))
}

/// Measures the gauges.
pub async fn measure(app: &Core) {
    let gauge = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let workers = app.workers.all();
    app.metrics.workers.set(gauge(workers.len() as u64));
    super::residency::measure(app, &workers);
    app.metrics.standing.spooled.set(gauge(workers.values().map(|worker| worker.spooled).sum()));
    let oldest_ms = workers.values().map(|worker| worker.oldest_spooled_ms).max().unwrap_or(0);
    app.metrics.standing.spool_age.set(gauge(oldest_ms / 1_000));
    app.metrics.standing.leads.set(i64::from(app.lead.holds()));
    if let Ok(Some((free, _))) = space(app) {
        app.metrics.standing.disk_free.set(gauge(free));
    }
    let Ok(stats) = app.queue.stats().await else { return };
    let counts = [stats.total.ready, stats.total.delayed, stats.total.leased];
    for (state, count) in crate::metrics::OPEN_STATES.iter().zip(counts) {
        app.metrics.open.with_label_values(&[*state]).set(gauge(count));
    }
    let now = app.clock.now();
    let age = |since: Option<Timestamp>| gauge(since.map_or(0, |since| now.since(since).as_secs()));
    app.metrics.standing.oldest_ready.set(age(stats.total.oldest_ready));
    let waiting = stats.routes.iter().filter(|(_, route)| route.oldest_ready.is_some());
    app.metrics
        .standing
        .route_age
        .set(waiting.map(|(route, stats)| (route.to_string(), age(stats.oldest_ready))));
    let Ok(teachers) = super::quota::list(app).await else { return };
    for standing in TeacherStanding::ALL {
        let count = teachers.iter().filter(|teacher| teacher.standing == *standing).count();
        app.metrics.teachers.with_label_values(&[standing.word()]).set(gauge(count as u64));
    }
}
