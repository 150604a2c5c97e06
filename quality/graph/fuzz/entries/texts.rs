//! What must hold for every text that is held to a graph.

use std::collections::BTreeSet;

use hafs_graph::build::{Input, Reading, build};
use hafs_graph::lexicon::Lexicon;
use hafs_graph::registers;
use hafs_graph::text::mentions;
use hafs_proto::ContentHash;

/// The text is read as code of every kind; then its names are found in the graph that this made, at their places.
///
/// # Panics
/// When a mention does not stand where it is said to.
pub fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let input = |path: &str| Input {
        path: path.to_owned(),
        text: text.clone().into_owned(),
        hash: ContentHash::of(bytes),
        reading: Reading::of_path(path).expect("a known ending"),
    };
    let inputs = ["a.asm", "a.cpp", "a.rs", "a.py", "a.md"].map(input);
    let mut lexicon = Lexicon::default();
    registers::facts().claims().for_each(|(claim, _)| lexicon.add(claim));
    for source in build(&inputs).expect("there is no table").sources {
        assert!(source.is_settled());
        source.facts.iter().for_each(|fact| lexicon.add(&fact.claim));
    }
    for mention in mentions(&text, &lexicon, &BTreeSet::new()) {
        assert_eq!(text.get(mention.range), Some(mention.text.as_str()));
    }
}
