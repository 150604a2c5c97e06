//! The form of a spool file.

use hafs_proto::task::{Completion, Failure};
use hafs_proto::{CompletionId, ContentHash};

use super::error::Damage;
use crate::agent::{Kept, Parcel, ParcelKind, Spooled};

const MAGIC: &str = "hafs-spool-1";

/// The JSON body of a parcel.
pub(super) fn body(parcel: &Parcel) -> Vec<u8> {
    let body = match parcel {
        Parcel::Completion(completion) => serde_json::to_vec(completion),
        Parcel::Failure(failure) => serde_json::to_vec(failure),
    };
    // Proof: both are plain data with string keys; their own `body_hash` relies on the same.
    body.expect("plain data serialises")
}

/// The whole file.
pub(super) fn encode(kind: ParcelKind, body: &[u8]) -> Vec<u8> {
    let mut file = format!("{MAGIC} {} {}\n", word(kind), ContentHash::of(body)).into_bytes();
    file.extend_from_slice(body);
    file
}

const fn word(kind: ParcelKind) -> &'static str {
    match kind {
        ParcelKind::Completion => "completion",
        ParcelKind::Failure => "failure",
    }
}

/// Kind and body of a file, if it is whole.
pub(super) fn decode(file: &[u8]) -> Result<(ParcelKind, &[u8]), Damage> {
    let end = file.iter().position(|byte| *byte == b'\n').ok_or(Damage::Header)?;
    let header = std::str::from_utf8(&file[..end]).map_err(|_| Damage::Header)?;
    let mut words = header.split(' ');
    let (Some(MAGIC), Some(kind), Some(sum), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Damage::Header);
    };
    let kind = [ParcelKind::Completion, ParcelKind::Failure]
        .into_iter()
        .find(|known| word(*known) == kind)
        .ok_or(Damage::Header)?;
    let body = &file[end + 1..];
    if sum == ContentHash::of(body).to_string() { Ok((kind, body)) } else { Err(Damage::Checksum) }
}

/// What the agent has to know of a file that is named `key`.
pub(super) fn summary(key: CompletionId, file: &[u8]) -> Result<Spooled, Damage> {
    let (kind, body) = decode(file)?;
    let unreadable = |error: serde_json::Error| Damage::Body(error.to_string());
    let parcel = match kind {
        ParcelKind::Completion => {
            Parcel::Completion(serde_json::from_slice::<Box<Completion>>(body).map_err(unreadable)?)
        }
        ParcelKind::Failure => {
            Parcel::Failure(serde_json::from_slice::<Box<Failure>>(body).map_err(unreadable)?)
        }
    };
    if parcel.key() != key {
        return Err(Damage::Name);
    }
    Ok(spooled(&parcel, body.len(), Kept::OnDisk))
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
