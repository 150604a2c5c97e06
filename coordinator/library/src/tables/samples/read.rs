//! Samples, read back.

use hafs_proto::people::Page;
use hafs_proto::sample::{Lineage, TemplateRef};
use hafs_proto::{
    Domain, GeneratorName, Reason, RunId, Sample, SampleId, SampleState, SeedId, Tag, TeacherName,
};

use crate::db::{Filter, Row, Tx, args, one};
use crate::error::StoreError;
use crate::tables::PageRequest;

pub(crate) const COLUMNS: &str = "id, run, task, slot, attempt, worker, seed, parent, generator, template_name, \
     template_version, template_hash, teacher, served_model, prompt_hash, group_key, domain, content_hash, canon_hash, \
     created_at, state, decided_at, quarantine_why, instruction, input, output, seal";

/// Samples that one page looks for a text in, but one.
const SEARCHED: u32 = 19_999;

/// Which samples to list.
#[derive(Debug, Clone, Default)]
pub struct SampleFilter {
    /// In this state, by its word.
    pub state: Option<String>,
    /// Of this domain.
    pub domain: Option<Domain>,
    /// Of this run.
    pub run: Option<RunId>,
    /// From this generator.
    pub generator: Option<GeneratorName>,
    /// Rejected for this reason, whether it was the first or not.
    pub reason: Option<Reason>,
    /// Written by this teacher.
    pub teacher: Option<TeacherName>,
    /// Marked with this tag.
    pub tag: Option<Tag>,
    /// With this text in one of its three; letters from A to Z in either case.
    pub text: Option<String>,
}

/// A sample.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: SampleId) -> Result<Sample, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM sample WHERE id = ?1"), args![id])?;
    sample(tx, &row.ok_or_else(|| StoreError::missing("sample", id))?)
}

/// The samples of a seed, oldest first.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_seed(tx: &mut dyn Tx, seed: SeedId, limit: u32) -> Result<Vec<Sample>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sample WHERE seed = ?1 ORDER BY id LIMIT ?2");
    let rows = tx.query(&sql, args![seed, limit])?;
    rows.iter().map(|row| sample(tx, row)).collect()
}

/// One page of samples, newest first.
///
/// # Errors
/// [`StoreError::Refused`] when the cursor is not one of this list.
pub fn page(tx: &mut dyn Tx, wanted: &SampleFilter, page: &PageRequest) -> Result<Page<Sample>, StoreError> {
    let mut filter = Filter::default();
    filter.and_if("state = ?", wanted.state.as_deref());
    filter.and_if("domain = ?", wanted.domain.as_ref());
    filter.and_if("run = ?", wanted.run);
    filter.and_if("generator = ?", wanted.generator.as_ref());
    let with_reason = "EXISTS (SELECT 1 FROM sample_reason r WHERE r.sample = sample.id AND r.reason = ?) AND state = 'rejected'";
    filter.and_if(with_reason, wanted.reason.map(Reason::code));
    filter.and_if("teacher = ?", wanted.teacher.as_ref());
    filter.and_if("id IN (SELECT sample FROM sample_tag WHERE tag = ?)", wanted.tag.as_ref());
    page.apply::<SampleId>(&mut filter, "id")?;
    let end = match &wanted.text {
        Some(text) => search(tx, &mut filter, text)?,
        None => None,
    };
    let sql = format!("SELECT {COLUMNS} FROM sample{}{}", filter.clause(), page.tail("id"));
    let rows = tx.query(&sql, filter.args())?;
    let samples = rows.iter().map(|row| sample(tx, row)).collect::<Result<Vec<_>, _>>()?;
    let page = page.cut(samples, |sample| sample.id);
    let next_cursor = page.next_cursor.or_else(|| end.map(|id| id.to_string()));
    Ok(Page { items: page.items, next_cursor })
}

