//! What must hold for every reply, whoever writes it.

use hafs_quality::reply::{FieldSpec, ReplyShape, parse_object};

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
