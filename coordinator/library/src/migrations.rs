//! Migrations: numbered files, the same for every database.

use hafs_proto::ContentHash;

/// One step from a version to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// The version that it leads to.
    pub(crate) version: i64,
    /// Its file.
    pub(crate) name: &'static str,
    /// Its statements, as SQLite reads them.
    pub(crate) sql: &'static str,
}

/// Every migration, in order. A released one is never edited.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "0001_library.sql", sql: include_str!("../migrations/0001_library.sql") },
    Migration { version: 2, name: "0002_tries.sql", sql: include_str!("../migrations/0002_tries.sql") },
    Migration { version: 3, name: "0003_joining.sql", sql: include_str!("../migrations/0003_joining.sql") },
    Migration { version: 4, name: "0004_trust.sql", sql: include_str!("../migrations/0004_trust.sql") },
    Migration { version: 5, name: "0005_quota.sql", sql: include_str!("../migrations/0005_quota.sql") },
    Migration { version: 6, name: "0006_tool_use.sql", sql: include_str!("../migrations/0006_tool_use.sql") },
    Migration { version: 7, name: "0007_hearsay.sql", sql: include_str!("../migrations/0007_hearsay.sql") },
    Migration { version: 8, name: "0008_graph.sql", sql: include_str!("../migrations/0008_graph.sql") },
    Migration {
        version: 9,
        name: "0009_repetition.sql",
        sql: include_str!("../migrations/0009_repetition.sql"),
    },
    Migration {
        version: 10,
        name: "0010_seed_rewrites.sql",
        sql: include_str!("../migrations/0010_seed_rewrites.sql"),
    },
    Migration { version: 11, name: "0011_review.sql", sql: include_str!("../migrations/0011_review.sql") },
    Migration { version: 12, name: "0012_trials.sql", sql: include_str!("../migrations/0012_trials.sql") },
    Migration { version: 13, name: "0013_told.sql", sql: include_str!("../migrations/0013_told.sql") },
];

/// The version that the last migration leads to.
pub(crate) fn latest(migrations: &[Migration]) -> i64 {
    migrations.last().map_or(0, |migration| migration.version)
}

impl Migration {
    /// The hash of its text, the same for every database.
    pub(crate) fn checksum(&self) -> ContentHash {
        // Line ends may differ between checkouts.
        ContentHash::of(self.sql.replace("\r\n", "\n").as_bytes())
    }

    /// Compares with the checksum of what was applied.
    pub(crate) fn compare(&self, applied: &[u8]) -> Result<(), String> {
        if applied == self.checksum().as_bytes() {
            return Ok(());
        }
        Err(format!(
            "was applied in another form than this program's {}: use the program that wrote it",
            self.name
        ))
    }
}
