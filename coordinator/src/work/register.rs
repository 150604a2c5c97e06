//! Joining: a join token is used up and gives a credential; a worker that comes back keeps its id.

use std::net::IpAddr;

use hafs_domain::instance::{self, Arrival, Lineage};
use hafs_domain::protocol;
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::credentials::{self, StoredCredential, Use};
use hafs_library::tables::instances as past;
use hafs_library::tables::workers::{self, Registration};
use hafs_library::tables::{attempts, families, quota, trials};
use hafs_proto::people::{Scope, TokenView};
use hafs_proto::worker::{Intervals, RegisterReply, RegisterRequest};
use hafs_proto::{BoundedText, CredentialId, Problem, ProblemType, TrustState, WorkerId, limits};

use super::instances;
use super::tokens::{self, Fresh};
use super::trust;
use crate::app::Core;
use crate::auth::{Identity, TokenKind};
use crate::http::problem::ProblemResponse;
use crate::workers::Newcomer;

/// A worker that registers, with its credential or a join token.
pub struct Joining {
    /// The token.
    pub identity: Identity,
    /// Where the call comes from.
    pub peer: IpAddr,
}

/// Stores a worker and what it can do, and gives it a credential if it has none.
pub async fn register(
    app: &Core,
    joining: Joining,
    request: RegisterRequest,
) -> Result<RegisterReply, ProblemResponse> {
    check(&request)?;
    let protocol = protocol::version(&request.protocol, protocol::SPOKEN).ok_or_else(upgrade_needed)?;
    let features = protocol::features(&request.features);
    let now = app.clock.now();
    let (worker, credential) = match joining.identity.worker {
        Some(worker) => (worker, None),
        None => {
            from_its_network(&joining)?;
            let worker: WorkerId = app.ids.mint();
            (worker, Some(own_credential(app, worker, &request)?))
        }
    };
    let stored = store(app, (worker, joining.identity.id), &request, credential.as_ref()).await?;
    let (lineage, paused, suspended) = match stored {
        Stored::Taken { lineage, paused, suspended } => (lineage, paused, suspended),
        Stored::Superseded => {
            instances::notice(app, worker, &request.instance).await?;
            return Err(instances::superseded(worker));
        }
    };
    if let Some(fresh) = &credential {
        tokens::remember(app, &fresh.stored);
    }
    app.workers.join(worker, Newcomer { registration: request, lineage, paused, suspended }, now);
    let intervals = Intervals {
        heartbeat_ms: millis(app.settings.heartbeat),
        lease_ms: millis(app.settings.lease),
        claim_wait_ms: millis(app.settings.claim_wait).min(limits::CLAIM_WAIT_MS),
    };
    Ok(RegisterReply {
        worker,
        credential: credential.map(|fresh| BoundedText::clipped(&fresh.token.reveal())),
        protocol,
        server_version: BoundedText::clipped(env!("CARGO_PKG_VERSION")),
        intervals,
        features,
    })
}

/// What became of a registration in the library.
enum Stored {
    /// It is there.
    Taken { lineage: Lineage, paused: bool, suspended: bool },
    /// Another instance has taken the place of this one.
    Superseded,
}

