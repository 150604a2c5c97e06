//! Storing samples and setting them aside. Accepting and rejecting is the business of `decisions`.

use hafs_proto::{BoundedText, ContentHash, Sample, SampleId, SampleState, TaskId, Timestamp};

use crate::db::{Tx, args, scalar};
use crate::error::StoreError;
use crate::seal::seal;

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    New,
    /// Its slot of the task is taken: nothing changed.
    SlotTaken,
}

/// Stores a candidate, unless its `(task, slot)` is taken.
///
/// # Errors
/// [`StoreError::Refused`] when it is no candidate or its content hash is not that of its texts,
/// [`StoreError::Constraint`] when a link of its lineage is not in the library.
pub fn insert(tx: &mut dyn Tx, sample: &Sample) -> Result<Stored, StoreError> {
    if sample.state != SampleState::Candidate {
        return Err(StoreError::refused(format!(
            "sample {} is not new: it is {}",
            sample.id,
            sample.state.word()
        )));
    }
    let texts = hafs_proto::sample::content_hash(&sample.instruction, &sample.input, &sample.output);
    if texts != sample.content_hash {
        return Err(StoreError::refused(format!(
            "the content hash of sample {} is not that of its texts",
            sample.id
        )));
    }
    let sql = "INSERT INTO sample (id, run, task, slot, attempt, worker, seed, parent, generator, template_name, \
               template_version, template_hash, teacher, served_model, prompt_hash, group_key, domain, content_hash, \
               canon_hash, created_at, state, instruction, input, output, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, \
               ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, 'candidate', ?21, ?22, ?23, ?24) \
               ON CONFLICT (task, slot) DO NOTHING";
    let from = &sample.lineage;
    let args = args![
        sample.id,
        from.run,
        from.task,
        from.slot,
        from.attempt,
        from.worker,
        from.seed,
        from.parent,
        &from.generator,
        &from.template.name,
        from.template.version,
        from.template.hash,
        &from.teacher,
        from.served_model.as_ref(),
        from.prompt_hash,
        &from.group,
        &sample.domain,
        sample.content_hash,
        sample.canon_hash,
        sample.created_at,
        &sample.instruction,
        &sample.input,
        &sample.output,
        facts(sample)?,
    ];
    Ok(if tx.exec(sql, args)? == 1 { Stored::New } else { Stored::SlotTaken })
}

/// The place after the last of a task's samples.
///
/// # Errors
/// [`StoreError::Refused`] when there is none left.
pub fn free_slot(tx: &mut dyn Tx, task: TaskId) -> Result<u16, StoreError> {
    let next: u32 =
        scalar(tx, "SELECT COALESCE(MAX(slot), -1) + 1 AS n FROM sample WHERE task = ?1", args![task])?;
    u16::try_from(next)
        .map_err(|_| StoreError::refused(format!("{task} has as many samples as a task can have")))
}

/// The seal of what never changes in a sample.
pub(crate) fn facts(sample: &Sample) -> Result<ContentHash, StoreError> {
    let texts = (&sample.instruction, &sample.input, &sample.output);
    let hashes = (sample.content_hash, sample.canon_hash);
    seal(&(sample.id, &sample.domain, texts, hashes, &sample.lineage, sample.created_at))
}

/// Opens the question of a sample again, whatever was decided about it.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such sample.
pub fn reopen(tx: &mut dyn Tx, id: SampleId) -> Result<(), StoreError> {
    let sql = "UPDATE sample SET state = 'candidate', decided_at = NULL, quarantine_why = NULL WHERE id = ?1";
    if tx.exec(sql, args![id])? == 0 {
        return Err(StoreError::missing("sample", id));
    }
    tx.exec("DELETE FROM sample_reason WHERE sample = ?1", args![id]).map(drop)
}

/// Sets a sample aside, whatever was decided about it.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such sample.
pub fn quarantine(
    tx: &mut dyn Tx,
    id: SampleId,
    why: &BoundedText<1024>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE sample SET state = 'quarantined', decided_at = ?2, quarantine_why = ?3 WHERE id = ?1";
    match tx.exec(sql, args![id, at, why])? {
        0 => Err(StoreError::missing("sample", id)),
        _ => Ok(()),
    }
}
