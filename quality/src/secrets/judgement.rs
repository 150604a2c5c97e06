//! Tells secrets from what only stands where a secret could stand.

use std::collections::BTreeMap;

/// The Shannon entropy of a text's bytes, in bits per byte.
/// Source: C. E. Shannon, "A Mathematical Theory of Communication", 1948, section 6.
#[expect(clippy::cast_precision_loss, reason = "lengths of matches are exact in f64")]
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
    for byte in text.bytes() {
        *counts.entry(byte).or_default() += 1;
    }
    let len = text.len() as f64;
    counts.values().map(|&count| count as f64 / len).map(|share| -share * share.log2()).sum()
}

/// Whether a value looks chosen by chance: letters mixed with digits or symbols, no name, and at least 80 % of the
/// entropy that its length allows, or 3 bits where that is less.
pub(super) fn looks_random(value: &str) -> bool {
    let longest = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX)).log2();
    value.len() >= 8
        && entropy(value) >= (0.8 * longest).min(3.0)
        && value.bytes().any(|b| b.is_ascii_alphabetic())
        && value.bytes().any(|b| b.is_ascii_digit())
        && !is_name(value)
        && !is_uuid(value)
}

/// Whether a value is made of words with at most a short number behind each: `utf8_string`, `next-token-2`,
/// `sha256`, `config.toml`, `a/b/c1`; or a constant in capitals: `D3D10_TYPE`.
pub(super) fn is_name(value: &str) -> bool {
    let constant = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    if value.contains('_') && value.bytes().all(constant) {
        return true;
    }
    value.split(|c: char| !c.is_ascii_alphanumeric()).all(|part| {
        let digits = part.bytes().rev().take_while(u8::is_ascii_digit).count();
        digits <= 4 && part[..part.len() - digits].bytes().all(|b| b.is_ascii_alphabetic()) && few_humps(part)
    }) && !value.contains(['!', '@', '#', '%', '^', '&', '*', '+', '='])
}

/// Whether a word changes from lower to upper case as rarely as names do.
fn few_humps(word: &str) -> bool {
    let humps =
        word.as_bytes().windows(2).filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase()).count();
    humps * 4 <= word.len()
}

fn is_uuid(value: &str) -> bool {
    let lengths = value.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && value.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// Whether a value stands for a secret instead of being one.
pub(super) fn is_placeholder(value: &str) -> bool {
    const WORDS: [&str; 21] = [
        "example",
        "placeholder",
        "changeme",
        "change-me",
        "change_me",
        "your",
        "xxxx",
        "****",
        "....",
        "dummy",
        "redacted",
        "insert",
        "sample",
        "fake",
        "secret_here",
        "goes-here",
        "goes_here",
        "not-a-real",
        "<",
        "${",
        "{{",
    ];
    let lower = value.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word)) || lower.starts_with(['$', '%', '{', '@'])
}

/// Whether a value is a path or an address rather than a secret.
pub(super) fn is_place(value: &str) -> bool {
    ["/", "./", "../", "~/", "http://", "https://", "file:"].iter().any(|start| value.starts_with(start))
        || value.contains("::")
        || value.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_told_from_names_hashes_of_names_and_ids() {
        for value in ["S3cr3t!Pass", "abc123def456", "k7Qp2vXz9LmN4RtB", "9f3a7c1e5b2d8046"] {
            assert!(looks_random(value), "{value}");
        }
        for value in [
            "utf8_string_v2",
            "next-token-2",
            "sha256",
            "password",
            "aaaaaaaa1111",
            "config.dev2.toml",
            "TokenKind2",
            "D3D10_RETURN_TYPE",
            "550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert!(!looks_random(value), "{value}");
        }
    }

    #[test]
    fn entropy_of_equal_symbols_is_zero_and_of_distinct_ones_the_logarithm() {
        assert!(entropy("aaaa").abs() < 1e-12);
        assert!((entropy("abcdefgh") - 3.0).abs() < 1e-12);
    }
}
