//! New secrets for workers' credentials: the wish, and the change.

use hafs_domain::rotation::{Rotation, Secrets};
use hafs_library::Tx;
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::credentials::{self, StoredCredential};
use hafs_library::tables::rotation;
use hafs_proto::worker::{RotateReply, RotateRequest};
use hafs_proto::{ContentHash, CredentialId, Problem, ProblemType, Timestamp, WorkerId};

use super::instances::Calling;
use super::tokens;
use crate::app::Core;
use crate::http::problem::ProblemResponse;

/// Puts the secret that the worker has drawn in force; the one before is taken for the overlap. `presented` is the
/// hash of the secret that the call was made with.
pub async fn rotate(
    app: &Core,
    calling: &Calling,
    presented: ContentHash,
    request: RotateRequest,
) -> Result<RotateReply, ProblemResponse> {
    calling.demand_current(app)?;
    let (now, overlap, id) = (app.clock.now(), app.settings.rotation.overlap, calling.identity.id);
    let (stored, until) = app
        .library
        .try_write(move |tx| {
            let stored = credentials::find(tx, id)?.filter(|stored| stored.usable(now)).ok_or_else(gone)?;
            let secrets = Secrets { current: stored.secret_hash, previous: stored.previous };
            match secrets.rotate(presented, request.secret_hash, now, overlap) {
                Rotation::Renewed(Secrets { current, previous: Some(previous) }) => {
                    Ok((renew(tx, id, current, previous, now)?, previous.1))
                }
                Rotation::Renewed(Secrets { previous: None, .. }) => Ok((stored, now)),
                Rotation::Repeated { until } => Ok((stored, until)),
                Rotation::Outdated => Err(outdated()),
                Rotation::Reused => Err(reused()),
            }
        })
        .await?;
    tokens::remember(app, &stored);
    Ok(RotateReply { previous_valid_ms: u64::try_from(until.since(now).as_millis()).unwrap_or(u64::MAX) })
}

fn renew(
    tx: &mut dyn Tx,
    id: CredentialId,
    current: ContentHash,
    previous: (ContentHash, Timestamp),
    now: Timestamp,
) -> Result<StoredCredential, ProblemResponse> {
    let stored = rotation::renew(tx, id, current, previous, now)?;
    let object = id.to_string();
    let actor = stored.worker.map_or_else(|| object.clone(), |worker| worker.to_string());
    let entry = Entry { at: now, actor: &actor, action: "credential.rotate", object: &object, detail: "" };
    audit::append(tx, &entry)?;
    Ok(stored)
}

/// Has a worker draw a new secret with its next renewal.
pub async fn want(app: &Core, actor: &str, worker: WorkerId) -> Result<(), ProblemResponse> {
    let (now, actor) = (app.clock.now(), actor.to_owned());
    let own = app
        .library
        .write(move |tx| {
            let own = rotation::want(tx, worker)?;
            let object = worker.to_string();
            let entry =
                Entry { at: now, actor: &actor, action: "worker.rotate", object: &object, detail: "" };
            audit::append(tx, &entry)?;
            Ok(own)
        })
        .await?;
    own.into_iter().for_each(|id| app.auth.want_rotation(id));
    Ok(())
}

fn gone() -> ProblemResponse {
    ProblemResponse::new(ProblemType::Unauthenticated, "the credential was revoked")
}

fn outdated() -> ProblemResponse {
    let detail =
        "the secret of this credential was replaced; only a call with the new one may replace it again";
    ProblemResponse::new(ProblemType::Conflict, detail)
}

fn reused() -> ProblemResponse {
    let problem = Problem::new(ProblemType::Invalid, "such a secret cannot be put in force");
    ProblemResponse::from(problem.field("secret_hash", "the secret before this one; draw a new one"))
}
