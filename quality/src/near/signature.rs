//! MinHash signatures: a fixed-size sketch of a set of shingles.

use std::sync::LazyLock;

use thiserror::Error;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::shingle::Shingles;

/// Minima of a signature.
pub const MINS: usize = 128;
/// Bands of a signature.
pub const BANDS: usize = 32;
/// Minima of a band.
const ROWS: usize = MINS / BANDS;
/// Raised whenever words, shingles or permutations change: signatures of different versions cannot be compared.
pub const VERSION: u8 = 1;
/// Bytes of a stored signature: the version and the minima in little endian.
const BYTES: usize = 1 + MINS * 4;

/// The sketch of a text. The share of equal minima estimates the Jaccard similarity with a standard error of
/// `sqrt(s (1 - s) / 128)`, at most 0.044.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    mins: [u32; MINS],
}

/// Why bytes are not a signature of this version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// Not as many bytes as a signature has.
    #[error("a signature has {BYTES} bytes, not {0}; the row is damaged")]
    Length(usize),
    /// Made by other rules.
    #[error(
        "the signature has version {0}, this program compares version {VERSION}; compute it again from the sample"
    )]
    Version(u8),
}

/// The permutations `x -> (a x + b) mod 2^64 >> 32` with odd `a`. All bits of `a` and `b` come from XXH3, so they
/// are the same on every machine and for ever.
static PERMUTATIONS: LazyLock<[(u64, u64); MINS]> = LazyLock::new(|| {
    std::array::from_fn(|index| {
        let name = [u8::try_from(index).unwrap_or(u8::MAX)];
        (xxh3_64_with_seed(&name, 0x68_6166_7301) | 1, xxh3_64_with_seed(&name, 0x68_6166_7302))
    })
});

impl Signature {
    /// The signature of a sample's instruction and output. None when they have no words: such texts are equal
    /// to nothing.
    #[must_use]
    pub fn of(instruction: &str, output: &str) -> Option<Self> {
        Self::of_shingles(&Shingles::of_sample(instruction, output))
    }

    /// The signature of a set of shingles. None for the empty set.
    #[must_use]
    pub fn of_shingles(shingles: &Shingles) -> Option<Self> {
        if shingles.is_empty() {
            return None;
        }
        let mut mins = [u32::MAX; MINS];
        for &hash in shingles.hashes() {
            for (min, (a, b)) in mins.iter_mut().zip(PERMUTATIONS.iter()) {
                *min = (*min).min(high_half(hash.wrapping_mul(*a).wrapping_add(*b)));
            }
        }
        Some(Self { mins })
    }

    /// The estimated Jaccard similarity.
    #[must_use]
    pub fn jaccard_estimate(&self, other: &Self) -> f64 {
        let equal = self.mins.iter().zip(&other.mins).filter(|(a, b)| a == b).count();
        f64::from(u8::try_from(equal).unwrap_or(u8::MAX)) / 128.0
    }

    /// The hash of each band, by band: the rows `(band, hash)` of an index. Two signatures that share a row are
    /// candidates.
    #[must_use]
    pub fn bands(&self) -> [u64; BANDS] {
        let (bands, _) = self.mins.as_chunks::<ROWS>();
        std::array::from_fn(|band| {
            let mut bytes = [0; ROWS * 4];
            for (bytes, min) in bytes.chunks_exact_mut(4).zip(bands[band]) {
                bytes.copy_from_slice(&min.to_le_bytes());
            }
            xxh3_64(&bytes)
        })
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(VERSION);
        bytes.extend(self.mins.iter().flat_map(|min| min.to_le_bytes()));
        bytes
    }

    /// A signature from its stored form.
    ///
    /// # Errors
    /// [`SignatureError`] when the bytes are damaged or were made by another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SignatureError> {
        let (&version, rest) = bytes.split_first().ok_or(SignatureError::Length(0))?;
        if version != VERSION {
            return Err(SignatureError::Version(version));
        }
        let (chunks, odd) = rest.as_chunks::<4>();
        if chunks.len() != MINS || !odd.is_empty() {
            return Err(SignatureError::Length(bytes.len()));
        }
        Ok(Self { mins: std::array::from_fn(|index| u32::from_le_bytes(chunks[index])) })
    }
}

fn high_half(word: u64) -> u32 {
    let [_, _, _, _, high @ ..] = word.to_le_bytes();
    u32::from_le_bytes(high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_signature_of_a_known_text_never_changes() {
        let signature = Signature::of("Explain.", "It opens the file and reads a line.").expect("has words");
        let stored = hafs_proto::ContentHash::of(&signature.to_bytes()).to_string();
        assert_eq!(&stored[..16], GOLDEN, "raise VERSION when this changes");
    }

    const GOLDEN: &str = "e4e6c4c34d5637a1";

    #[test]
    fn damaged_and_foreign_bytes_are_refused() {
        let bytes = Signature::of("a", "b").expect("has words").to_bytes();
        assert_eq!(Signature::from_bytes(&bytes[..10]), Err(SignatureError::Length(10)));
        assert_eq!(Signature::from_bytes(&[]), Err(SignatureError::Length(0)));
        let foreign: Vec<u8> = std::iter::once(9).chain(bytes[1..].iter().copied()).collect();
        assert_eq!(Signature::from_bytes(&foreign), Err(SignatureError::Version(9)));
        assert_eq!(Signature::of("", " .. "), None);
    }

    proptest! {
        #[test]
        fn a_signature_survives_its_stored_form(text in "[a-z ]{1,200}") {
            if let Some(signature) = Signature::of("", &text) {
                prop_assert_eq!(Signature::from_bytes(&signature.to_bytes()), Ok(signature));
            }
        }
    }
}
