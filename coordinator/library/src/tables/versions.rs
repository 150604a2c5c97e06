//! Numbers that rise with every change of what coordinators keep in memory, so that each hears of the changes that
//! the others make. They stand in the same transaction as the change, and writes follow one another, so nobody can
//! see the number without the change.

use super::meta;
use crate::db::Tx;
use crate::error::StoreError;

/// What coordinators keep in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Valid tokens.
    Credentials,
    /// What workers are and what is wished of them. Signs of life are no change.
    Workers,
    /// Knowledge graphs.
    Graphs,
}

impl Topic {
    const fn key(self) -> &'static str {
        match self {
            Self::Credentials => "version.credentials",
            Self::Workers => "version.workers",
            Self::Graphs => "version.graphs",
        }
    }
}

/// Says that something has changed.
pub(crate) fn changed(tx: &mut dyn Tx, topic: Topic) -> Result<(), StoreError> {
    let next = of(tx, topic)?.wrapping_add(1);
    meta::put(tx, topic.key(), &next.to_string())
}

/// How often something has changed.
///
/// # Errors
/// [`StoreError::Column`] when it is damaged.
pub fn of(tx: &mut dyn Tx, topic: Topic) -> Result<u64, StoreError> {
    let Some(text) = meta::find(tx, topic.key())? else { return Ok(0) };
    text.parse().map_err(|_| meta::damaged(&format!("{}: expected a number", topic.key())))
}
