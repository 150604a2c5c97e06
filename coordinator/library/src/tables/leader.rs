//! Which of several coordinators leads: plans, settles and makes backups. It is held by a row of the library and no
//! clock is compared: a coordinator leads as long as its count of beats rises, and whoever has watched the same count
//! for long enough, by a clock of its own, takes its place.

use super::meta;
use crate::db::Tx;
use crate::error::StoreError;

const KEY: &str = "leader";

/// A coordinator that leads, or led.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reign {
    /// Random text of its process's life.
    pub holder: String,
    /// How often it has said that it lives.
    pub beat: u64,
}

/// Who leads, if anybody ever did.
///
/// # Errors
/// [`StoreError::Column`] when it is damaged.
pub fn current(tx: &mut dyn Tx) -> Result<Option<Reign>, StoreError> {
    let Some(text) = meta::find(tx, KEY)? else { return Ok(None) };
    let parts = text.split_once(' ').and_then(|(holder, beat)| Some((holder, beat.parse().ok()?)));
    let (holder, beat) = parts.ok_or_else(|| meta::damaged("leader: expected a name and a number"))?;
    Ok(Some(Reign { holder: holder.to_owned(), beat }))
}

/// Takes the lead over from what was last seen; whether nothing has changed since.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn take(tx: &mut dyn Tx, me: &str, seen: Option<&Reign>) -> Result<bool, StoreError> {
    let unchanged = current(tx)?.as_ref() == seen;
    if unchanged {
        put(tx, me, 0)?;
    }
    Ok(unchanged)
}

/// Says that the leader lives; whether it still leads.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn beat(tx: &mut dyn Tx, me: &str) -> Result<bool, StoreError> {
    match current(tx)? {
        Some(reign) if reign.holder == me => put(tx, me, reign.beat.wrapping_add(1)).map(|()| true),
        Some(_) | None => Ok(false),
    }
}

/// Gives the lead up, so that nobody has to wait for it.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn resign(tx: &mut dyn Tx, me: &str) -> Result<(), StoreError> {
    if leads(tx, me)? { put(tx, NOBODY, 0) } else { Ok(()) }
}

/// Whether this coordinator leads: asked inside a transaction of the leader, because it may have been replaced while
/// it stood still.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn leads(tx: &mut dyn Tx, me: &str) -> Result<bool, StoreError> {
    Ok(current(tx)?.is_some_and(|reign| reign.holder == me))
}

/// The holder of a lead that was given up.
pub const NOBODY: &str = "nobody";

fn put(tx: &mut dyn Tx, holder: &str, beat: u64) -> Result<(), StoreError> {
    meta::put(tx, KEY, &format!("{holder} {beat}"))
}
