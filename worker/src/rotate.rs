//! Giving the worker's credential a new secret.
//!
//! The new secret is on disk before the coordinator hears of it, and the old one is kept until the coordinator has
//! answered. Wherever this is cut short, the state folder holds a secret that is taken, and the same wish is repeated.

use std::sync::Arc;

use hafs_proto::BearerToken;
use hafs_proto::worker::RotateRequest;
use hafs_runtime::entropy;
use thiserror::Error;

use crate::agent::{CallTrouble, Rotate};
use crate::client::{Api, Credential, CredentialError, CredentialFile};

/// Why the secret was not replaced. It is tried again when the coordinator asks for it again.
#[derive(Debug, Error)]
enum RotationError {
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error("the state folder has no credential of this worker any more")]
    Gone,
    #[error("the credential is not of the form that this program knows")]
    Form,
    #[error(transparent)]
    Entropy(#[from] entropy::EntropyError),
    #[error(transparent)]
    Call(#[from] CallTrouble),
    #[error("writing the credential was cut short")]
    Interrupted,
}

/// Replaces the secret, when the agent asks for it.
pub(crate) fn rotation(api: Api, file: CredentialFile, coordinator: String) -> Rotate {
    let file = Arc::new(file);
    Arc::new(move || {
        let (api, file, coordinator) = (api.clone(), Arc::clone(&file), coordinator.clone());
        Box::pin(async move { replace(&api, &file, &coordinator).await.map_err(|error| error.to_string()) })
    })
}

async fn replace(api: &Api, file: &Arc<CredentialFile>, coordinator: &str) -> Result<(), RotationError> {
    let (disk, address) = (Arc::clone(file), coordinator.to_owned());
    let (kept, next) = blocking(move || prepare(&disk, &address)).await?;
    let request = RotateRequest { secret_hash: next.secret_hash() };
    api.rotate(&request).await?;
    let (disk, token) = (Arc::clone(file), next.reveal());
    let renewed = Credential { token: token.clone(), next: None, ..kept };
    blocking(move || Ok(disk.save(&renewed)?)).await?;
    api.adopt(&token);
    Ok(())
}

/// The credential and its next secret, both on disk: a new one, or the one of an attempt that was cut short.
fn prepare(file: &CredentialFile, coordinator: &str) -> Result<(Credential, BearerToken), RotationError> {
    let kept = file.load(coordinator)?.ok_or(RotationError::Gone)?;
    if let Some(next) = kept.next.as_deref().and_then(BearerToken::parse) {
        return Ok((kept, next));
    }
    let current = BearerToken::parse(&kept.token).ok_or(RotationError::Form)?;
    let next = current.renewed(&entropy::bytes()?);
    let first = Some(kept.lasting().to_owned());
    let kept = Credential { next: Some(next.reveal()), first, ..kept };
    file.save(&kept)?;
    Ok((kept, next))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RotationError> + Send + 'static,
) -> Result<T, RotationError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(RotationError::Interrupted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::{CredentialId, TokenKind, WorkerId};
    use uuid::Uuid;

    const HOME: &str = "https://factory.example:7425";

    #[test]
    fn the_new_secret_is_on_disk_beside_the_old_one_and_an_attempt_that_was_cut_short_goes_on_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = CredentialFile::in_folder(folder.path());
        let id = CredentialId::from_uuid(Uuid::from_u128(1));
        let old = BearerToken::new(TokenKind::Worker, id, &[1; 32]);
        let worker = WorkerId::from_uuid(Uuid::from_u128(2));
        let coordinator = HOME.to_owned();
        let first =
            Credential { coordinator, worker, token: old.reveal(), next: None, first: None, pin: None };
        file.save(&first).expect("saves");
        let (kept, next) = prepare(&file, HOME).expect("prepares");
        assert_eq!((next.id(), next.kind()), (old.id(), old.kind()), "receipts belong to the id");
        assert_ne!(next, old);
        let on_disk = file.load(HOME).expect("reads").expect("is there");
        assert_eq!(on_disk, kept);
        assert_eq!((on_disk.token, on_disk.next), (old.reveal(), Some(next.reveal())));
        assert_eq!(prepare(&file, HOME).expect("prepares").1, next, "the coordinator may have heard of it");
        assert_eq!(kept.lasting(), old.reveal(), "marks of prompts stay the same");
        assert!(matches!(prepare(&file, "https://elsewhere.example"), Err(RotationError::Gone)));
    }
}
