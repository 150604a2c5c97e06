//! Limits and money of teachers: the state of what may be asked, what is held back for tasks that are handed out, and
//! what providers cost each day.

use hafs_proto::{
    CallRecord, KeyName, MicroUsd, RunId, TaskId, TeacherName, TeacherTerms, Timestamp, WorkerId,
};

use crate::db::{Row, Tx, args, json, one, scalar};
use crate::error::StoreError;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// More than any honest task holds, and small enough that sums never overflow, whatever prices a worker tells.
const LARGEST: u64 = 1 << 40;

/// A teacher with one key.
pub type Account = (TeacherName, KeyName);

/// What is held back for a task that is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The task.
    pub task: TaskId,
    /// Its run.
    pub run: RunId,
    /// The teacher that it asks.
    pub teacher: TeacherName,
    /// With which key.
    pub key: KeyName,
    /// Prompt tokens.
    pub input_tokens: u64,
    /// Generated tokens.
    pub output_tokens: u64,
    /// Money.
    pub amount: MicroUsd,
    /// Since when.
    pub at: Timestamp,
}

/// The state of a teacher with one key, as it was last put; nothing if it never was.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn state(
    tx: &mut dyn Tx,
    (teacher, key): (&TeacherName, &KeyName),
) -> Result<Option<String>, StoreError> {
    let row = one(tx, "SELECT state FROM quota WHERE teacher = ?1 AND key = ?2", args![teacher, key])?;
    row.map(|row| row.get("state")).transpose()
}

/// Puts the state of a teacher with one key.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn put_state(
    tx: &mut dyn Tx,
    (teacher, key): (&TeacherName, &KeyName),
    state: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE quota SET state = ?3, at = ?4 WHERE teacher = ?1 AND key = ?2";
    if tx.exec(sql, args![teacher, key, state, at])? == 0 {
        let sql = "INSERT INTO quota (teacher, key, state, at) VALUES (?1, ?2, ?3, ?4)";
        tx.exec(sql, args![teacher, key, state, at])?;
    }
    Ok(())
}

/// Every teacher with each of its keys, and its state. A factory has few.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<(Account, String)>, StoreError> {
    let rows = tx.query("SELECT teacher, key, state FROM quota ORDER BY teacher, key LIMIT 10000", &[])?;
    let read = |row: &Row| Ok(((row.get("teacher")?, row.get("key")?), row.get("state")?));
    rows.iter().map(read).collect()
}

/// A worker has told on which terms its teachers can be used. They take the place of those that it told before.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn tell(tx: &mut dyn Tx, worker: WorkerId, terms: &[TeacherTerms]) -> Result<(), StoreError> {
    forget(tx, worker)?;
    let sql = "INSERT INTO worker_terms (worker, terms) VALUES (?1, ?2)";
    tx.exec(sql, args![worker, json(&terms)?]).map(drop)
}

/// A worker begins anew and has told nothing yet.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn forget(tx: &mut dyn Tx, worker: WorkerId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM worker_terms WHERE worker = ?1", args![worker]).map(drop)
}

/// On which terms a worker's teachers can be used; empty for one that has not told them.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn terms(tx: &mut dyn Tx, worker: WorkerId) -> Result<Vec<TeacherTerms>, StoreError> {
    let row = one(tx, "SELECT terms FROM worker_terms WHERE worker = ?1", args![worker])?;
    row.map_or_else(|| Ok(Vec::new()), |row| row.json("terms"))
}

/// What all workers have told of which something was heard since then.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn all_terms(tx: &mut dyn Tx, since: Timestamp) -> Result<Vec<TeacherTerms>, StoreError> {
    let sql = "SELECT t.terms FROM worker_terms t JOIN worker w ON w.id = t.worker \
               WHERE w.revoked_at IS NULL AND w.seen_at >= ?1 ORDER BY t.worker LIMIT 10000";
    let mut all: Vec<TeacherTerms> = Vec::new();
    for row in tx.query(sql, args![since])? {
        all.extend(row.json::<Vec<TeacherTerms>>("terms")?);
    }
    Ok(all)
}

