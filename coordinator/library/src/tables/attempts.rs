//! Attempts and their calls: what was tried and paid, whatever came of it.

use hafs_proto::people::AttemptView;
use hafs_proto::{
    Attempt, AttemptId, CallRecord, ContentHash, Generation, MicroUsd, Reason, RunId, TaskId, Usage,
};

use super::{budget, quota};
use crate::db::{Row, Tx, Value, args, json, one, word};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str =
    "id, task, run, worker, generation, number, outcome, failure, reason, detail, at, seal";
const CALL_COLUMNS: &str = "teacher, served_model, stop, input_tokens, cached_input_tokens, output_tokens, \
     reasoning_tokens, reported, latency_ms, cost, prompt_hash, reply_hash, reply_excerpt, error, \
     request_id";
/// More than any honest call has, and small enough that sums never overflow.
const LARGEST: u64 = 1 << 40;

/// An attempt to be recorded.
#[derive(Debug, Clone)]
pub struct NewAttempt {
    /// What people see of it, with all its calls.
    pub view: AttemptView,
    /// The run of its task.
    pub run: RunId,
    /// The generation of its lease.
    pub generation: Generation,
    /// Which claim of the task it was.
    pub number: Attempt,
    /// The failure's code, if it failed.
    pub reason: Option<Reason>,
}

/// Records an attempt, its calls and what they cost.
///
/// # Errors
/// [`StoreError::Refused`] when a call claims an impossible number, [`StoreError::Constraint`] when the task
/// has an accepted attempt already and this is another one.
pub fn insert(tx: &mut dyn Tx, attempt: &NewAttempt) -> Result<(), StoreError> {
    let view = &attempt.view;
    let failure = view.failure.map(hafs_proto::task::FailureClass::word);
    let generation = i64::try_from(attempt.generation.0).map_err(StoreError::encode)?;
    let sql =
        format!("INSERT INTO attempt ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    let args = args![
        view.id,
        view.task,
        attempt.run,
        view.worker,
        generation,
        attempt.number.0,
        &view.outcome,
        failure,
        attempt.reason.map(Reason::code),
        view.detail.as_ref(),
        view.at,
        facts(attempt)?,
    ];
    tx.exec(&sql, args)?;
    for (seq, call) in view.calls.iter().enumerate() {
        let seq = u32::try_from(seq).map_err(StoreError::encode)?;
        insert_call(tx, attempt, seq, call)?;
    }
    quota::spend(tx, &view.calls, view.at)?;
    budget::spend(tx, attempt.run, view.calls.iter().map(|call| call.cost).sum())
}

/// The seal of an attempt: all of it, with its calls.
pub(crate) fn facts(attempt: &NewAttempt) -> Result<ContentHash, StoreError> {
    seal(&(&attempt.view, attempt.run, attempt.generation, attempt.number, attempt.reason))
}

fn insert_call(tx: &mut dyn Tx, attempt: &NewAttempt, seq: u32, call: &CallRecord) -> Result<(), StoreError> {
    let usage = &call.usage;
    let sql = format!(
        "INSERT INTO call (attempt, seq, run, {CALL_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, \
         ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
    );
    let error = call.error.as_ref().map(json).transpose()?;
    let args = args![
        attempt.view.id,
        seq,
        attempt.run,
        &call.teacher,
        call.served_model.as_ref(),
        word(&call.stop)?,
        plausible("input tokens", usage.input)?,
        plausible("cached tokens", usage.cached_input)?,
        plausible("output tokens", usage.output)?,
        plausible("reasoning tokens", usage.reasoning)?,
        usage.reported,
        plausible("milliseconds", call.latency_ms)?,
        plausible("micro-dollars", call.cost.0)?,
        call.prompt_hash,
        call.reply_hash,
        call.reply_excerpt.as_ref(),
        error,
        call.request_id.as_ref(),
    ];
    tx.exec(&sql, args).map(drop)
}

/// Whether the numbers of a call are ones that a call can have. [`insert`] refuses others, so a delivery is to be
/// asked about before it is stored.
///
/// # Errors
/// [`StoreError::Refused`] with the number that is too large.
pub fn check_call(call: &CallRecord) -> Result<(), StoreError> {
    let usage = &call.usage;
    plausible("input tokens", usage.input)?;
    plausible("cached tokens", usage.cached_input)?;
    plausible("output tokens", usage.output)?;
    plausible("reasoning tokens", usage.reasoning)?;
    plausible("milliseconds", call.latency_ms)?;
    plausible("micro-dollars", call.cost.0).map(drop)
}

/// One absurd number from one worker must not make every later sum overflow.
fn plausible(what: &str, number: u64) -> Result<Value, StoreError> {
    match i64::try_from(number) {
        Ok(int) if number <= LARGEST => Ok(Value::Int(int)),
        _ => Err(StoreError::refused(format!("a call claims {number} {what}, more than {LARGEST}"))),
    }
}

/// An attempt with its calls.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: AttemptId) -> Result<AttemptView, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM attempt WHERE id = ?1"), args![id])?;
    read(tx, &row.ok_or_else(|| StoreError::missing("attempt", id))?).map(|attempt| attempt.view)
}

/// The attempts of a task, oldest first, at most a thousand.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_task(tx: &mut dyn Tx, task: TaskId) -> Result<Vec<AttemptView>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM attempt WHERE task = ?1 ORDER BY id LIMIT 1000");
    let rows = tx.query(&sql, args![task])?;
    rows.iter().map(|row| read(tx, row).map(|attempt| attempt.view)).collect()
}

/// Reads an attempt from its row, and its calls.
pub(crate) fn read(tx: &mut dyn Tx, row: &Row) -> Result<NewAttempt, StoreError> {
    let view = AttemptView {
        id: row.get("id")?,
        task: row.get("task")?,
        worker: row.get("worker")?,
        outcome: row.get("outcome")?,
        failure: row.get::<Option<String>>("failure")?.map(|_| row.word("failure")).transpose()?,
        detail: row.get("detail")?,
        calls: calls(tx, row.get("id")?)?,
        at: row.get("at")?,
    };
    Ok(NewAttempt {
        view,
        run: row.get("run")?,
        generation: Generation(row.get("generation")?),
        number: Attempt(row.get("number")?),
        reason: row.get("reason")?,
    })
}

/// The calls of an attempt, in order.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn calls(tx: &mut dyn Tx, attempt: AttemptId) -> Result<Vec<CallRecord>, StoreError> {
    let sql = format!("SELECT {CALL_COLUMNS} FROM call WHERE attempt = ?1 ORDER BY seq");
    tx.query(&sql, args![attempt])?.iter().map(call).collect()
}

fn call(row: &Row) -> Result<CallRecord, StoreError> {
    Ok(CallRecord {
        teacher: row.get("teacher")?,
        served_model: row.get("served_model")?,
        request_id: row.get("request_id")?,
        stop: row.word("stop")?,
        usage: Usage {
            input: row.get("input_tokens")?,
            cached_input: row.get("cached_input_tokens")?,
            output: row.get("output_tokens")?,
            reasoning: row.get("reasoning_tokens")?,
            reported: row.get("reported")?,
        },
        latency_ms: row.get("latency_ms")?,
        cost: row.get::<MicroUsd>("cost")?,
        prompt_hash: row.get("prompt_hash")?,
        reply_hash: row.get("reply_hash")?,
        reply_excerpt: row.get("reply_excerpt")?,
        error: row.get::<Option<String>>("error")?.map(|_| row.json("error")).transpose()?,
    })
}
