//! In which lane a run's teachers are asked.

use hafs_domain::lane;
use hafs_library::tables::quota;
use hafs_library::{StoreError, Tx};
use hafs_proto::task::Lane;
use hafs_proto::{Run, TeacherName};

use super::books::heard_since;
use crate::app::Core;

/// The lane for a task that is planned now, by the terms of a worker that is here and hands in batches.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn lane(tx: &mut dyn Tx, app: &Core, run: &Run, teacher: &TeacherName) -> Result<Lane, StoreError> {
    if run.spec.batch.is_never() {
        return Ok(Lane::Now);
    }
    let now = app.clock.now();
    let told = quota::all_terms(tx, heard_since(app, now))?;
    let terms = told.iter().find(|terms| terms.teacher == *teacher && terms.batch.is_some());
    Ok(lane::choose(&run.spec, now.since(run.created_at), terms))
}