/// Whether something is held back for one of these tasks.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn holds_any(tx: &mut dyn Tx, tasks: &[TaskId]) -> Result<bool, StoreError> {
    for task in tasks {
        if scalar::<u64>(tx, "SELECT COUNT(*) AS n FROM quota_hold WHERE task = ?1", args![*task])? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The states of a teacher with each of its keys.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn states_of(tx: &mut dyn Tx, teacher: &TeacherName) -> Result<Vec<(KeyName, String)>, StoreError> {
    let rows =
        tx.query("SELECT key, state FROM quota WHERE teacher = ?1 ORDER BY key LIMIT 1000", args![teacher])?;
    rows.iter().map(|row| Ok((row.get("key")?, row.get("state")?))).collect()
}

/// Holds something back for a task, in the place of what was held for it before.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn hold(tx: &mut dyn Tx, hold: &Hold) -> Result<(), StoreError> {
    tx.exec("DELETE FROM quota_hold WHERE task = ?1", args![hold.task])?;
    let sql = "INSERT INTO quota_hold \
               (task, run, teacher, key, provider, input_tokens, output_tokens, amount, at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let tokens = |count: u64| i64::try_from(count.min(LARGEST)).unwrap_or(i64::MAX);
    let args = args![
        hold.task,
        hold.run,
        &hold.teacher,
        &hold.key,
        hold.teacher.provider(),
        tokens(hold.input_tokens),
        tokens(hold.output_tokens),
        hold.amount.min(MicroUsd(LARGEST)),
        hold.at,
    ];
    tx.exec(sql, args).map(drop)
}

/// Takes away what is held back for a task, and returns it.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn take_hold(tx: &mut dyn Tx, task: TaskId) -> Result<Option<Hold>, StoreError> {
    let sql = "SELECT task, run, teacher, key, input_tokens, output_tokens, amount, at FROM quota_hold WHERE task = ?1";
    let Some(row) = one(tx, sql, args![task])? else { return Ok(None) };
    tx.exec("DELETE FROM quota_hold WHERE task = ?1", args![task])?;
    Ok(Some(Hold {
        task: row.get("task")?,
        run: row.get("run")?,
        teacher: row.get("teacher")?,
        key: row.get("key")?,
        input_tokens: row.get("input_tokens")?,
        output_tokens: row.get("output_tokens")?,
        amount: row.get("amount")?,
        at: row.get("at")?,
    }))
}

/// Takes away what was held back before `before` for tasks that are closed: nobody has said what became of them, and
/// nobody will. Returns for how many.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn drop_closed(tx: &mut dyn Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql =
        "DELETE FROM quota_hold WHERE at < ?1 AND task NOT IN (SELECT id FROM task WHERE state = 'open')";
    tx.exec(sql, args![before])
}

/// Tasks that are handed out and ask a teacher with one key.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn in_flight(tx: &mut dyn Tx, (teacher, key): (&TeacherName, &KeyName)) -> Result<u64, StoreError> {
    scalar(tx, "SELECT COUNT(*) AS n FROM quota_hold WHERE teacher = ?1 AND key = ?2", args![teacher, key])
}

/// Money that is held back for a run's tasks that are handed out, and their number.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn held_for_run(tx: &mut dyn Tx, run: RunId) -> Result<(MicroUsd, u64), StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount, COUNT(*) AS n FROM quota_hold WHERE run = ?1";
    amount_and_count(one(tx, sql, args![run])?)
}

/// Money that is held back for tasks that are handed out and ask a provider, and their number.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn held_for_provider(tx: &mut dyn Tx, provider: &str) -> Result<(MicroUsd, u64), StoreError> {
    let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount, COUNT(*) AS n FROM quota_hold WHERE provider = ?1";
    amount_and_count(one(tx, sql, args![provider])?)
}

fn amount_and_count(row: Option<Row>) -> Result<(MicroUsd, u64), StoreError> {
    row.map_or(Ok((MicroUsd::ZERO, 0)), |row| Ok((row.get("amount")?, row.get("n")?)))
}

