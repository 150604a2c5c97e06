//! How far workers are believed: what was seen of them goes through the rule, and a change of state stands in the
//! library together with its audit entry.

use hafs_domain::trust::{self, Change, Move, Observation, Rules, Standing};
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::trust::{self as table, StoredTrust};
use hafs_library::tables::{claims, workers};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::SetTrust;
use hafs_proto::{
    BoundedText, Check, CredentialId, Problem, ProblemType, Sample, Timestamp, TrustState, Verdict, WorkerId,
};

use super::effects::Effects;
use crate::app::Core;
use crate::http::problem::ProblemResponse;

/// The rule of this factory.
const RULES: Rules = Rules::CAUTIOUS;
/// Why a worker that nobody has seen at work is new.
const JOINED: &str = "it has joined";
/// Why the worker of `hafs-factory run` is believed.
const OWN: &str = "it runs in the coordinator's own process";

/// Notes by which token a worker has joined. One in the coordinator's own process is trusted from the start.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn introduce(
    tx: &mut dyn Tx,
    worker: WorkerId,
    (token, own): (CredentialId, bool),
    now: Timestamp,
) -> Result<(), StoreError> {
    let (state, why) = if own { (TrustState::Trusted, OWN) } else { (TrustState::New, JOINED) };
    let trust = StoredTrust {
        state,
        since: now,
        why: BoundedText::clipped(why),
        confirmed: 0,
        forged: 0,
        invalid: 0,
        invited_by: Some(token),
    };
    table::put(tx, worker, &trust)
}

/// The state of a worker.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn state(tx: &mut dyn Tx, worker: WorkerId) -> Result<TrustState, StoreError> {
    Ok(table::get(tx, worker)?.map_or(TrustState::New, |trust| trust.state))
}

/// What is noted of a worker; of one that is older than these notes, that it is new.
fn noted(tx: &mut dyn Tx, worker: WorkerId) -> Result<(StoredTrust, Standing), StoreError> {
    let joined_at = workers::get(tx, worker)?.joined_at;
    let stored = table::get(tx, worker)?.unwrap_or_else(|| StoredTrust {
        state: TrustState::New,
        since: joined_at,
        why: BoundedText::clipped(JOINED),
        confirmed: 0,
        forged: 0,
        invalid: 0,
        invited_by: None,
    });
    let standing = Standing {
        state: stored.state,
        since: stored.since,
        joined_at,
        confirmed: stored.confirmed,
        forged: stored.forged,
        invalid: stored.invalid,
    };
    Ok((stored, standing))
}

fn store(tx: &mut dyn Tx, worker: WorkerId, before: StoredTrust, change: &Change) -> Result<(), StoreError> {
    let Standing { state, since, confirmed, forged, invalid, joined_at: _ } = change.standing;
    let why = change.moved.as_ref().map_or(before.why, |moved| moved.why.clone());
    let after = StoredTrust { state, since, why, confirmed, forged, invalid, invited_by: before.invited_by };
    table::put(tx, worker, &after)
}

/// Applies the rule to what was seen of a worker.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn observe(
    tx: &mut dyn Tx,
    worker: WorkerId,
    seen: &Observation,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let (stored, standing) = noted(tx, worker)?;
    let change = standing.clone().after(seen, now, &RULES);
    if change.standing == standing {
        return Ok(());
    }
    store(tx, worker, stored, &change)?;
    if let Some(moved) = change.moved {
        record(tx, "coordinator", worker, &moved, now)?;
        effects.trust.push((worker, moved));
    }
    Ok(())
}

fn record(
    tx: &mut dyn Tx,
    actor: &str,
    worker: WorkerId,
    moved: &Move,
    now: Timestamp,
) -> Result<(), StoreError> {
    let object = worker.to_string();
    let detail = table::moved(moved.from, moved.to, &moved.why);
    let entry = Entry { at: now, actor, action: audit::TRUST, object: &object, detail: &detail };
    audit::append(tx, &entry).map(drop)
}

/// As [`observe`], so many times, outside a transaction of the caller.
///
/// # Errors
/// A problem when the library cannot be written to.
pub async fn note(
    app: &Core,
    worker: WorkerId,
    seen: Observation,
    times: usize,
) -> Result<(), ProblemResponse> {
    let now = app.clock.now();
    // More than suspend at once change nothing any more.
    let times = times.min(RULES.forged as usize);
    if times == 0 || app.workers.is_suspended(worker) {
        return Ok(());
    }
    let effects = app
        .library
        .write(move |tx| {
            let mut effects = Effects::default();
            for _ in 0..times {
                observe(tx, worker, &seen, now, &mut effects)?;
            }
            Ok(effects)
        })
        .await?;
    effects.apply(app).await;
    Ok(())
}

/// Counts an accepted sample as a confirmed result of its maker, if others vouch for it: a proof that the coordinator
/// holds itself, or a trusted worker that reported a verdict.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn confirm(
    tx: &mut dyn Tx,
    sample: &Sample,
    (checks, verdicts): (&[Check], &[Verdict]),
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let maker = sample.lineage.worker;
    match state(tx, maker)? {
        TrustState::Trusted | TrustState::Suspended => return Ok(()),
        TrustState::New | TrustState::Probation => {}
    }
    let mut confirmed = trust::proved(checks);
    for witness in trust::witnesses(maker, verdicts) {
        confirmed = confirmed || state(tx, witness)? == TrustState::Trusted;
    }
    if confirmed { observe(tx, maker, &Observation::Confirmed, now, effects) } else { Ok(()) }
}

/// Sets how far a worker is believed, as people wish.
///
/// # Errors
/// A problem when there is no such worker or no reason is given.
pub async fn set(app: &Core, actor: &str, worker: WorkerId, wish: SetTrust) -> Result<(), ProblemResponse> {
    if wish.reason.trim().is_empty() {
        let problem = Problem::new(ProblemType::Invalid, "trust is not set without a reason");
        return Err(ProblemResponse::from(problem.field("reason", "say why, for the audit log")));
    }
    let (now, actor) = (app.clock.now(), actor.to_owned());
    let effects = app
        .library
        .write(move |tx| {
            let (stored, standing) = noted(tx, worker)?;
            let change = standing.set(wish.state, &wish.reason, now);
            store(tx, worker, stored, &change)?;
            if wish.state != TrustState::Suspended {
                claims::count_again(tx, worker)?;
            }
            let mut effects = Effects::default();
            if let Some(moved) = change.moved {
                record(tx, &actor, worker, &moved, now)?;
                effects.trust.push((worker, moved));
            }
            Ok(effects)
        })
        .await?;
    effects.apply(app).await;
    Ok(())
}
