//! Shingles: the set of short word sequences of a text.

use xxhash_rust::xxh3::xxh3_64;

use crate::canon::canon;

/// Words in a shingle by words in the text, longest first. Short texts have few shingles, so one changed word would
/// change too large a part of them; shorter shingles keep the similarity meaningful.
const LADDER: [(usize, usize); 4] = [(40, 5), (16, 3), (4, 2), (0, 1)];

/// The hashed word shingles of a text, sorted and unique.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shingles(Vec<u64>);

impl Shingles {
    /// The shingles of a sample: of its instruction and output as one text.
    #[must_use]
    pub fn of_sample(instruction: &str, output: &str) -> Self {
        Self::of(&format!("{instruction}\n{output}"))
    }

    /// The shingles of a text, five words long, or fewer for short texts.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let form = canon(text);
        let words = words(&form);
        let size = LADDER.iter().find(|(least, _)| words.len() >= *least).map_or(1, |&(_, size)| size);
        Self::of_words(&words, size)
    }

    /// The shingles of a text at a given length, so that two texts of different size can be compared.
    #[must_use]
    pub fn of_size(text: &str, size: usize) -> Self {
        let form = canon(text);
        Self::of_words(&words(&form), size)
    }

    fn of_words(words: &[&str], size: usize) -> Self {
        if words.is_empty() {
            return Self::default();
        }
        let mut joined = String::new();
        let mut hashes: Vec<u64> = words
            .windows(size.clamp(1, words.len()))
            .map(|window| {
                joined.clear();
                for word in window {
                    joined.push_str(word);
                    joined.push('\u{1f}');
                }
                xxh3_64(joined.as_bytes())
            })
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// The hashes in rising order.
    #[must_use]
    pub fn hashes(&self) -> &[u64] {
        &self.0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the text had no words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The exact Jaccard similarity: common shingles over all shingles. Zero when both are empty, because two
    /// texts without words say nothing about each other.
    #[must_use]
    pub fn jaccard(&self, other: &Self) -> f64 {
        let common = self.common(other);
        ratio(common, self.len() + other.len() - common)
    }

    /// The share of these shingles that `other` has too. Zero when there are none.
    #[must_use]
    pub fn containment_in(&self, other: &Self) -> f64 {
        ratio(self.common(other), self.len())
    }

    fn common(&self, other: &Self) -> usize {
        let (mut a, mut b, mut common) = (self.0.as_slice(), other.0.as_slice(), 0);
        while let (Some((x, rest_a)), Some((y, rest_b))) = (a.split_first(), b.split_first()) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => a = rest_a,
                std::cmp::Ordering::Greater => b = rest_b,
                std::cmp::Ordering::Equal => {
                    common += 1;
                    (a, b) = (rest_a, rest_b);
                }
            }
        }
        common
    }
}

/// The share `part / whole` of two counts; zero of nothing. Counts are far below 2^52, so both are exact.
#[expect(clippy::cast_precision_loss, reason = "counts of words in bounded texts are exact in f64")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The words of a canonical text: runs of letters, digits and `_`, and every operator of code as a word of its own.
/// Punctuation of prose is left out, so that a comma more or less changes nothing.
pub(crate) fn words(form: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in form.char_indices() {
        if c.is_alphanumeric() || c == '_' {
            start.get_or_insert(at);
            continue;
        }
        if let Some(begin) = start.take() {
            words.push(&form[begin..at]);
        }
        if !c.is_whitespace() && !matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '"' | '`') {
            words.push(&form[at..at + c.len_utf8()]);
        }
    }
    words.extend(start.map(|begin| &form[begin..]));
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn code_splits_into_names_and_operators() {
        assert_eq!(words("x_1 += f(a, b) * 2;"), ["x_1", "+", "=", "f", "(", "a", "b", ")", "*", "2"]);
    }

    #[test]
    fn spacing_case_and_punctuation_of_prose_change_nothing() {
        let a = Shingles::of("The queue, it is said, hands out tasks.");
        assert_eq!(a, Shingles::of("the  queue it is said\nhands out TASKS"));
        assert!(Shingles::of(" .,; ").is_empty());
        assert_eq!(Shingles::of("").jaccard(&Shingles::of("")), 0.0);
    }

    proptest! {
        #[test]
        fn jaccard_is_symmetric_within_bounds_and_one_with_itself(a in "[a-e ]{1,80}", b in "[a-e ]{1,80}") {
            let (a, b) = (Shingles::of(&a), Shingles::of(&b));
            prop_assert_eq!(a.jaccard(&b), b.jaccard(&a));
            prop_assert!((0.0..=1.0).contains(&a.jaccard(&b)));
            prop_assert!(a.jaccard(&b) <= a.containment_in(&b) + f64::EPSILON);
            prop_assert_eq!(a.jaccard(&a), if a.is_empty() { 0.0 } else { 1.0 });
        }
    }
}
