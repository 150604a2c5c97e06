//! How a task moves between its states. Every queue backend goes through these functions, so the diagram in
//! `ARCHITECTURE.md` holds wherever a task is kept.
//!
//! ```text
//! ready --claim--> leased --complete--> done      leased --fail, reap--> ready (later) | dead
//! ready --adopt--> leased                         leased --renew--> leased    leased --release--> ready
//! ready, leased --cancel--> cancelled             ready --complete--> done (a late result is as good)
//! ```

use std::time::Duration;

use hafs_proto::{Attempt, Generation, TaskState, Timestamp, WorkerId};
use thiserror::Error;

use crate::retry::AfterFailure;

/// Who holds a lease, and under which fencing pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The worker.
    pub worker: WorkerId,
    /// In which life of the queue.
    pub generation: Generation,
    /// The n-th claim of the task.
    pub attempt: Attempt,
}

/// Why a task cannot make a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoveError {
    /// It is done, dead or cancelled; nothing moves it any more.
    #[error("the task is {state}: it needs nothing any more")]
    Closed {
        /// The state's word.
        state: &'static str,
    },
    /// It waits for its backoff.
    #[error("the task is not handed out before {not_before}")]
    NotDue {
        /// When it will be.
        not_before: Timestamp,
    },
    /// Another lease stands in the way.
    #[error("the task is leased to {} as attempt {} of generation {}", .0.worker, .0.attempt.0, .0.generation.0)]
    Held(Holder),
    /// No lease is there to act on.
    #[error("the task is not leased: its lease ran out, failed or was given back")]
    NotLeased,
    /// The lease still runs.
    #[error("the lease runs until {expires_at}")]
    NotExpired {
        /// Until when.
        expires_at: Timestamp,
    },
    /// Only a lease of an earlier life of the queue can be adopted.
    #[error("the lease is of generation {}, and only one older than {} can be adopted", .held.0, .current.0)]
    NotOlder {
        /// The lease's generation.
        held: Generation,
        /// The queue's.
        current: Generation,
    },
}

/// A ready task that is due goes to `holder` until `now + lease`.
///
/// # Errors
/// [`MoveError`] when it is not due, held or closed.
pub fn claim(
    state: &TaskState,
    holder: Holder,
    lease: Duration,
    now: Timestamp,
) -> Result<TaskState, MoveError> {
    match state {
        TaskState::Ready { not_before } if *not_before <= now => Ok(leased(holder, lease, now)),
        TaskState::Ready { not_before } => Err(MoveError::NotDue { not_before: *not_before }),
        TaskState::Leased { .. }
        | TaskState::Done { .. }
        | TaskState::Dead { .. }
        | TaskState::Cancelled { .. } => Err(refusal(state)),
    }
}

/// A task that nobody holds goes, due or not, to a worker that proves a lease of the older generation `held`:
/// it is at work on it already, and another worker would be paid for the same.
///
/// # Errors
/// [`MoveError`] when it is held or closed, or the proof is not of an older generation.
pub fn adopt(
    state: &TaskState,
    held: Generation,
    holder: Holder,
    lease: Duration,
    now: Timestamp,
) -> Result<TaskState, MoveError> {
    match state {
        TaskState::Ready { .. } if held < holder.generation => Ok(leased(holder, lease, now)),
        TaskState::Ready { .. } => Err(MoveError::NotOlder { held, current: holder.generation }),
        TaskState::Leased { .. }
        | TaskState::Done { .. }
        | TaskState::Dead { .. }
        | TaskState::Cancelled { .. } => Err(refusal(state)),
    }
}

/// Extends a lease to `now + lease` (never `expiry + lease`, so a worker cannot bank time). A lease that ran
/// out but was not reaped yet is still its holder's.
///
/// # Errors
/// [`MoveError`] unless `by` is the current holder.
pub fn renew(state: &TaskState, by: Holder, lease: Duration, now: Timestamp) -> Result<TaskState, MoveError> {
    held_by(state, by).map(|()| leased(by, lease, now))
}

