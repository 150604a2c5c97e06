//! Near-duplicates by MinHash and locality-sensitive hashing over word shingles.
//!
//! A signature has 128 minima, cut into 32 bands of 4. Two texts become candidates when they share a band, which
//! happens with probability `1 - (1 - s^4)^32` at Jaccard similarity `s`:
//!
//! | s | 0.2 | 0.3 | 0.4 | 0.5 | 0.6 | 0.7 | 0.8 | 0.9 |
//! |---|---|---|---|---|---|---|---|---|
//! | P | 0.05 | 0.23 | 0.56 | 0.87 | 0.99 | 0.9999 | 1 - 5e-8 | 1 - 5e-15 |
//!
//! Bands only propose. Whether a pair is a duplicate is decided by the exact Jaccard similarity of the shingles
//! ([`Shingles::jaccard`]), so that a forged or accidental collision of bands drops nothing.
//! Source: Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3.

mod shingle;
mod signature;

#[cfg(test)]
mod recall;

pub use shingle::Shingles;
pub use signature::{BANDS, MINS, Signature, SignatureError, VERSION};
