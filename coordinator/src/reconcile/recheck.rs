//! Goes on with rechecks that were begun and are not at their end: the call that began them was cut off or took too long,
//! the coordinator was killed, or workers had checks to make.

use std::time::Duration;

use hafs_library::tables::recheck;

use super::PassError;
use crate::app::App;
use crate::work::recheck as work;

const PERIOD: Duration = Duration::from_secs(2);

pub(super) async fn run(app: App) {
    loop {
        if app.lead.holds() {
            super::log("recheck", pass(&app).await);
        }
        if !super::next_pass(&app, None, PERIOD).await {
            return;
        }
    }
}

async fn pass(app: &App) -> Result<(), PassError> {
    for id in app.library.read(recheck::under_way).await? {
        work::carry_on(app, id).await?;
    }
    Ok(())
}