/// Adds the condition that a text is in a sample. No index helps with that, so one page searches so many samples and no
/// more; returns the last of them if there are others behind it.
fn search(tx: &mut dyn Tx, filter: &mut Filter, text: &str) -> Result<Option<SampleId>, StoreError> {
    let sql = format!("SELECT id FROM sample{} ORDER BY id DESC LIMIT 1 OFFSET {SEARCHED}", filter.clause());
    let end: Option<SampleId> = one(tx, &sql, filter.args())?.map(|row| row.get("id")).transpose()?;
    filter.and_if("id >= ?", end);
    let condition = ["instruction", "input", "output"]
        .map(|column| format!("LOWER({column}) LIKE LOWER(?) ESCAPE '\\'"))
        .join(" OR ");
    filter.and(&format!("({condition})"), format!("%{}%", literal(text)));
    Ok(end)
}

/// A text as a pattern that means itself.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Candidates that nothing under way will decide: no judge or check task of theirs is open. Oldest first. Those of
/// runs that have ended are left out: asking another judge about them would cost what nobody wants to pay any more.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn awaiting(tx: &mut dyn Tx, limit: u32) -> Result<Vec<SampleId>, StoreError> {
    let sql = "SELECT id FROM sample WHERE state = 'candidate' AND NOT EXISTS (SELECT 1 FROM task \
               WHERE task.sample = sample.id AND task.kind IN ('judge', 'check') AND task.state = 'open') \
               AND run IN (SELECT id FROM run WHERE state IN ('running', 'paused')) ORDER BY id LIMIT ?1";
    tx.query(sql, args![limit])?.iter().map(|row| row.get("id")).collect()
}

/// Reads a sample from its row; a rejected one needs its reasons.
pub(crate) fn sample(tx: &mut dyn Tx, row: &Row) -> Result<Sample, StoreError> {
    Ok(Sample {
        id: row.get("id")?,
        domain: row.get("domain")?,
        instruction: row.get("instruction")?,
        input: row.get("input")?,
        output: row.get("output")?,
        content_hash: row.get("content_hash")?,
        canon_hash: row.get("canon_hash")?,
        lineage: lineage(row)?,
        created_at: row.get("created_at")?,
        state: state(tx, row)?,
    })
}

fn lineage(row: &Row) -> Result<Lineage, StoreError> {
    let template = TemplateRef {
        name: row.get("template_name")?,
        version: row.get("template_version")?,
        hash: row.get("template_hash")?,
    };
    Ok(Lineage {
        run: row.get("run")?,
        task: row.get("task")?,
        slot: row.get("slot")?,
        attempt: row.get("attempt")?,
        worker: row.get("worker")?,
        seed: row.get("seed")?,
        parent: row.get("parent")?,
        generator: row.get("generator")?,
        template,
        teacher: row.get("teacher")?,
        served_model: row.get("served_model")?,
        prompt_hash: row.get("prompt_hash")?,
        group: row.get("group_key")?,
    })
}

fn state(tx: &mut dyn Tx, row: &Row) -> Result<SampleState, StoreError> {
    match row.get::<String>("state")?.as_str() {
        "candidate" => Ok(SampleState::Candidate),
        "accepted" => Ok(SampleState::Accepted { at: row.get("decided_at")? }),
        "rejected" => {
            Ok(SampleState::Rejected { at: row.get("decided_at")?, reasons: reasons(tx, row.get("id")?)? })
        }
        "quarantined" => {
            Ok(SampleState::Quarantined { at: row.get("decided_at")?, why: row.get("quarantine_why")? })
        }
        _ => Err(row.error("state", "expected `candidate`, `accepted`, `rejected` or `quarantined`")),
    }
}

fn reasons(tx: &mut dyn Tx, sample: SampleId) -> Result<Vec<Reason>, StoreError> {
    let sql = "SELECT reason FROM sample_reason WHERE sample = ?1 ORDER BY position";
    tx.query(sql, args![sample])?.iter().map(|row| row.get("reason")).collect()
}
