//! What teachers and generators have come to of late.

use std::time::Duration;

use hafs_library::tables::records;
use hafs_proto::RunId;
use hafs_proto::people::{TeacherRecord, Yield};

use crate::app::Core;
use crate::http::problem::ProblemResponse;

/// How far back teachers are looked at.
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What each teacher did in the last day.
pub async fn of_teachers(app: &Core) -> Result<Vec<TeacherRecord>, ProblemResponse> {
    let since = app.clock.now().minus(DAY);
    Ok(app.library.read(move |tx| records::of_teachers(tx, since)).await?)
}

/// What each generator made of each domain in a run.
pub async fn of_run(app: &Core, run: RunId) -> Result<Vec<Yield>, ProblemResponse> {
    Ok(app.library.read(move |tx| records::of_run(tx, run)).await?)
}
