//! What must hold for every table that is imported.

use hafs_graph::Origin;
use hafs_graph::import::{Format, read};
use hafs_proto::ContentHash;

/// A table is refused, or what was read of it is in canonical order and can be written and read again.
///
/// # Panics
/// When it is not.
pub fn tables(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for format in [Format::Knowledge, Format::Symbols, Format::Routines] {
        for file in ["a.sym", "a.md", "a.csv"] {
            let Ok(imported) = read(format, file, &text) else { continue };
            let origin =
                Origin { path: file, importer: format.word(), version: 1, hash: ContentHash::of(bytes) };
            for source in imported.facts.sources(&origin) {
                assert!(source.is_settled());
                let written = serde_json::to_string(&source).expect("writes");
                assert_eq!(
                    serde_json::from_str::<hafs_proto::graph::SourceFacts>(&written).expect("reads"),
                    source
                );
            }
        }
    }
}
