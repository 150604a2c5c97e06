//! Who calls, and whether the call is allowed. Each scope is a type that a handler takes, so a handler without
//! a check does not look like the others.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use hafs_proto::people::Scope;
use hafs_proto::{Problem, ProblemType, WorkerId};
use http::header;
use http::request::Parts;

use super::listener::Peer;
use super::problem::ProblemResponse;
use crate::app::App;
use crate::auth::{BearerToken, Identity};
use crate::work::complete::Sender;

/// Reads runs, seeds, tasks, samples, workers and events.
#[derive(Debug)]
pub struct MayRead(pub Identity);
/// Starts, pauses and cancels runs.
#[derive(Debug)]
pub struct MayRun(pub Identity);
/// Writes data sets.
#[derive(Debug)]
pub struct MayExport(pub Identity);
/// Makes and revokes tokens, pauses and drains workers.
#[derive(Debug)]
pub struct MayAdmin(pub Identity);
/// A worker that has joined.
#[derive(Debug)]
pub struct MayWork {
    /// The worker.
    pub worker: WorkerId,
    /// Its credential.
    pub identity: Identity,
}
impl MayWork {
    /// As the sender of results.
    pub const fn sender(&self) -> Sender {
        Sender { worker: self.worker, credential: self.identity.id }
    }
}

/// A worker that joins, or one that has joined and comes back.
#[derive(Debug)]
pub struct MayJoin(pub Identity);

macro_rules! scope_extractor {
    ($($name:ident => $scope:expr;)*) => {$(
        impl FromRequestParts<App> for $name {
            type Rejection = ProblemResponse;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ProblemResponse> {
                let identity = identify(parts, app)?;
                require(&identity, $scope)?;
                Ok(Self(identity))
            }
        }
    )*};
}

scope_extractor! {
    MayRead => Scope::Read;
    MayRun => Scope::Run;
    MayExport => Scope::Export;
    MayAdmin => Scope::Admin;
}

impl FromRequestParts<App> for MayWork {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ProblemResponse> {
        let identity = identify(parts, app)?;
        require(&identity, Scope::Work)?;
        let worker = identity.worker.ok_or_else(|| forbidden(Scope::Work))?;
        Ok(Self { worker, identity })
    }
}

impl FromRequestParts<App> for MayJoin {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ProblemResponse> {
        let identity = identify(parts, app)?;
        let scope = if identity.worker.is_some() { Scope::Work } else { Scope::Join };
        require(&identity, scope)?;
        Ok(Self(identity))
    }
}

fn require(identity: &Identity, scope: Scope) -> Result<(), ProblemResponse> {
    if identity.scopes.contains(&scope) { Ok(()) } else { Err(forbidden(scope)) }
}

fn forbidden(scope: Scope) -> ProblemResponse {
    let detail = format!("the token lacks the scope `{}`", scope.word());
    ProblemResponse::from(Problem::new(ProblemType::Forbidden, detail).with("scope", scope.word()))
}

/// One body for every way of being wrong: whether the id or the secret was wrong is nobody's business.
fn unauthenticated() -> ProblemResponse {
    ProblemResponse::new(
        ProblemType::Unauthenticated,
        "send `Authorization: Bearer TOKEN` with a token that is valid and not revoked",
    )
}

fn identify(parts: &Parts, app: &App) -> Result<Identity, ProblemResponse> {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
    let now = app.clock.now();
    if let Some(wait) = app.brake.wait(peer, now) {
        let problem = Problem::new(ProblemType::TooManyRequests, "too many wrong tokens from this address");
        return Err(ProblemResponse::from(
            problem.retry_after(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        ));
    }
    let identity = bearer(parts).and_then(|token| app.auth.identify(&token, now));
    identity.ok_or_else(|| {
        app.brake.failed(peer, now);
        unauthenticated()
    })
}

fn bearer(parts: &Parts) -> Option<BearerToken> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    BearerToken::parse(value.to_str().ok()?.strip_prefix("Bearer ")?)
}