/// An open task has its result: from whichever worker, under whichever lease, for the library has taken it.
///
/// # Errors
/// [`MoveError::Closed`] when it was closed before.
pub fn complete(state: &TaskState, now: Timestamp) -> Result<TaskState, MoveError> {
    open(state).map(|()| TaskState::Done { at: now })
}

/// The holder reports a failure; the retry rule has said what follows.
///
/// # Errors
/// [`MoveError`] unless `by` is the current holder.
pub fn fail(
    state: &TaskState,
    by: Holder,
    after: &AfterFailure,
    now: Timestamp,
) -> Result<TaskState, MoveError> {
    held_by(state, by).map(|()| follow(after, now))
}

/// The holder hands the task back unharmed.
///
/// # Errors
/// [`MoveError`] unless `by` is the current holder.
pub fn release(state: &TaskState, by: Holder, now: Timestamp) -> Result<TaskState, MoveError> {
    held_by(state, by).map(|()| TaskState::Ready { not_before: now })
}

/// An open task is called off.
///
/// # Errors
/// [`MoveError::Closed`] when it was closed before.
pub fn cancel(state: &TaskState, now: Timestamp) -> Result<TaskState, MoveError> {
    open(state).map(|()| TaskState::Cancelled { at: now })
}

/// A lease that ran out is taken back; the retry rule has said what follows.
///
/// # Errors
/// [`MoveError`] when there is no lease or it still runs.
pub fn reap(state: &TaskState, after: &AfterFailure, now: Timestamp) -> Result<TaskState, MoveError> {
    match state {
        TaskState::Leased { expires_at, .. } if *expires_at <= now => Ok(follow(after, now)),
        TaskState::Leased { expires_at, .. } => Err(MoveError::NotExpired { expires_at: *expires_at }),
        TaskState::Ready { .. }
        | TaskState::Done { .. }
        | TaskState::Dead { .. }
        | TaskState::Cancelled { .. } => Err(refusal(state)),
    }
}

/// Who holds a task, if anyone does.
#[must_use]
pub const fn holder(state: &TaskState) -> Option<Holder> {
    match state {
        TaskState::Leased { worker, generation, attempt, .. } => {
            Some(Holder { worker: *worker, generation: *generation, attempt: *attempt })
        }
        TaskState::Ready { .. }
        | TaskState::Done { .. }
        | TaskState::Dead { .. }
        | TaskState::Cancelled { .. } => None,
    }
}

fn leased(holder: Holder, lease: Duration, now: Timestamp) -> TaskState {
    let Holder { worker, generation, attempt } = holder;
    TaskState::Leased { worker, generation, attempt, expires_at: now.plus(lease) }
}

fn follow(after: &AfterFailure, now: Timestamp) -> TaskState {
    match after {
        AfterFailure::Retry { not_before, .. } => TaskState::Ready { not_before: *not_before },
        AfterFailure::Dead { reason, .. } => TaskState::Dead { at: now, reason: reason.clone() },
    }
}

fn held_by(state: &TaskState, by: Holder) -> Result<(), MoveError> {
    if holder(state) == Some(by) { Ok(()) } else { Err(refusal(state)) }
}

fn open(state: &TaskState) -> Result<(), MoveError> {
    match state {
        TaskState::Ready { .. } | TaskState::Leased { .. } => Ok(()),
        TaskState::Done { .. } | TaskState::Dead { .. } | TaskState::Cancelled { .. } => Err(refusal(state)),
    }
}

/// Why a state stands in the way of a move that it does not allow.
const fn refusal(state: &TaskState) -> MoveError {
    match (state, holder(state)) {
        (_, Some(holder)) => MoveError::Held(holder),
        (TaskState::Ready { .. } | TaskState::Leased { .. }, None) => MoveError::NotLeased,
        (TaskState::Done { .. } | TaskState::Dead { .. } | TaskState::Cancelled { .. }, None) => {
            MoveError::Closed { state: state.word() }
        }
    }
}
