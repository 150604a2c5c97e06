//! Joining: a join token is used up and gives a credential; a worker that comes back keeps its id.

use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::credentials::{self, StoredCredential, Use};
use hafs_library::tables::workers::{self, Registration};
use hafs_proto::people::{Scope, TokenView};
use hafs_proto::worker::{Intervals, PROTOCOL, RegisterReply, RegisterRequest};
use hafs_proto::{BoundedText, Problem, ProblemType, WorkerId, limits};

use super::tokens::{self, Fresh};
use crate::app::Core;
use crate::auth::{Identity, TokenKind};
use crate::http::problem::ProblemResponse;

/// Stores a worker and what it can do, and gives it a credential if it has none.
pub async fn register(
    app: &Core,
    identity: Identity,
    request: RegisterRequest,
) -> Result<RegisterReply, ProblemResponse> {
    check(&request)?;
    let now = app.clock.now();
    let (worker, credential) = match identity.worker {
        Some(worker) => (worker, None),
        None => {
            let worker: WorkerId = app.ids.mint();
            (worker, Some(own_credential(app, worker, &request)?))
        }
    };
    let registration = Registration {
        id: worker,
        name: request.name.clone(),
        instance: request.instance.clone(),
        pools: request.pools.clone(),
        facts: request.facts.clone(),
    };
    let stored = credential.as_ref().map(|fresh| fresh.stored.clone());
    let paused = app
        .library
        .try_write(move |tx| -> Result<bool, ProblemResponse> {
            workers::register(tx, &registration, now)?;
            if let Some(stored) = stored {
                if credentials::use_once(tx, identity.id, now)? == Use::Refused {
                    return Err(used_up());
                }
                credentials::insert(tx, &stored)?;
                let (actor, object) = (identity.id.to_string(), worker.to_string());
                audit::append(
                    tx,
                    &Entry { at: now, actor: &actor, action: "worker.join", object: &object, detail: "" },
                )?;
            }
            Ok(workers::get(tx, worker)?.paused)
        })
        .await?;
    if let Some(fresh) = &credential {
        tokens::remember(app, &fresh.stored);
    }
    app.workers.join(worker, request, paused, now);
    let intervals = Intervals {
        heartbeat_ms: millis(app.settings.heartbeat),
        lease_ms: millis(app.settings.lease),
        claim_wait_ms: millis(app.settings.claim_wait).min(limits::CLAIM_WAIT_MS),
    };
    Ok(RegisterReply {
        worker,
        credential: credential.map(|fresh| BoundedText::clipped(&fresh.token.reveal())),
        protocol: PROTOCOL,
        server_version: BoundedText::clipped(env!("CARGO_PKG_VERSION")),
        intervals,
    })
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn check(request: &RegisterRequest) -> Result<(), ProblemResponse> {
    if !request.protocol.contains(&PROTOCOL) {
        let detail = format!("this coordinator speaks protocol {PROTOCOL}");
        return Err(ProblemResponse::new(ProblemType::UpgradeNeeded, detail));
    }
    let routes: usize = request.pools.iter().map(|pool| pool.routes.len()).sum();
    let names: std::collections::BTreeSet<_> = request.pools.iter().map(|pool| &pool.name).collect();
    let mut problem = Problem::new(ProblemType::Invalid, "what the worker says of itself is wrong");
    if routes > limits::WORKER_ROUTES {
        problem = problem.field("pools", format!("{routes} routes; at most {}", limits::WORKER_ROUTES));
    }
    if names.len() < request.pools.len() {
        problem = problem.field("pools", "two pools have one name");
    }
    if request.pools.iter().any(|pool| pool.slots == 0 || pool.slots > limits::CLAIM_TASKS) {
        problem = problem.field("pools", format!("a pool has 1 to {} slots", limits::CLAIM_TASKS));
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(ProblemResponse::from(problem)) }
}

fn own_credential(app: &Core, worker: WorkerId, request: &RegisterRequest) -> Result<Fresh, ProblemResponse> {
    let token = tokens::mint(app, TokenKind::Worker)?;
    let view = TokenView {
        id: token.id(),
        name: request.name.clone(),
        scopes: vec![Scope::Work],
        created_at: app.clock.now(),
        expires_at: None,
        revoked_at: None,
        uses_left: None,
    };
    let stored = StoredCredential { view, secret_hash: token.secret_hash(), worker: Some(worker) };
    Ok(Fresh { token, stored })
}

fn used_up() -> ProblemResponse {
    ProblemResponse::new(ProblemType::Unauthenticated, "the join token is used up, expired or revoked")
}
