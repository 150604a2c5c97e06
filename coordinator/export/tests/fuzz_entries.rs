//! The entry of the fuzz target, with a small data set and random changes to it.

#[path = "../fuzz/entries/verify.rs"]
mod verify;

use proptest::prelude::*;

const WHOLE: &str = include_str!("../fuzz/seeds/verify/small");

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_folder_is_judged_whatever_stands_in_it(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        verify::verify(&bytes);
    }
}
