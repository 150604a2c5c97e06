//! The form of a segment: lines, so that a person can read it and one damaged line does not hide the next.
//!
//! `WORD KEY CHECKSUM BODY`, where the body is JSON without a line break, or `gone KEY CHECKSUM` for an entry that is
//! not needed any more. The checksum covers word, key and body.

use hafs_proto::ContentHash;

use super::error::Damage;

const GONE: &str = "gone";

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A result on its way to the coordinator.
    Completion,
    /// A failure on its way to the coordinator.
    Failure,
    /// A reply that is not part of a result yet.
    Reply,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Completion, Self::Failure, Self::Reply];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Completion => "completion",
            Self::Failure => "failure",
            Self::Reply => "reply",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Something to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// Unique among all entries; printable, without a space.
    pub(super) key: String,
    /// JSON on one line.
    pub(super) body: String,
}

/// A line that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Entry(Entry),
    Gone(String),
}

fn checksum(word: &str, key: &str, body: &str) -> ContentHash {
    ContentHash::of_parts([word, key, body])
}

/// The line of an entry.
pub(super) fn encode(entry: &Entry) -> String {
    let Entry { kind, key, body } = entry;
    format!("{} {key} {} {body}\n", kind.word(), checksum(kind.word(), key, body))
}

/// The line that takes an entry back.
pub(super) fn encode_gone(key: &str) -> String {
    format!("{GONE} {key} {}\n", checksum(GONE, key, ""))
}

/// Reads a line. One that does not end in a line break was cut short.
pub(super) fn decode(line: &[u8]) -> Result<Line, Damage> {
    let line = line.strip_suffix(b"\n").ok_or(Damage::Cut)?;
    let line = std::str::from_utf8(line).map_err(|_| Damage::Checksum)?;
    let mut parts = line.splitn(4, ' ');
    let (Some(word), Some(key), Some(sum)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Damage::Header);
    };
    let body = parts.next();
    if sum != checksum(word, key, body.unwrap_or_default()).to_string() {
        return Err(Damage::Checksum);
    }
    match (Kind::of(word), body) {
        (Some(kind), Some(body)) => {
            Ok(Line::Entry(Entry { kind, key: key.to_owned(), body: body.to_owned() }))
        }
        (None, None) if word == GONE => Ok(Line::Gone(key.to_owned())),
        _ => Err(Damage::Header),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry() -> impl Strategy<Value = Entry> {
        ("[a-z0-9_]{1,40}", "[^\n]{0,200}", 0_usize..3).prop_map(|(key, body, kind)| Entry {
            kind: Kind::ALL[kind],
            key,
            body,
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_stays_on_one_line(entry in entry()) {
            let line = encode(&entry);
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert_eq!(decode(line.as_bytes()), Ok(Line::Entry(entry.clone())));
            let gone = encode_gone(&entry.key);
            prop_assert_eq!(decode(gone.as_bytes()), Ok(Line::Gone(entry.key)));
        }

        #[test]
        fn a_flipped_bit_or_a_cut_is_noticed(entry in entry(), at: usize, bit in 0_u8..8, cut: bool, gone: bool) {
            let mut bytes = if gone { encode_gone(&entry.key) } else { encode(&entry) }.into_bytes();
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
            prop_assert!(decode(&bytes).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
