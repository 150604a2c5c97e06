//! The entries of the fuzz targets, with the fixtures of the wire, with pieces of words and with random changes to both.

#[path = "../fuzz/entries/bodies.rs"]
mod bodies;
#[path = "../fuzz/entries/words.rs"]
mod words;

use proptest::prelude::*;

/// Words of each kind, as others write them.
const WORDS: [&str; 9] = [
    include_str!("../fuzz/seeds/words/lease"),
    include_str!("../fuzz/seeds/words/pin"),
    include_str!("../fuzz/seeds/words/task"),
    include_str!("../fuzz/seeds/words/worker"),
    include_str!("../fuzz/seeds/words/hash"),
    include_str!("../fuzz/seeds/words/teacher"),
    include_str!("../fuzz/seeds/words/route"),
    include_str!("../fuzz/seeds/words/network"),
    include_str!("../fuzz/seeds/words/network6"),
];

fn fixtures() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/v1");
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    files.sort();
    files.iter().map(|path| std::fs::read(path).expect("a file")).collect()
}

/// A text with a few bytes replaced, and cut off somewhere.
fn altered(texts: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (prop::sample::select(texts), changes, prop::option::weighted(0.2, any::<prop::sample::Index>()))
        .prop_map(|(mut text, changes, cut)| {
            for (at, byte) in changes {
                if let Some(place) =
                    text.len().checked_sub(1).and_then(|last| text.get_mut(at.index(last + 1)))
                {
                    *place = byte;
                }
            }
            if let Some(cut) = cut {
                text.truncate(cut.index(text.len() + 1));
            }
            text
        })
}

#[test]
fn every_fixture_and_every_word_is_read_as_it_is() {
    fixtures().iter().for_each(|text| bodies::bodies(text));
    WORDS.iter().for_each(|word| words::words(word.as_bytes()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_body_is_refused_or_can_be_written_and_read_again(bytes in altered(fixtures())) {
        bodies::bodies(&bytes);
    }

    #[test]
    fn a_word_is_refused_or_is_the_one_form_of_what_it_means(
        bytes in altered(WORDS.iter().map(|word| word.as_bytes().to_vec()).collect())
    ) {
        words::words(&bytes);
    }
}
