//! Notices workers that have gone, and writes down when the others were last heard of.

use std::time::Duration;

use hafs_library::tables::workers::{self, Sign, Told};
use hafs_proto::people::EventKind;
use tracing::info;

use super::PassError;
use crate::app::App;
use crate::events::News;

/// Between two passes.
pub(crate) const PERIOD: Duration = Duration::from_secs(10);

pub(super) async fn run(app: App) {
    while super::next_pass(&app, None, PERIOD).await {
        super::log("presence", pass(&app).await);
    }
}

async fn pass(app: &App) -> Result<(), PassError> {
    let now = app.clock.now();
    let present = app.workers.all();
    app.metrics.workers.set(i64::try_from(present.len()).unwrap_or(i64::MAX));
    let is_alone = app.lead.is_alone();
    app.library
        .write(move |tx| {
            for (id, row) in present {
                let told = if is_alone { Told::default() } else { row.told };
                let (spooled, oldest_spooled_ms) = (row.spooled, row.oldest_spooled_ms);
                let sign = Sign { spooled, oldest_spooled_ms, at: row.seen_at, told };
                workers::seen(tx, id, &sign)?;
            }
            Ok(())
        })
        .await?;
    if !is_alone {
        let since = now.minus(app.settings.lease * 3);
        for (id, sign) in app.library.read(move |tx| workers::signs_since(tx, since)).await? {
            app.workers.heard_elsewhere(id, &sign);
        }
    }
    for (id, row) in app.workers.give_up(app.settings.lease * 3, now) {
        info!(worker.id = %id, worker.name = %row.registration.name, "a worker has been silent for three leases");
        // Each coordinator notices it by itself; one tells of it.
        if !app.lead.holds() {
            continue;
        }
        app.events.publish(now, &News::new(EventKind::WorkerLeft, id, "silent for three leases"));
    }
    Ok(())
}
