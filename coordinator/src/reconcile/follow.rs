//! Hears of what other coordinators change in the library: tokens and workers, which every coordinator keeps in
//! memory. Runs only where a library can have several.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_domain::instance::{Lineage, Past};
use hafs_library::tables::versions::{self, Topic};
use hafs_library::tables::{credentials, instances, trust, workers};
use hafs_library::{StoreError, Tx};
use hafs_proto::WorkerId;
use hafs_runtime::clock::Stopwatch;

use super::{Complaint, PassError};
use crate::app::App;
use crate::work::tokens;

/// How long a revoked token or a paused worker goes on at another coordinator, at most.
const PERIOD: Duration = Duration::from_millis(200);
/// A pass rests so many times as long as it took, so that a thousand workers that join do not make it the main work.
const REST: u32 = 9;

pub(super) async fn run(app: App) {
    let (mut seen, mut complaint) = (Seen::default(), Complaint::new("follow"));
    loop {
        let watch = Stopwatch::start();
        complaint.hear(pass(&app, &mut seen).await);
        if !super::next_pass(&app, None, PERIOD.max(watch.elapsed() * REST)).await {
            return;
        }
    }
}

/// Versions that this coordinator has in memory. Nothing was seen at the start: what was read then may be older.
#[derive(Debug, Default)]
struct Seen {
    credentials: Option<u64>,
    workers: Option<u64>,
}

async fn pass(app: &App, seen: &mut Seen) -> Result<(), PassError> {
    let now = app.clock.now();
    let (before, since) = ((seen.credentials, seen.workers), now.minus(app.settings.lease * 3));
    // One snapshot: a version and what belongs to it.
    let (tokens, present) = app
        .library
        .read(move |tx| {
            let (credentials, workers) =
                (versions::of(tx, Topic::Credentials)?, versions::of(tx, Topic::Workers)?);
            let tokens = (before.0 != Some(credentials)).then(|| credentials::usable(tx, now)).transpose()?;
            let present = (before.1 != Some(workers))
                .then(|| Ok::<_, StoreError>((self::present(tx, since)?, trust::suspended(tx)?)))
                .transpose()?;
            Ok((tokens.map(|rows| (credentials, rows)), present.map(|rows| (workers, rows))))
        })
        .await?;
    if let Some((version, rows)) = tokens {
        app.auth.replace(rows.iter().map(tokens::entry));
        seen.credentials = Some(version);
    }
    if let Some((version, (rows, suspended))) = present {
        app.workers.refresh(rows);
        app.workers.suspend_only(&suspended);
        seen.workers = Some(version);
    }
    Ok(())
}

fn present(
    tx: &mut dyn Tx,
    since: hafs_proto::Timestamp,
) -> Result<Vec<(workers::StoredWorker, Lineage)>, StoreError> {
    let mut past: BTreeMap<WorkerId, Vec<Past>> = BTreeMap::new();
    for (worker, it) in instances::of_present(tx, since)? {
        past.entry(worker).or_default().push(Past { instance: it.instance, spoke_at: it.spoke_at });
    }
    let rows = workers::seen_since(tx, since)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let lineage = Lineage {
                current: Some(row.instance.clone()),
                past: past.remove(&row.id).unwrap_or_default(),
            };
            (row, lineage)
        })
        .collect())
}
