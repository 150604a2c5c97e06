//! What must hold for every text that is mined.

use hafs_quality::syntax::{Language, check, units};
use hafs_quality::{fences, sections};

/// Sections, blocks and units lie inside their text.
///
/// # Panics
/// When a range does not.
pub fn sources(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for section in sections::sections(&text) {
        assert!(text.get(section.range).is_some());
    }
    for block in fences::blocks(&text) {
        assert_eq!(text.get(block.range), Some(block.text));
    }
    for language in Language::ALL {
        let _judged = check(*language, &text);
        for unit in units(*language, &text).unwrap_or_default() {
            assert!(text.get(unit.range).is_some());
        }
    }
}
