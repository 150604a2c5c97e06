//! Goes on with quarantines that were begun and are not at their end: the call that began them was cut off, took too
//! long, or the coordinator was killed.

use std::time::Duration;

use hafs_library::tables::quarantine;

use super::PassError;
use crate::app::App;
use crate::work::quarantine as work;

const PERIOD: Duration = Duration::from_secs(5);

pub(super) async fn run(app: App) {
    loop {
        super::log("quarantine", pass(&app).await);
        if !super::next_pass(&app, None, PERIOD).await {
            return;
        }
    }
}

async fn pass(app: &App) -> Result<(), PassError> {
    for id in app.library.read(quarantine::under_way).await? {
        work::carry_on(app, id).await?;
    }
    Ok(())
}
