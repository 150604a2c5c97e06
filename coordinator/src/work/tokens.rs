//! Making and revoking tokens. The library first, then the table in memory.

use std::time::Duration;

use hafs_domain::rotation::Secrets;
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::credentials::{self, StoredCredential};
use hafs_proto::people::{CreateTokenRequest, CreatedToken, Scope, TokenView};
use hafs_proto::{BoundedText, CredentialId, Problem, ProblemType, Timestamp};

use crate::app::Core;
use crate::auth::{self, BearerToken, Identity, TokenKind};
use crate::http::problem::ProblemResponse;

/// Longest life of a join token.
const JOIN_TTL: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Longest life of a token of people.
const PEOPLE_TTL: Duration = Duration::from_secs(400 * 24 * 3_600);
/// Most uses of a join token.
const USES: u32 = 1_000;

/// A token that was just made: the only moment at which it is known whole.
pub struct Fresh {
    /// The token.
    pub token: BearerToken,
    /// Its row.
    pub stored: StoredCredential,
}

/// A token of this kind with a new secret.
pub fn mint(app: &Core, kind: TokenKind) -> Result<BearerToken, ProblemResponse> {
    let secret = hafs_runtime::entropy::bytes::<32>().map_err(|error| ProblemResponse::internal(&error))?;
    Ok(BearerToken::new(kind, app.ids.mint(), &secret))
}

/// Puts a stored credential into the table of valid ones.
pub fn remember(app: &Core, stored: &StoredCredential) {
    app.auth.put(entry(stored));
}

/// A stored credential as a row of that table.
pub fn entry(stored: &StoredCredential) -> auth::Entry {
    let identity = Identity {
        id: stored.view.id,
        scopes: stored.view.scopes.iter().copied().collect(),
        worker: stored.worker,
        network: stored.view.network,
    };
    auth::Entry {
        identity,
        secrets: Secrets { current: stored.secret_hash, previous: stored.previous },
        secret_at: stored.secret_at,
        rotate_wanted: stored.rotate_wanted,
        expires_at: stored.view.expires_at,
    }
}

/// Whose token it is, if it is valid. One that is not known here may have been made or given a new secret by another
/// coordinator a moment ago.
pub async fn identify(
    app: &Core,
    token: &BearerToken,
    now: Timestamp,
) -> Result<Option<Identity>, ProblemResponse> {
    let known = app.auth.identify(token, now);
    if known.is_some() || app.lead.is_alone() {
        return Ok(known);
    }
    let id = token.id();
    let stored = app.library.read(move |tx| credentials::find(tx, id)).await?;
    let Some(stored) = stored.filter(|stored| stored.usable(now)) else { return Ok(None) };
    remember(app, &stored);
    Ok(app.auth.identify(token, now))
}

/// Makes a token.
pub async fn create(
    app: &Core,
    actor: &str,
    request: CreateTokenRequest,
) -> Result<CreatedToken, ProblemResponse> {
    let kind = check(&request)?;
    let now = app.clock.now();
    let token = mint(app, kind)?;
    let expires_at = now.plus(Duration::from_secs(request.ttl_s));
    let view = TokenView {
        id: token.id(),
        name: request.name,
        scopes: request.scopes,
        created_at: now,
        expires_at: Some(expires_at),
        revoked_at: None,
        uses_left: (kind == TokenKind::Join).then_some(request.uses),
        network: request.network,
    };
    let stored = StoredCredential::fresh(view, token.secret_hash(), None);
    let (row, actor) = (stored.clone(), actor.to_owned());
    app.library
        .write(move |tx| {
            credentials::insert(tx, &row)?;
            let object = row.view.id.to_string();
            let entry = Entry { at: now, actor: &actor, action: "token.create", object: &object, detail: "" };
            audit::append(tx, &entry).map(drop)
        })
        .await?;
    remember(app, &stored);
    let link = app.invitation.as_ref().and_then(|invitation| invitation.link(&token).ok());
    Ok(CreatedToken {
        id: token.id(),
        token: BoundedText::clipped(&token.reveal()),
        expires_at,
        link: link.map(|link| BoundedText::clipped(&link.to_string())),
    })
}

/// Revokes a token: in the library, then at once in memory. Long polls and event streams notice.
pub async fn revoke(app: &Core, actor: &str, id: CredentialId) -> Result<(), ProblemResponse> {
    let (now, actor) = (app.clock.now(), actor.to_owned());
    app.library
        .write(move |tx| {
            credentials::revoke(tx, id, now)?;
            let object = id.to_string();
            let entry = Entry { at: now, actor: &actor, action: "token.revoke", object: &object, detail: "" };
            audit::append(tx, &entry).map(drop)
        })
        .await?;
    app.auth.remove(id);
    Ok(())
}

fn check(request: &CreateTokenRequest) -> Result<TokenKind, ProblemResponse> {
    let mut problem = Problem::new(ProblemType::Invalid, "such a token cannot be made");
    let join = request.scopes.contains(&Scope::Join);
    if request.scopes.is_empty() {
        problem = problem.field("scopes", "name at least one scope");
    }
    if join && request.scopes.len() > 1 {
        problem = problem.field("scopes", "`join` stands alone");
    }
    if request.scopes.contains(&Scope::Work) {
        problem = problem.field("scopes", "`work` is given to a worker when it joins, not made");
    }
    let longest = if join { JOIN_TTL } else { PEOPLE_TTL };
    if request.ttl_s == 0 || request.ttl_s > longest.as_secs() {
        problem = problem.field("ttl_s", format!("1 to {} seconds", longest.as_secs()));
    }
    if request.uses == 0 || request.uses > USES {
        problem = problem.field("uses", format!("1 to {USES}"));
    }
    if request.network.is_some() && !join {
        problem = problem.field("network", "only a join token is bound to addresses");
    }
    if !problem.errors.is_empty() {
        return Err(ProblemResponse::from(problem));
    }
    Ok(if join { TokenKind::Join } else { TokenKind::People })
}
