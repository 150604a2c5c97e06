//! Periodic backups: files `library-MILLISECONDS.db` in `backups` beside the library, each verified before it got that
//! name.

use std::path::PathBuf;
use std::time::Duration;

use hafs_proto::Timestamp;

use crate::app::Core;
use crate::settings::Settings;

/// The name of a copy that nobody has verified yet.
pub const UNVERIFIED: &str = "unverified.db";

/// How often a backup is made, and how many are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupPlan {
    /// Between two of them.
    pub every: Duration,
    /// The last so many are kept; none are made if it is zero.
    pub keep: usize,
}

/// Where they are.
#[must_use]
pub fn folder(settings: &Settings) -> PathBuf {
    settings.data_dir.join("backups")
}

/// The name of the one that was made at this time.
#[must_use]
pub fn name(at: Timestamp) -> String {
    format!("library-{}.db", at.as_millis())
}

/// When the backups that are there were made, oldest first.
#[must_use]
pub fn found(settings: &Settings) -> Vec<Timestamp> {
    let Ok(entries) = std::fs::read_dir(folder(settings)) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found: Vec<Timestamp> = names.filter_map(|name| made_at(&name)).collect();
    found.sort();
    found
}

fn made_at(name: &str) -> Option<Timestamp> {
    let millis = name.strip_prefix("library-")?.strip_suffix(".db")?;
    Timestamp::from_millis(millis.parse().ok()?).ok()
}

/// Those that are not among the last `keep`.
#[must_use]
pub fn surplus(found: &[Timestamp], keep: usize) -> Vec<Timestamp> {
    found.iter().copied().take(found.len().saturating_sub(keep)).collect()
}

/// Age of the newest one, or of this process while there is none.
#[must_use]
pub fn age(app: &Core, now: Timestamp) -> Duration {
    now.since(found(&app.settings).last().copied().unwrap_or(app.started_at))
}

/// Whether the next one is due.
#[must_use]
pub fn is_due(app: &Core, now: Timestamp) -> bool {
    let BackupPlan { every, keep } = app.settings.backups;
    keep > 0 && age(app, now) >= every
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_time_and_other_files_are_left_alone() {
        let at = Timestamp::EPOCH.plus(Duration::from_millis(1_700_000_000_123));
        assert_eq!(made_at(&name(at)), Some(at));
        for other in ["library.db", UNVERIFIED, "library-x.db", "library-1.db.partial", "library-.db"] {
            assert_eq!(made_at(other), None, "{other}");
        }
    }

    #[test]
    fn the_oldest_make_room_for_the_newest() {
        let at = |seconds| Timestamp::EPOCH.plus(Duration::from_secs(seconds));
        let found = [at(1), at(2), at(3)];
        assert_eq!(surplus(&found, 2), [at(1)]);
        assert_eq!(surplus(&found, 3), []);
        assert_eq!(surplus(&[], 3), []);
    }
}
