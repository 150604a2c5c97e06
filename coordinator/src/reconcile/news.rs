//! Writes this coordinator's events down in a library that it shares, and tells those of all in the library's order.
//! What one has published the listeners of the others hear of a fifth of a second later.

use std::time::Duration;

use hafs_library::StoreError;
use hafs_library::tables::events;
use hafs_runtime::clock::Stopwatch;

use super::{Complaint, PassError};
use crate::app::{App, Core};
use crate::events::{CAPACITY, Outbox};

/// How long after another coordinator's commit its events are told here, at most.
const PERIOD: Duration = Duration::from_millis(200);
/// Events that one write takes, so that it holds nobody up.
const BATCH: usize = 256;
/// Events that one look takes.
const LOOK: u32 = 1_024;
/// A pass rests so many times as long as it took: events are told in batches while there are many.
const REST: u32 = 9;

/// Learns of the latest events, before anybody can listen.
pub(crate) async fn begin(core: &Core) -> Result<(), StoreError> {
    if core.events.outbox().is_none() {
        return Ok(());
    }
    let latest = core.library.read(|tx| {
        let from = events::newest(tx)?.saturating_sub(CAPACITY as u64);
        events::after(tx, from, LOOK)
    });
    let heard = latest.await?;
    core.events.tell(heard.events, heard.until);
    Ok(())
}

pub(super) async fn run(app: App) {
    let Some(outbox) = app.events.outbox() else { return };
    let mut complaint = Complaint::new("news");
    loop {
        let watch = Stopwatch::start();
        complaint.hear(pass(&app, outbox).await);
        tokio::time::sleep((watch.elapsed() * REST).min(PERIOD)).await;
        if !super::next_pass(&app, Some(&outbox.filled), PERIOD).await {
            break;
        }
    }
    // What the drain has brought about; who listens here has been sent away.
    complaint.hear(write(&app, outbox).await);
}

async fn pass(app: &Core, outbox: &Outbox) -> Result<(), PassError> {
    write(app, outbox).await?;
    let from = app.events.until();
    let heard = app.library.read(move |tx| events::after(tx, from, LOOK)).await?;
    app.events.tell(heard.events, heard.until);
    Ok(())
}

/// Should the outcome of a commit be unknown, they are written once more: twice told is better than never.
async fn write(app: &Core, outbox: &Outbox) -> Result<(), PassError> {
    let drafts = outbox.first(BATCH);
    if drafts.is_empty() {
        return Ok(());
    }
    let written = drafts.clone();
    app.library.write(move |tx| events::append(tx, &drafts)).await?;
    outbox.forget(&written);
    if !outbox.first(1).is_empty() {
        outbox.filled.notify_one();
    }
    Ok(())
}
