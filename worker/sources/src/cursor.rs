//! Where a walk stands, as text that travels through tasks. Whoever sends it back may have changed it, so it
//! is parsed like any other input: bounded, and nothing of it ever becomes an argument unchecked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::error::HarvestError;
use crate::strand::Watch;

/// How far one strand has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Mark {
    /// Nothing seen yet.
    #[default]
    Start,
    /// The item `key` comes next, from its part `part` on.
    At {
        /// The item, by the strand's own naming.
        key: String,
        /// Parts of it that are done.
        part: usize,
    },
    /// Nothing left.
    End,
}

impl Mark {
    /// The item that the mark speaks of.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Start | Self::End => None,
            Self::At { key, .. } => Some(key),
        }
    }

    /// Parts of item `key` that are done.
    pub(crate) fn done_parts(&self, key: &str) -> usize {
        match self {
            Self::At { key: at, part } if at == key => *part,
            Self::Start | Self::End | Self::At { .. } => 0,
        }
    }
}

/// The state of a walk between two pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cursor {
    /// The commit that the walk is pinned to.
    pub(crate) revision: Option<String>,
    /// Whether any page had a seed.
    pub(crate) found: bool,
    /// One mark for each strand, by its name.
    pub(crate) marks: BTreeMap<String, Mark>,
}

const VERSION: &str = "h1";

impl Cursor {
    /// Reads the cursor of a call; none is the start.
    ///
    /// # Errors
    /// [`HarvestError::BadCursor`] when it is not one of ours.
    pub(crate) fn parse_or_start(text: Option<&str>, watch: Watch<'_>) -> Result<Self, HarvestError> {
        text.map_or(Ok(Self::default()), Self::parse).map_err(|detail| watch.bad_cursor(detail))
    }

    /// Reads a cursor.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut words = text.split(' ');
        if words.next() != Some(VERSION) {
            return Err("it is of another version");
        }
        let mut cursor = Self::default();
        for word in words {
            match word.split_once('=') {
                None if word == "found" => cursor.found = true,
                Some(("rev", revision)) if is_object_id(revision) => {
                    cursor.revision = Some(revision.to_owned())
                }
                Some((strand, mark)) if strand != "rev" => {
                    cursor.marks.insert(strand.to_owned(), parse_mark(mark)?);
                }
                _ => return Err("it has a word that is not known"),
            }
        }
        Ok(cursor)
    }

    /// The mark of a strand.
    pub(crate) fn mark(&self, strand: &str) -> Mark {
        self.marks.get(strand).cloned().unwrap_or_default()
    }

    /// Whether every strand is at its end.
    pub(crate) fn ended(&self) -> bool {
        self.marks.values().all(|mark| *mark == Mark::End)
    }

    /// The text form.
    pub(crate) fn to_text(&self) -> String {
        let mut text = VERSION.to_owned();
        if let Some(revision) = &self.revision {
            push(&mut text, format_args!(" rev={revision}"));
        }
        if self.found {
            text.push_str(" found");
        }
        for (strand, mark) in &self.marks {
            match mark {
                Mark::Start => push(&mut text, format_args!(" {strand}=")),
                Mark::At { key, part } => push(&mut text, format_args!(" {strand}={key}#{part}")),
                Mark::End => push(&mut text, format_args!(" {strand}=#")),
            }
        }
        text
    }
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Proof: writing to a String cannot fail.
    text.write_fmt(what).expect("writes to a String");
}

fn parse_mark(text: &str) -> Result<Mark, &'static str> {
    match text.rsplit_once('#') {
        None if text.is_empty() => Ok(Mark::Start),
        Some(("", "")) => Ok(Mark::End),
        Some((key, part)) => {
            let part = part.parse().map_err(|_| "it has a position that is no number")?;
            Ok(Mark::At { key: key.to_owned(), part })
        }
        None => Err("it has a position without a part"),
    }
}

/// Whether a text is an object id of git (SHA-1 or SHA-256 in hex), so that it may stand in a command line.
pub(crate) fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A path's bytes as a key: readable, without the characters that separate the parts of a cursor.
pub(crate) fn encode_key(bytes: &[u8]) -> String {
    let mut key = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || c.is_whitespace() || matches!(c, '%' | '#' | '=') {
                let mut buffer = [0; 4];
                escape(&mut key, c.encode_utf8(&mut buffer).as_bytes());
            } else {
                key.push(c);
            }
        }
        escape(&mut key, chunk.invalid());
    }
    key
}

fn escape(key: &mut String, bytes: &[u8]) {
    for byte in bytes {
        push(key, format_args!("%{byte:02x}"));
    }
}

/// The bytes of a key; the inverse of [`encode_key`]. A stray `%` stands for itself.
pub(crate) fn decode_key(key: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_survives_its_text_form() {
        let marks = [
            ("code".to_owned(), Mark::At { key: "a%20b/c.rs".into(), part: 3 }),
            ("commits".to_owned(), Mark::At { key: "12".into(), part: 0 }),
            ("docs".to_owned(), Mark::End),
            ("todos".to_owned(), Mark::Start),
        ];
        let cursor = Cursor { revision: Some("a".repeat(40)), found: true, marks: marks.into() };
        assert_eq!(Cursor::parse(&cursor.to_text()), Ok(cursor));
    }

    #[test]
    fn a_revision_that_is_no_object_id_is_refused() {
        for bad in ["", "h0", "h1 rev=--upload-pack=x", "h1 rev=HEAD", "h1 docs=x", "h1 docs=x#y", "h1 lost"]
        {
            assert!(Cursor::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_survive_as_a_key_without_separators(bytes: Vec<u8>) {
            let key = encode_key(&bytes);
            prop_assert!(!key.contains([' ', '#', '=', '\n']));
            prop_assert_eq!(decode_key(&key), bytes);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            drop(Cursor::parse(&text));
            drop(Cursor::parse(&format!("h1 {text}")));
        }
    }
}
