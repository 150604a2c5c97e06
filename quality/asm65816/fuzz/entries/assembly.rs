//! What must hold for every text, whoever writes it.

use hafs_asm65816::check::check;
use hafs_asm65816::encode::{Options, encode};
use hafs_asm65816::names::names;
use hafs_asm65816::syntax::{Dialect, parse, runs};

/// Every text is read, checked and encoded without a panic, and every place lies inside it.
///
/// # Panics
/// When a place does not.
pub fn assembly(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for run in runs(&text) {
        assert!(text.get(run).is_some());
    }
    for dialect in [None, Some(Dialect::Asar), Some(Dialect::Ca65), Some(Dialect::Wla)] {
        let checked = check(&text, dialect).expect("short enough");
        for found in &checked.diagnostics {
            assert!(text.get(found.span.range()).is_some());
            assert!(!found.message.is_empty());
        }
        let program = parse(&text, dialect).expect("short enough");
        let encoded = encode(&program, &names(&program), &Options { origin: 0x8000, symbols: &|_| None });
        assert_eq!(encoded.bytes.len(), program.statements.len());
    }
}
