//! What must hold for every input, whoever chooses it: the fuzz targets and the property tests run these.

use hafs_quality::reply::{FieldSpec, ReplyShape, parse_object};
use hafs_quality::secrets::{redact, scan};
use hafs_quality::syntax::{Language, units};
use hafs_quality::{fences, sections};

/// A reply is read whole or refused.
///
/// # Panics
/// When a record lacks a required field.
pub fn reply(bytes: &[u8]) {
    let shape = ReplyShape::new(vec![
        FieldSpec::text("instruction"),
        FieldSpec::text("input").optional(),
        FieldSpec::text("output"),
    ]);
    let Ok(parsed) = parse_object(&String::from_utf8_lossy(bytes), &shape) else { return };
    assert!(!parsed.records.is_empty());
    for record in &parsed.records {
        assert!(!record.text("instruction").trim().is_empty());
        assert!(!record.text("output").trim().is_empty());
    }
}

/// A redacted text has nothing left to redact.
///
/// # Panics
/// When something is still found.
pub fn redacted(bytes: &[u8]) {
    let (clean, _) = redact(&String::from_utf8_lossy(bytes));
    assert_eq!(scan(&clean), []);
}

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
        for unit in units(*language, &text).unwrap_or_default() {
            assert!(text.get(unit.range).is_some());
        }
    }
}
