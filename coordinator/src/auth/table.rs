//! The table of valid tokens, in memory. It follows the library: every change is committed there first, then
//! here, so a revoked token stops working at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use hafs_domain::rotation::{self, Secrets};
use hafs_proto::people::Scope;
use hafs_proto::{ContentHash, CredentialId, Network, Timestamp, WorkerId};
use tokio::sync::watch;

use super::BearerToken;

/// Who a valid token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The credential.
    pub id: CredentialId,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// The worker, if it is a worker's.
    pub worker: Option<WorkerId>,
    /// Where it may be used from; absent: from anywhere.
    pub network: Option<Network>,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Who it belongs to.
    pub identity: Identity,
    /// Hashes of the secrets that are taken.
    pub secrets: Secrets,
    /// Since when the current one is in force.
    pub secret_at: Timestamp,
    /// Whether people want it replaced.
    pub rotate_wanted: bool,
    /// Until when it is valid; absent: until it is revoked.
    pub expires_at: Option<Timestamp>,
}

/// Valid tokens by id.
#[derive(Debug)]
pub struct Table {
    entries: RwLock<BTreeMap<CredentialId, Entry>>,
    /// Changes with every revocation, so that long polls look again.
    revocations: watch::Sender<u64>,
}

impl Default for Table {
    fn default() -> Self {
        Self { entries: RwLock::default(), revocations: watch::channel(0).0 }
    }
}

impl Table {
    /// Adds or replaces a row.
    pub fn put(&self, entry: Entry) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.insert(entry.identity.id, entry);
    }

    /// Replaces all rows. Who waits hears of those that have gone.
    pub fn replace(&self, rows: impl IntoIterator<Item = Entry>) {
        let rows: BTreeMap<CredentialId, Entry> =
            rows.into_iter().map(|entry| (entry.identity.id, entry)).collect();
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let gone = entries.keys().any(|id| !rows.contains_key(id));
        *entries = rows;
        drop(entries);
        if gone {
            self.revocations.send_modify(|count| *count += 1);
        }
    }

    /// Takes a row out: revoked, used up or expired.
    pub fn remove(&self, id: CredentialId) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.revocations.send_modify(|count| *count += 1);
    }

    /// Whether a credential is still valid.
    #[must_use]
    pub fn holds(&self, id: CredentialId, now: Timestamp) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(&id).is_some_and(|entry| entry.valid_at(now))
    }

    /// Notes that the secret of a worker's credential is to be replaced.
    pub fn want_rotation(&self, id: CredentialId) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(&id) {
            entry.rotate_wanted = true;
        }
    }

    /// Whether the secret of a credential is to be replaced, because people want it or because of its age.
    #[must_use]
    pub fn rotation_due(&self, id: CredentialId, now: Timestamp, max_age: Duration) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries
            .get(&id)
            .is_some_and(|entry| entry.rotate_wanted || rotation::is_due(entry.secret_at, now, max_age))
    }

    /// Wakes when something was revoked.
    #[must_use]
    pub fn revocations(&self) -> watch::Receiver<u64> {
        self.revocations.subscribe()
    }

    /// Whose token it is, if it is valid. An unknown id costs the same comparison as a wrong secret.
    #[must_use]
    pub fn identify(&self, token: &BearerToken, now: Timestamp) -> Option<Identity> {
        let presented = token.secret_hash();
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(&token.id());
        let nothing = || Secrets { current: ContentHash::of(b"no such credential"), previous: None };
        let matches = entry.map_or_else(nothing, |entry| entry.secrets).accepts(presented, now);
        entry.filter(|entry| matches && entry.valid_at(now)).map(|entry| entry.identity.clone())
    }
}

impl Entry {
    fn valid_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::TokenKind;
    use std::time::Duration;
    use uuid::Uuid;

    #[test]
    fn a_token_is_valid_until_it_expires_or_is_removed_and_never_with_another_secret() {
        let (table, now) = (Table::default(), Timestamp::EPOCH);
        let id = CredentialId::from_uuid(Uuid::from_u128(1));
        let token = BearerToken::new(TokenKind::People, id, &[1; 32]);
        let identity = Identity { id, scopes: [Scope::Read].into(), worker: None, network: None };
        let end = now.plus(Duration::from_secs(60));
        table.put(Entry {
            identity: identity.clone(),
            secrets: Secrets { current: token.secret_hash(), previous: None },
            secret_at: now,
            rotate_wanted: false,
            expires_at: Some(end),
        });
        assert_eq!(table.identify(&token, now), Some(identity));
        assert_eq!(table.identify(&BearerToken::new(TokenKind::People, id, &[2; 32]), now), None);
        assert_eq!(table.identify(&BearerToken::new(TokenKind::Worker, id, &[1; 32]), now), None);
        assert_eq!(table.identify(&token, end), None);
        let woken = table.revocations();
        table.remove(id);
        assert_eq!(table.identify(&token, now), None);
        assert!(woken.has_changed().expect("the table lives"));
    }
}
