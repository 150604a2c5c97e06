//! Parcels as entries of the log.

use hafs_proto::CompletionId;
use hafs_proto::task::{Completion, Failure};

use super::error::Damage;
use super::line::{Entry, Kind};
use crate::agent::{Kept, Parcel, ParcelKind, Spooled};

/// The entry of a parcel; its body is the JSON that will be sent, every time.
pub(super) fn entry(parcel: &Parcel) -> Entry {
    let (kind, body) = match parcel {
        Parcel::Completion(completion) => (Kind::Completion, serde_json::to_string(completion)),
        Parcel::Failure(failure) => (Kind::Failure, serde_json::to_string(failure)),
    };
    // Proof: both are plain data with string keys; their own `body_hash` relies on the same.
    Entry { kind, key: parcel.key().to_string(), body: body.expect("plain data serialises") }
}

/// Which call takes an entry; `None` when it is no parcel.
pub(super) const fn kind(kind: Kind) -> Option<ParcelKind> {
    match kind {
        Kind::Completion => Some(ParcelKind::Completion),
        Kind::Failure => Some(ParcelKind::Failure),
        Kind::Reply => None,
    }
}

/// What the agent has to know of an entry that an earlier process wrote; `None` when it is no parcel.
pub(super) fn summary(entry: &Entry) -> Result<Option<Spooled>, Damage> {
    let unreadable = |error: serde_json::Error| Damage::Body(error.to_string());
    let parcel = match entry.kind {
        Kind::Completion => {
            Parcel::Completion(serde_json::from_str::<Box<Completion>>(&entry.body).map_err(unreadable)?)
        }
        Kind::Failure => {
            Parcel::Failure(serde_json::from_str::<Box<Failure>>(&entry.body).map_err(unreadable)?)
        }
        Kind::Reply => return Ok(None),
    };
    let key: CompletionId = entry.key.parse().map_err(|_| Damage::Name)?;
    if parcel.key() != key {
        return Err(Damage::Name);
    }
    Ok(Some(spooled(&parcel, entry.body.len(), Kept::OnDisk)))
}

/// The agent's view of a parcel.
pub(super) fn spooled(parcel: &Parcel, bytes: usize, kept: Kept) -> Spooled {
    Spooled {
        key: parcel.key(),
        task: parcel.task(),
        token: parcel.token().clone(),
        kind: parcel.kind(),
        bytes: bytes as u64,
        kept,
    }
}