/// What a provider's calls cost on the day of `at`.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn spent_on_day(tx: &mut dyn Tx, provider: &str, at: Timestamp) -> Result<MicroUsd, StoreError> {
    let sql = "SELECT spent FROM spending WHERE provider = ?1 AND day = ?2";
    let row = one(tx, sql, args![provider, day(at)])?;
    row.map_or(Ok(MicroUsd::ZERO), |row| row.get("spent"))
}

/// Adds what calls have cost to the day of `at`.
pub(crate) fn spend(tx: &mut dyn Tx, calls: &[CallRecord], at: Timestamp) -> Result<(), StoreError> {
    for call in calls.iter().filter(|call| call.cost > MicroUsd::ZERO) {
        let provider = call.teacher.provider();
        let sql = "UPDATE spending SET spent = spent + ?3 WHERE provider = ?1 AND day = ?2";
        if tx.exec(sql, args![provider, day(at), call.cost])? == 0 {
            let sql = "INSERT INTO spending (provider, day, spent) VALUES (?1, ?2, ?3)";
            tx.exec(sql, args![provider, day(at), call.cost])?;
        }
    }
    Ok(())
}

const fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

/// What calls to one teacher used on the average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Averages {
    /// Calls that are averaged.
    pub calls: u64,
    /// Prompt tokens of one call.
    pub input_tokens: u64,
    /// Of these, read from a cache.
    pub cached_tokens: u64,
    /// Generated tokens of one call.
    pub output_tokens: u64,
}

/// The averages of a teacher's calls for tasks of one kind; nothing where there are none that reported their tokens.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn averages(
    tx: &mut dyn Tx,
    teacher: &TeacherName,
    kind: hafs_proto::TaskKind,
) -> Result<Option<Averages>, StoreError> {
    let sql = "SELECT COUNT(*) AS calls, \
               CAST(COALESCE(SUM(c.input_tokens), 0) AS BIGINT) AS input, \
               CAST(COALESCE(SUM(c.cached_input_tokens), 0) AS BIGINT) AS cached, \
               CAST(COALESCE(SUM(c.output_tokens), 0) AS BIGINT) AS output \
               FROM call c JOIN attempt a ON a.id = c.attempt JOIN task t ON t.id = a.task \
               WHERE c.teacher = ?1 AND t.kind = ?2 AND c.reported = 1 AND c.output_tokens > 0";
    let Some(row) = one(tx, sql, args![teacher, kind.word()])? else { return Ok(None) };
    let calls: u64 = row.get("calls")?;
    let mean = |sum: u64| sum.div_ceil(calls.max(1));
    Ok((calls > 0).then_some(Averages {
        calls,
        input_tokens: mean(row.get("input")?),
        cached_tokens: mean(row.get("cached")?),
        output_tokens: mean(row.get("output")?),
    }))
}

/// What generating and judging came to, over the whole library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Yield {
    /// Samples made.
    pub made: u64,
    /// Of these, accepted.
    pub accepted: u64,
    /// Verdicts given.
    pub verdicts: u64,
    /// Calls that generated.
    pub generate_calls: u64,
}

/// What came of all samples that are decided.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn of_library(tx: &mut dyn Tx) -> Result<Yield, StoreError> {
    let made = "SELECT COUNT(*) AS n FROM sample WHERE state <> 'candidate'";
    let accepted = "SELECT COUNT(*) AS n FROM sample WHERE state = 'accepted'";
    let calls = "SELECT COUNT(*) AS n FROM call c JOIN attempt a ON a.id = c.attempt JOIN task t ON t.id = a.task \
                 WHERE t.kind = 'generate'";
    Ok(Yield {
        made: scalar(tx, made, &[])?,
        accepted: scalar(tx, accepted, &[])?,
        verdicts: scalar(tx, "SELECT COUNT(*) AS n FROM verdict", &[])?,
        generate_calls: scalar(tx, calls, &[])?,
    })
}

/// Whether a run has tasks that were given up because its budget is spent.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn is_stopped(tx: &mut dyn Tx, run: RunId) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM task WHERE run = ?1 AND state = 'dead' AND dead_reason = ?2";
    let stopped: u64 = scalar(tx, sql, args![run, hafs_proto::Reason::Budget.code()])?;
    Ok(stopped > 0)
}
