//! Randomness from the operating system.

use thiserror::Error;

/// The operating system gave no randomness.
#[derive(Debug, Error)]
#[error("the operating system gave no randomness; without it ids and tokens could be guessed")]
pub struct EntropyError(#[source] getrandom::Error);

/// `N` random bytes, good enough for keys.
///
/// # Errors
/// [`EntropyError`] when the operating system has none (a container without a random device).
pub fn bytes<const N: usize>() -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(EntropyError)?;
    Ok(bytes)
}

/// A random number over the whole range, for jitter and for seeds that a person did not choose.
///
/// # Errors
/// [`EntropyError`] when the operating system has none.
pub fn number() -> Result<u64, EntropyError> {
    bytes().map(u64::from_le_bytes)
}
