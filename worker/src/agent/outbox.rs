//! The results that wait for the coordinator's answer.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_proto::lease::LeaseToken;
use hafs_proto::{CompletionId, TaskId};

use super::parcel::{Kept, ParcelKind, Spooled};

/// A parcel and since when it waits.
#[derive(Debug)]
struct Waiting {
    spooled: Spooled,
    since: Duration,
}

/// The results that wait, oldest first: keys are made in the order of time.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    parcels: BTreeMap<CompletionId, Waiting>,
    /// On their way to the disk.
    storing: BTreeMap<CompletionId, (TaskId, LeaseToken)>,
    bytes: u64,
}

/// Limits of one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchCaps {
    /// Parcels.
    pub items: usize,
    /// Bytes of their JSON forms.
    pub bytes: u64,
}

/// Bytes that a batch needs beside its parcels: the envelope, and a comma for each.
const COMMA: u64 = 1;

impl Outbox {
    pub(super) fn begin_store(&mut self, key: CompletionId, task: TaskId, token: LeaseToken) {
        self.storing.insert(key, (task, token));
    }

    pub(super) fn add(&mut self, spooled: Spooled, since: Duration) {
        self.storing.remove(&spooled.key);
        self.bytes += spooled.bytes;
        let key = spooled.key;
        if let Some(old) = self.parcels.insert(key, Waiting { spooled, since }) {
            self.bytes -= old.spooled.bytes;
        }
    }

    pub(super) fn remove(&mut self, key: CompletionId) -> Option<Spooled> {
        let gone = self.parcels.remove(&key)?;
        self.bytes -= gone.spooled.bytes;
        Some(gone.spooled)
    }

    pub(super) fn set_kept(&mut self, key: CompletionId, kept: Kept) {
        if let Some(waiting) = self.parcels.get_mut(&key) {
            waiting.spooled.kept = kept;
        }
    }

    pub(super) fn holds(&self, key: CompletionId) -> bool {
        self.parcels.contains_key(&key)
    }

    /// Whether a parcel waits, on its way to the disk or for its answer.
    pub(super) fn waits(&self, key: CompletionId) -> bool {
        self.parcels.contains_key(&key) || self.storing.contains_key(&key)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    pub(super) fn is_storing(&self) -> bool {
        !self.storing.is_empty()
    }

    /// Parcels, those on their way to the disk included.
    pub(super) fn len(&self) -> u64 {
        (self.parcels.len() + self.storing.len()) as u64
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn first_in_memory(&self) -> Option<CompletionId> {
        self.parcels.values().find(|w| w.spooled.kept == Kept::InMemory).map(|w| w.spooled.key)
    }

    pub(super) fn last_key(&self) -> Option<CompletionId> {
        self.parcels.last_key_value().map(|(key, _)| *key)
    }

    /// Whether nothing that was there when `last` was the newest is left.
    pub(super) fn is_flushed_to(&self, last: CompletionId) -> bool {
        self.parcels.first_key_value().is_none_or(|(key, _)| *key > last)
    }

    pub(super) fn oldest_age(&self, now: Duration) -> Duration {
        self.parcels.values().map(|w| now.saturating_sub(w.since)).max().unwrap_or_default()
    }

    pub(super) fn leases(&self) -> impl Iterator<Item = (TaskId, LeaseToken)> + '_ {
        let waiting = self.parcels.values().map(|w| (w.spooled.task, w.spooled.token.clone()));
        waiting.chain(self.storing.values().cloned())
    }

    pub(super) fn has_task(&self, task: TaskId) -> bool {
        self.leases().any(|(held, _)| held == task)
    }

    /// The next batch: parcels of the oldest one's kind, oldest first, within the caps but at least one.
    pub(super) fn batch(&self, caps: BatchCaps) -> Option<(ParcelKind, Vec<CompletionId>)> {
        let kind = self.parcels.first_key_value()?.1.spooled.kind;
        let mut bytes = 0_u64;
        let keys: Vec<CompletionId> = self
            .parcels
            .values()
            .filter(|w| w.spooled.kind == kind)
            .take(caps.items.max(1))
            .enumerate()
            .take_while(|(index, w)| {
                bytes += w.spooled.bytes + COMMA;
                *index == 0 || bytes <= caps.bytes
            })
            .map(|(_, w)| w.spooled.key)
            .collect();
        Some((kind, keys))
    }
}
