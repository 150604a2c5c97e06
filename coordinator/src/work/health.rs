//! How the coordinator is, and the gauges that are measured when someone asks.

use hafs_domain::room::{Room, Use};
use hafs_library::tables::meta;
use hafs_proto::people::{Health, HealthPart, TeacherStanding};
use hafs_proto::{BoundedText, Timestamp};

use crate::app::Core;
use crate::workers::Present;
use crate::{backups, disk};

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
    let (free, total) = disk::space(&app.settings).map_err(|error| error.to_string())?;
    if Room::of(free, total).admits(Use::Work) {
        return Ok(());
    }
    Err(format!("{} MiB of {} MiB free: free some space", free >> 20, total >> 20))
}

fn gauge(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The disk and the backups; the machine's load is measured in the background, because that takes time.
fn measure_machine(app: &Core) {
    let machine = &app.metrics.machine;
    if let Ok((free, size)) = disk::space(&app.settings) {
        machine.disk_free.set(gauge(free));
        machine.disk_size.set(gauge(size));
    }
    let makes_backups = app.lead.holds() && app.settings.backups.keep > 0;
    let age = if makes_backups { backups::age(app, app.clock.now()).as_secs() } else { 0 };
    machine.backup_age.set(gauge(age));
}

/// Measures the gauges.
pub async fn measure(app: &Core) {
    let workers = app.workers.all();
    app.metrics.workers.set(gauge(workers.len() as u64));
    super::residency::measure(app, &workers);
    let facts = workers.values().flat_map(|worker| &worker.registration.facts.teachers);
    let withheld = facts.filter(|facts| facts.withheld.is_some()).count();
    app.metrics.models.withheld.set(gauge(withheld as u64));
    app.metrics.standing.spooled.set(gauge(workers.values().map(|worker| worker.spooled).sum()));
    let oldest_ms = workers.values().map(|worker| worker.oldest_spooled_ms).max().unwrap_or(0);
    app.metrics.standing.spool_age.set(gauge(oldest_ms / 1_000));
    let by_name = |value: fn(&Present) -> u64| {
        workers.iter().map(|(id, worker)| (id.to_string(), gauge(value(worker)))).collect::<Vec<_>>()
    };
    app.metrics.standing.worker_spool_age.set(by_name(|worker| worker.oldest_spooled_ms / 1_000));
    app.metrics.standing.worker_gpu.set(by_name(|worker| {
        worker.told.residency.as_ref().map_or(0, |residency| residency.gpu_used_bytes)
    }));
    app.metrics.standing.leads.set(i64::from(app.lead.holds()));
    measure_machine(app);
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
