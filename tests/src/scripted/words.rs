//! Sentences drawn from a hash: always the same for one hash, hardly a word in common for two.

use hafs_proto::ContentHash;

const ONSETS: [&str; 16] =
    ["b", "br", "d", "dr", "f", "g", "gl", "k", "l", "m", "n", "p", "pl", "s", "t", "v"];
const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ea", "ou"];
const CODAS: [&str; 8] = ["", "n", "r", "l", "m", "st", "nd", "ck"];

/// A stream of words.
pub(super) struct Stream {
    seed: ContentHash,
    drawn: u64,
}

impl Stream {
    pub(super) const fn new(seed: ContentHash) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A sentence of this many words.
    pub(super) fn sentence(&mut self, words: usize) -> String {
        let text = (0..words).map(|_| self.word()).collect::<Vec<_>>().join(" ");
        format!("The {text}.")
    }

    fn word(&mut self) -> String {
        self.drawn += 1;
        let hash = ContentHash::of_parts([self.seed.to_string().as_str(), &self.drawn.to_string()]);
        let bytes = hash.as_bytes();
        let pick = |at: usize, from: &[&'static str]| from[usize::from(bytes[at]) % from.len()];
        (0..2)
            .flat_map(|syllable| {
                let at = syllable * 3;
                [pick(at, &ONSETS), pick(at + 1, &VOWELS), pick(at + 2, &CODAS)]
            })
            .collect()
    }
}
