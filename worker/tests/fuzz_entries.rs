//! The entry of the fuzz target, with random lines of a spool.

#[path = "../fuzz/entries/spool.rs"]
mod spool;

use proptest::prelude::*;

/// Lines that look like those of a segment, among noise.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec!["completion ", "failure ", "reply ", "gone ", "done_", "{}", "\n", " ", "null"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spool_opens_whatever_stands_in_its_file(bytes in bytes()) {
        spool::spool(&bytes);
    }
}
