//! Who calls, and whether the call is allowed. Each scope is a type that a handler takes, so a handler without
//! a check does not look like the others.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use hafs_domain::instance::Instance;
use hafs_proto::people::Scope;
use hafs_proto::worker::feature;
use hafs_proto::{ContentHash, Problem, ProblemType};
use http::request::Parts;
use http::{HeaderName, header};

use super::forwarded;
use super::listener::Peer;
use super::problem::ProblemResponse;
use crate::app::App;
use crate::auth::{BearerToken, Identity};
use crate::work::complete::Sender;
use crate::work::instances::{self, Calling};
use crate::work::register::Joining;
use crate::work::tokens;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Reads runs, seeds, tasks, samples, workers and events.
#[derive(Debug)]
pub struct MayRead(pub Identity);
/// Starts, pauses and cancels runs, and decides about their samples.
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
    /// Who calls.
    pub calling: Calling,
    /// Hash of the secret that it has shown.
    pub presented: ContentHash,
}
impl MayWork {
    /// As the sender of results.
    pub const fn sender(&self) -> Sender {
        Sender { worker: self.calling.worker, credential: self.calling.identity.id }
    }
}

/// A worker that joins, or one that has joined and comes back.
pub struct MayJoin(pub Joining);

/// A caller whose token is valid.
struct Known {
    identity: Identity,
    presented: ContentHash,
    peer: IpAddr,
}

macro_rules! scope_extractor {
    ($($name:ident => $scope:expr;)*) => {$(
        impl FromRequestParts<App> for $name {
            type Rejection = ProblemResponse;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ProblemResponse> {
                let Known { identity, .. } = identify(parts, app).await?;
                Self::of(identity)
            }
        }

        impl $name {
            /// A caller who is known already.
            ///
            /// # Errors
            /// The scope is missing.
            pub fn of(identity: Identity) -> Result<Self, ProblemResponse> {
                require(&identity, $scope)?;
                Ok(Self(identity))
            }

            /// The caller in the words of the audit log.
            pub fn actor(&self) -> String {
                self.0.id.to_string()
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
        let Known { identity, presented, .. } = identify(parts, app).await?;
        require(&identity, Scope::Work)?;
        let worker = identity.worker.ok_or_else(|| forbidden(Scope::Work))?;
        let calling = Calling { worker, identity, instance: instance(parts)? };
        if let Some(instance) = &calling.instance
            && app.workers.is_news(worker, instance)
        {
            instances::notice(app, worker, instance).await?;
        }
        Ok(Self { calling, presented })
    }
}

impl FromRequestParts<App> for MayJoin {
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ProblemResponse> {
        let Known { identity, peer, .. } = identify(parts, app).await?;
        let scope = if identity.worker.is_some() { Scope::Work } else { Scope::Join };
        require(&identity, scope)?;
        Ok(Self(Joining { identity, peer }))
    }
}

/// The instance that a worker says it is.
fn instance(parts: &Parts) -> Result<Option<Instance>, ProblemResponse> {
    let Some(value) = parts.headers.get(feature::INSTANCE_HEADER) else { return Ok(None) };
    let text = value.to_str().ok().and_then(|text| Instance::new(text).ok());
    text.map(Some).ok_or_else(|| {
        let detail = format!("the header `{}` holds at most 64 visible characters", feature::INSTANCE_HEADER);
        ProblemResponse::new(ProblemType::MalformedRequest, detail)
    })
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

/// Whose token it is, wherever in the request it stood. Wrong ones are counted.
///
/// # Errors
/// The token is not valid, or too many were wrong.
pub async fn recognise(
    parts: &Parts,
    app: &App,
    token: Option<&BearerToken>,
) -> Result<Identity, ProblemResponse> {
    let peer = address(parts, app);
    let now = app.clock.now();
    if let Some(wait) = app.brake.wait(peer, now) {
        let problem = Problem::new(ProblemType::TooManyRequests, "too many wrong tokens from this address");
        return Err(ProblemResponse::from(
            problem.retry_after(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        ));
    }
    let identity = match token {
        Some(token) => tokens::identify(app, token, now).await?,
        None => None,
    };
    identity.ok_or_else(|| {
        app.brake.failed(peer, now);
        unauthenticated()
    })
}

async fn identify(parts: &Parts, app: &App) -> Result<Known, ProblemResponse> {
    let token = bearer(parts);
    let identity = recognise(parts, app, token.as_ref()).await?;
    let presented = token.ok_or_else(unauthenticated)?.secret_hash();
    Ok(Known { identity, presented, peer: address(parts, app) })
}

/// Where a call comes from.
fn address(parts: &Parts, app: &App) -> IpAddr {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
    let lines = parts.headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
    forwarded::client(peer, lines.collect::<Vec<_>>().into_iter(), &app.settings.trusted_proxies)
}

fn bearer(parts: &Parts) -> Option<BearerToken> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    BearerToken::parse(value.to_str().ok()?.strip_prefix("Bearer ")?)
}
