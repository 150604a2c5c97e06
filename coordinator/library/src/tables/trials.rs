//! Calls by which workers tried their teachers: they were paid, and are counted once however often they are told.

use hafs_proto::worker::TeacherFacts;
use hafs_proto::{Timestamp, WorkerId};

use super::quota;
use crate::db::{Tx, args};
use crate::error::StoreError;

/// Notes the trials that a worker tells. Those that it had not told before are counted as spent today.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn tell(
    tx: &mut dyn Tx,
    worker: WorkerId,
    teachers: &[TeacherFacts],
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO teacher_trial (worker, teacher, tried_at, told_at) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (worker, teacher, tried_at) DO NOTHING";
    let mut fresh = Vec::new();
    for trial in teachers.iter().filter_map(|facts| facts.trial.as_ref()) {
        if tx.exec(sql, args![worker, &trial.call.teacher, trial.at, at])? == 1 {
            fresh.push(trial.call.clone());
        }
    }
    quota::spend(tx, &fresh, at)
}
