//! What must hold for every text that is redacted.

use hafs_quality::secrets::{redact, scan};

/// A redacted text has nothing left to redact.
///
/// # Panics
/// When something is still found.
pub fn redacted(bytes: &[u8]) {
    let (clean, _) = redact(&String::from_utf8_lossy(bytes));
    assert_eq!(scan(&clean), []);
}
