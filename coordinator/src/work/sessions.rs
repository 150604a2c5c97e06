//! Logging in by a link. A link has been on a command line and in a history; so the secret in it is taken once, and the
//! browser is given another.

use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::{credentials, rotation};

use super::tokens;
use crate::app::Core;
use crate::auth::{BearerToken, TokenKind};
use crate::http::problem::ProblemResponse;

/// Puts a new secret of a link's token in force, at once and everywhere. Nothing when the one in the link is not in force
/// any more, or is no person's.
pub async fn redeem(app: &Core, link: &BearerToken) -> Result<Option<BearerToken>, ProblemResponse> {
    if link.kind() != TokenKind::People {
        return Ok(None);
    }
    let secret = hafs_runtime::entropy::bytes::<32>().map_err(|error| ProblemResponse::internal(&error))?;
    let session = link.renewed(&secret);
    let (now, id) = (app.clock.now(), link.id());
    let (shown, next) = (link.secret_hash(), session.secret_hash());
    let renewed = app
        .library
        .write(move |tx| {
            let stored = credentials::find(tx, id)?;
            if !stored.is_some_and(|stored| stored.usable(now) && stored.secret_hash == shown) {
                return Ok(None);
            }
            let object = id.to_string();
            let entry =
                Entry { at: now, actor: &object, action: "session.begin", object: &object, detail: "" };
            audit::append(tx, &entry)?;
            rotation::renew(tx, id, next, (shown, now), now).map(Some)
        })
        .await?;
    Ok(renewed.map(|stored| {
        tokens::remember(app, &stored);
        session
    }))
}
