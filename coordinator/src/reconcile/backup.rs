//! A verified copy of the library every so often; the last few are kept. See [`crate::backups`].

use std::path::Path;
use std::time::Duration;

use hafs_library::verify;
use hafs_library::verify::integrity;
use hafs_library::{Address, Library, StoreError};
use hafs_proto::Timestamp;
use hafs_runtime::clock::Stopwatch;
use tracing::{info, warn};

use super::PassError;
use crate::app::App;
use crate::backups::{self, UNVERIFIED};

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(2);
/// A backup rests so many times as long as it took: it grows with the library, and must not take more than a fiftieth
/// of the time.
const REST: u32 = 49;

pub(super) async fn run(app: App) {
    let mut rest = Duration::ZERO;
    while super::next_pass(&app, None, PERIOD.max(rest)).await {
        let watch = Stopwatch::start();
        let outcome = pass(&app).await;
        rest = if matches!(outcome, Ok(false)) { Duration::ZERO } else { watch.elapsed() * REST };
        if outcome.is_err() {
            app.metrics.machine.backups.with_label_values(&["failed"]).inc();
        }
        super::log("backup", outcome.map(drop));
    }
}

/// Writes the backup that is due, if one is.
async fn pass(app: &App) -> Result<bool, PassError> {
    let now = app.clock.now();
    if !app.lead.holds() || !backups::is_due(app, now) {
        return Ok(false);
    }
    let folder = backups::folder(&app.settings);
    tokio::fs::create_dir_all(&folder).await?;
    let unverified = folder.join(UNVERIFIED);
    app.library.backup(&unverified).await?;
    let copy = unverified.clone();
    let found = tokio::task::spawn_blocking(move || defects(&copy)).await??;
    if let Some(first) = found.first() {
        warn!(
            defects = found.len(),
            error = %first,
            "the copy of the library is not sound and does not count: run `hafs-factory verify`"
        );
        app.metrics.machine.backups.with_label_values(&["failed"]).inc();
        return Ok(true);
    }
    name(&folder, &unverified, now).await?;
    app.metrics.machine.backups.with_label_values(&["verified"]).inc();
    info!(backup.folder = %folder.display(), "there is a verified backup of the library");
    for old in backups::surplus(&backups::found(&app.settings), app.settings.backups.keep) {
        tokio::fs::remove_file(folder.join(backups::name(old))).await?;
    }
    Ok(true)
}

async fn name(folder: &Path, unverified: &Path, now: Timestamp) -> std::io::Result<()> {
    tokio::fs::rename(unverified, folder.join(backups::name(now))).await
}

/// What is wrong with a copy: its pages and indexes, and the chain of its audit log.
fn defects(copy: &Path) -> Result<Vec<String>, StoreError> {
    Library::inspect(Address::File(copy.to_owned()), |tx| {
        let mut found: Vec<String> = integrity(tx)?.into_iter().map(|row| row.what).collect();
        found.extend(verify::audit(tx, None)?.defects.into_iter().map(|defect| defect.what.to_string()));
        Ok(found)
    })
}
