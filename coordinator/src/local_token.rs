//! The token for programs on this machine. It stands in the address file and allows all that people may do.

use std::time::Duration;

use hafs_library::tables::credentials::StoredCredential;
use hafs_proto::people::{CreateTokenRequest, Scope, TokenView};
use hafs_proto::{BoundedText, CredentialId, ProblemType};
use tracing::warn;

use crate::address;
use crate::app::{Core, StartError};
use crate::auth::{BearerToken, TokenKind};
use crate::http::problem::ProblemResponse;
use crate::settings::Mode;
use crate::work::tokens;

const NAME: &str = "local programs";
/// Longer than a coordinator runs; it is revoked when the coordinator stops, or starts again.
const TTL: Duration = Duration::from_secs(365 * 24 * 3_600);

fn scopes() -> Vec<Scope> {
    vec![Scope::Read, Scope::Run, Scope::Export, Scope::Admin]
}

/// Makes the token. That of a coordinator which was killed in the same data folder is revoked. A process that only
/// answers questions writes nothing: its token is known to nobody else.
pub(crate) async fn issue(core: &Core) -> Result<String, StartError> {
    match core.settings.mode {
        Mode::Inspect => in_memory(core),
        Mode::Serve => {
            if let Ok(Some(file)) = address::read(&core.settings)
                && let Some(former) = BearerToken::parse(&file.token)
            {
                revoke(core, former.id()).await?;
            }
            make(core, NAME, scopes(), TTL).await
        }
    }
}

/// Makes a token that is stored, and revoked by hand or by time.
pub(crate) async fn make(
    core: &Core,
    name: &str,
    scopes: Vec<Scope>,
    ttl: Duration,
) -> Result<String, StartError> {
    let name = BoundedText::clipped(name);
    let request = CreateTokenRequest { name, scopes, ttl_s: ttl.as_secs(), uses: 1, network: None };
    let created = tokens::create(core, "coordinator", request).await.map_err(|problem| failed(&problem))?;
    Ok(created.token.as_str().to_owned())
}

/// Revokes the token when the coordinator stops. A library that is away keeps it until the next start.
pub(crate) async fn withdraw(core: &Core, token: &str) {
    let (Mode::Serve, Some(token)) = (core.settings.mode, BearerToken::parse(token)) else { return };
    if let Err(error) = revoke(core, token.id()).await {
        warn!(error = %error, "the token for local programs could not be revoked");
    }
}

fn in_memory(core: &Core) -> Result<String, StartError> {
    let token = tokens::mint(core, TokenKind::People).map_err(|problem| failed(&problem))?;
    let now = core.clock.now();
    let view = TokenView {
        id: token.id(),
        name: BoundedText::clipped(NAME),
        scopes: scopes(),
        created_at: now,
        expires_at: None,
        revoked_at: None,
        uses_left: None,
        network: None,
    };
    tokens::remember(core, &StoredCredential::fresh(view, token.secret_hash(), None));
    Ok(token.reveal())
}

async fn revoke(core: &Core, id: CredentialId) -> Result<(), StartError> {
    match tokens::revoke(core, "coordinator", id).await {
        Ok(()) => Ok(()),
        // Another library lay in this folder when the token was made.
        Err(problem) if problem.0.kind() == Some(ProblemType::NotFound) => Ok(()),
        Err(problem) => Err(failed(&problem)),
    }
}

fn failed(problem: &ProblemResponse) -> StartError {
    StartError::Token(problem.0.to_string())
}
