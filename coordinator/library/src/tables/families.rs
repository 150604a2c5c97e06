//! The families of teachers' models, as workers told them.

use std::collections::BTreeMap;

use hafs_proto::worker::TeacherFacts;
use hafs_proto::{TeacherName, Timestamp, WorkerId};

use crate::db::{Tx, args};
use crate::error::StoreError;

/// Notes the families that a worker tells. Of what two workers say the later counts.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn tell(
    tx: &mut dyn Tx,
    worker: WorkerId,
    teachers: &[TeacherFacts],
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO teacher_family (teacher, family, told_by, told_at) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (teacher) DO UPDATE SET family = excluded.family, told_by = excluded.told_by, \
               told_at = excluded.told_at WHERE teacher_family.family <> excluded.family";
    for facts in teachers {
        if let Some(family) = &facts.family {
            tx.exec(sql, args![&facts.teacher, family, worker, at])?;
        }
    }
    Ok(())
}

/// Those of these teachers whose family somebody has told.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of<'a>(
    tx: &mut dyn Tx,
    teachers: impl IntoIterator<Item = &'a TeacherName>,
) -> Result<BTreeMap<TeacherName, String>, StoreError> {
    let mut families = BTreeMap::new();
    for teacher in teachers {
        let found =
            crate::db::one(tx, "SELECT family FROM teacher_family WHERE teacher = ?1", args![teacher])?;
        if let Some(row) = found {
            families.insert(teacher.clone(), row.get("family")?);
        }
    }
    Ok(families)
}
