//! Leases and their tokens.
//!
//! A lease is a timed exclusive right to a task. Its token is a MAC over task, worker, generation and attempt:
//! the coordinator checks it without storage, so a result is never refused because an index was lost.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::hash::ContentHash;
use crate::id::{TaskId, WorkerId};

/// Which life of the queue index a lease belongs to; rises with every rebuild.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(transparent)]
pub struct Generation(pub u64);

/// The n-th claim of a task, from 1. The pair (generation, attempt) is the fencing number of a lease.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(transparent)]
pub struct Attempt(pub u32);

/// The proof of a lease: `lease.<generation>.<attempt>.<64 hex>`. Opaque to workers.
#[derive(Clone, PartialEq, Eq)]
pub struct LeaseToken {
    generation: Generation,
    attempt: Attempt,
    mac: ContentHash,
}

/// Why a text is not a lease token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a lease token: send back the `token` of the claim as it was")]
pub struct LeaseTokenError;

/// The coordinator's secret for lease tokens. Its `Debug` form shows nothing.
#[derive(Clone)]
pub struct LeaseKey([u8; 32]);

impl LeaseKey {
    /// A key of 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Makes the token of a lease.
    #[must_use]
    pub fn sign(
        &self,
        task: TaskId,
        worker: WorkerId,
        generation: Generation,
        attempt: Attempt,
    ) -> LeaseToken {
        LeaseToken { generation, attempt, mac: self.mac(task, worker, generation, attempt) }
    }

    /// Whether `token` was signed by this key for this task and worker.
    #[must_use]
    pub fn verify(&self, token: &LeaseToken, task: TaskId, worker: WorkerId) -> bool {
        // Comparing hashes is in constant time, see `ContentHash`.
        self.mac(task, worker, token.generation, token.attempt) == token.mac
    }

    fn mac(&self, task: TaskId, worker: WorkerId, generation: Generation, attempt: Attempt) -> ContentHash {
        let mut bytes = Vec::with_capacity(44);
        bytes.extend_from_slice(task.uuid().as_bytes());
        bytes.extend_from_slice(worker.uuid().as_bytes());
        bytes.extend_from_slice(&generation.0.to_le_bytes());
        bytes.extend_from_slice(&attempt.0.to_le_bytes());
        ContentHash::keyed(&self.0, &bytes)
    }
}

impl fmt::Debug for LeaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeaseKey(<redacted>)")
    }
}

impl LeaseToken {
    /// The generation that the token claims; true only if the token verifies.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// The attempt that the token claims; true only if the token verifies.
    #[must_use]
    pub const fn attempt(&self) -> Attempt {
        self.attempt
    }
}

impl fmt::Display for LeaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lease.{}.{}.{}", self.generation.0, self.attempt.0, self.mac)
    }
}

impl fmt::Debug for LeaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lease.{}.{}.<redacted>", self.generation.0, self.attempt.0)
    }
}

impl std::str::FromStr for LeaseToken {
    type Err = LeaseTokenError;

    fn from_str(text: &str) -> Result<Self, LeaseTokenError> {
        let mut parts = text.split('.');
        let (Some("lease"), Some(generation), Some(attempt), Some(mac), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(LeaseTokenError);
        };
        let token = Self {
            generation: Generation(generation.parse().map_err(|_| LeaseTokenError)?),
            attempt: Attempt(attempt.parse().map_err(|_| LeaseTokenError)?),
            mac: mac.parse().map_err(|_| LeaseTokenError)?,
        };
        // `+1` and `01` are numbers too, but a token has one form.
        (token.to_string() == text).then_some(token).ok_or(LeaseTokenError)
    }
}

crate::id::text_form!(LeaseToken, r"^lease\.(0|[1-9]\d*)\.(0|[1-9]\d*)\.[0-9a-f]{64}$");

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_token_has_one_form() {
        let mac = "0".repeat(64);
        let token = format!("lease.10.2.{mac}");
        assert_eq!(token.parse::<LeaseToken>().expect("a token").to_string(), token);
        for odd in ["lease.010.2", "lease.+10.2", "lease.10.02", "lease.10.+2"] {
            assert_eq!(format!("{odd}.{mac}").parse::<LeaseToken>(), Err(LeaseTokenError), "{odd}");
        }
    }

    #[test]
    fn a_token_verifies_only_for_its_task_worker_generation_attempt_and_key() {
        let key = LeaseKey::new([7; 32]);
        let task = TaskId::from_uuid(Uuid::from_u128(1));
        let worker = WorkerId::from_uuid(Uuid::from_u128(2));
        let token = key.sign(task, worker, Generation(3), Attempt(4));
        let read: LeaseToken = token.to_string().parse().expect("a token");
        assert!(key.verify(&read, task, worker));
        assert!(!key.verify(&read, TaskId::from_uuid(Uuid::from_u128(9)), worker));
        assert!(!key.verify(&read, task, WorkerId::from_uuid(Uuid::from_u128(9))));
        assert!(!LeaseKey::new([8; 32]).verify(&read, task, worker));
        let forged: LeaseToken =
            token.to_string().replace("lease.3.4", "lease.3.5").parse().expect("a token");
        assert!(!key.verify(&forged, task, worker));
        assert!(!format!("{token:?}").contains(&token.to_string()));
    }
}