async fn store(
    app: &Core,
    (worker, token): (WorkerId, CredentialId),
    request: &RegisterRequest,
    credential: Option<&Fresh>,
) -> Result<Stored, ProblemResponse> {
    let now = app.clock.now();
    let registration = Registration {
        id: worker,
        name: request.name.clone(),
        instance: request.instance.clone(),
        pools: request.pools.clone(),
        facts: request.facts.clone(),
        features: request.features.clone(),
    };
    let own = credential.map(|fresh| fresh.stored.clone());
    let in_process = app.workers.is_own(token);
    app.library
        .try_write(move |tx| {
            let lineage = instances::lineage(tx, worker)?;
            match (lineage.arrival(&registration.instance), &lineage.current) {
                (Arrival::Superseded, _) => return Ok(Stored::Superseded),
                (Arrival::Successor, Some(current)) => {
                    past::supersede(tx, worker, current, instance::REMEMBERED)?
                }
                (Arrival::Successor | Arrival::First | Arrival::Again, _) => {}
            }
            let lineage = lineage.after(&registration.instance);
            workers::register(tx, &registration, now)?;
            families::tell(tx, worker, &registration.facts.teachers, now)?;
            trials::tell(tx, worker, &registration.facts.teachers, now)?;
            quota::forget(tx, worker)?;
            if let Some(own) = own {
                if credentials::use_once(tx, token, now)? == Use::Refused {
                    return Err(used_up());
                }
                credentials::insert(tx, &own)?;
                let (actor, object) = (token.to_string(), worker.to_string());
                let entry =
                    Entry { at: now, actor: &actor, action: "worker.join", object: &object, detail: "" };
                audit::append(tx, &entry)?;
                trust::introduce(tx, worker, (token, in_process), now)?;
            }
            let paused = workers::get(tx, worker)?.paused;
            let suspended = trust::state(tx, worker)? == TrustState::Suspended;
            Ok(Stored::Taken { lineage, paused, suspended })
        })
        .await
}

/// Refuses a join token that is used from where it may not be used. It keeps its uses.
fn from_its_network(joining: &Joining) -> Result<(), ProblemResponse> {
    match joining.identity.network {
        Some(network) if !network.contains(joining.peer) => {
            let detail =
                "the join token may not be used from this address; it is bound to a range of addresses";
            Err(ProblemResponse::from(
                Problem::new(ProblemType::Forbidden, detail).with("address", joining.peer),
            ))
        }
        Some(_) | None => Ok(()),
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn check(request: &RegisterRequest) -> Result<(), ProblemResponse> {
    let routes: usize = request.pools.iter().map(|pool| pool.routes.len()).sum();
    let names: std::collections::BTreeSet<_> = request.pools.iter().map(|pool| &pool.name).collect();
    let mut problem = Problem::new(ProblemType::Invalid, "what the worker says of itself is wrong");
    if routes > limits::WORKER_ROUTES {
        problem = problem.field("pools", format!("{routes} routes; at most {}", limits::WORKER_ROUTES));
    }
    if names.len() < request.pools.len() {
        problem = problem.field("pools", "two pools have one name");
    }
    if request.pools.iter().any(|pool| pool.slots == 0 || pool.slots > limits::POOL_SLOTS) {
        problem = problem.field("pools", format!("a pool has 1 to {} slots", limits::POOL_SLOTS));
    }
    if request.facts.teachers.len() > limits::WORKER_ROUTES {
        problem = problem.field("facts.teachers", format!("at most {}", limits::WORKER_ROUTES));
    }
    for (facts, trial) in request.facts.teachers.iter().filter_map(|it| Some((it, it.trial.as_ref()?))) {
        if trial.call.teacher != facts.teacher {
            problem = problem.field("facts.teachers", format!("a trial of {} names another", facts.teacher));
        }
        if let Err(error) = attempts::check_call(&trial.call) {
            problem = problem.field("facts.teachers", error.to_string());
        }
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(ProblemResponse::from(problem)) }
}

fn upgrade_needed() -> ProblemResponse {
    let (from, to) = (protocol::SPOKEN.start(), protocol::SPOKEN.end());
    let detail = format!("this coordinator speaks the protocol versions {from} to {to}");
    ProblemResponse::new(ProblemType::UpgradeNeeded, detail)
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
        network: None,
    };
    let stored = StoredCredential::fresh(view, token.secret_hash(), Some(worker));
    Ok(Fresh { token, stored })
}

fn used_up() -> ProblemResponse {
    ProblemResponse::new(ProblemType::Unauthenticated, "the join token is used up, expired or revoked")
}
