//! The states of teachers in the library, and the terms that workers tell.

use std::collections::BTreeMap;

use hafs_domain::quota::Quota;
use hafs_library::tables::quota;
use hafs_library::{StoreError, Tx};
use hafs_proto::worker::TeachersRequest;
use hafs_proto::{KeyName, TeacherName, TeacherTerms, Timestamp, WorkerId};
use tracing::warn;

use crate::app::Core;
use crate::http::problem::ProblemResponse;

/// Takes the terms of a worker's teachers, and keeps the limits that they name.
pub async fn declare(app: &Core, worker: WorkerId, request: TeachersRequest) -> Result<(), ProblemResponse> {
    let now = app.clock.now();
    let since = heard_since(app, now);
    app.library
        .write(move |tx| {
            quota::tell(tx, worker, &request.terms)?;
            // The worker itself may have registered a moment ago, before its first sign of life was written down.
            let others = quota::all_terms(tx, since)?;
            let told: Vec<&TeacherTerms> = request.terms.iter().chain(&others).collect();
            for TeacherTerms { teacher, key, .. } in &request.terms {
                let mut state = load(tx, (teacher, key))?;
                let of_it = told.iter().copied().filter(|it| (&it.teacher, &it.key) == (teacher, key));
                state.tell(of_it);
                save(tx, (teacher, key), &state, now)?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Workers that have been silent for longer are gone.
pub fn heard_since(app: &Core, now: Timestamp) -> Timestamp {
    let patience = i64::try_from((app.settings.lease * 3).as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_sub(patience)).unwrap_or(Timestamp::EPOCH)
}

/// The terms of a worker's teachers, by name.
pub(super) fn terms(
    tx: &mut dyn Tx,
    worker: WorkerId,
) -> Result<BTreeMap<TeacherName, TeacherTerms>, StoreError> {
    Ok(quota::terms(tx, worker)?.into_iter().map(|terms| (terms.teacher.clone(), terms)).collect())
}

/// The state of a teacher with one key. One that cannot be read is as good as none: its buckets are full again, and
/// what the provider says will mend that.
pub(super) fn load(tx: &mut dyn Tx, account: (&TeacherName, &KeyName)) -> Result<Quota, StoreError> {
    Ok(quota::state(tx, account)?.map_or_else(Quota::default, |text| read(account.0, &text)))
}

pub(super) fn read(teacher: &TeacherName, text: &str) -> Quota {
    serde_json::from_str(text).unwrap_or_else(|error| {
        warn!(teacher.name = %teacher, error = %error, "the state of a teacher's limits cannot be read; it begins anew");
        Quota::default()
    })
}

pub(super) fn save(
    tx: &mut dyn Tx,
    account: (&TeacherName, &KeyName),
    state: &Quota,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Proof: the state holds no maps and no failing serialisers.
    let text = serde_json::to_string(state).expect("plain data serialises");
    quota::put_state(tx, account, &text, now)
}
