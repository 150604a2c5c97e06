//! The inside of a JSON string, byte by byte: escapes, UTF-8 and length.

/// Where in a character the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Between two characters.
    Nothing,
    /// After a backslash.
    Escape,
    /// In the digits of `\uXXXX`: digits read and their value.
    Hex { read: u8, value: u32 },
    /// In a character of several bytes: how many are still to come, and what the next one may be.
    Bytes { left: u8, low: u8, high: u8 },
}

/// A string that is being written, after its opening quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    min: usize,
    max: usize,
    /// Characters begun.
    characters: usize,
    within: Within,
}

/// What a byte did to a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It goes on.
    Inside,
    /// It ended.
    Closed,
    /// The byte may not stand here.
    Refused,
}

impl Text {
    /// An empty string of `min` to `max` characters.
    pub(crate) const fn new(min: usize, max: usize) -> Self {
        Self { min, max, characters: 0, within: Within::Nothing }
    }

    /// Takes a byte.
    pub(crate) fn push(&mut self, byte: u8) -> Step {
        if self.within == Within::Nothing && byte == b'"' {
            return if self.characters >= self.min { Step::Closed } else { Step::Refused };
        }
        match self.after(byte) {
            Some(next) => {
                *self = next;
                Step::Inside
            }
            None => Step::Refused,
        }
    }

    /// Whether a closing quote may stand here.
    pub(crate) fn can_close(&self) -> bool {
        self.within == Within::Nothing && self.characters >= self.min
    }

    fn after(mut self, byte: u8) -> Option<Self> {
        self.within = match self.within {
            Within::Nothing => {
                if self.characters == self.max {
                    return None;
                }
                self.characters += 1;
                begin(byte)?
            }
            Within::Escape => match byte {
                b'u' => Within::Hex { read: 0, value: 0 },
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Within::Nothing,
                _ => return None,
            },
            Within::Hex { read, value } => hex(read, value, byte)?,
            Within::Bytes { left, low, high } => {
                if !(low..=high).contains(&byte) {
                    return None;
                }
                if left == 1 {
                    Within::Nothing
                } else {
                    Within::Bytes { left: left - 1, low: 0x80, high: 0xbf }
                }
            }
        };
        Some(self)
    }
}

/// The first byte of a character. Source: the Unicode Standard 16.0, table 3-7.
fn begin(byte: u8) -> Option<Within> {
    let (left, low, high) = match byte {
        b'\\' => return Some(Within::Escape),
        0x20..=0x7f => return Some(Within::Nothing),
        0xc2..=0xdf => (1, 0x80, 0xbf),
        0xe0 => (2, 0xa0, 0xbf),
        0xe1..=0xec | 0xee..=0xef => (2, 0x80, 0xbf),
        0xed => (2, 0x80, 0x9f),
        0xf0 => (3, 0x90, 0xbf),
        0xf1..=0xf3 => (3, 0x80, 0xbf),
        0xf4 => (3, 0x80, 0x8f),
        0x00..=0x1f | 0x80..=0xc1 | 0xf5..=0xff => return None,
    };
    Some(Within::Bytes { left, low, high })
}

/// A digit of `\uXXXX`. Halves of surrogate pairs and NUL are refused: the one needs its other half, the other
/// breaks what reads the sample later. Both can be written without an escape, or not at all.
fn hex(read: u8, value: u32, byte: u8) -> Option<Within> {
    let value = value * 16 + char::from(byte).to_digit(16)?;
    let surrogate = read == 1 && (0xd8..=0xdf).contains(&value);
    let nul = read == 3 && value == 0;
    match (surrogate || nul, read) {
        (true, _) => None,
        (false, 3) => Some(Within::Nothing),
        (false, _) => Some(Within::Hex { read: read + 1, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepts(min: usize, max: usize, inside: &[u8]) -> bool {
        let mut text = Text::new(min, max);
        inside.iter().all(|byte| text.push(*byte) == Step::Inside) && text.push(b'"') == Step::Closed
    }

    proptest! {
        #[test]
        fn every_string_of_serde_json_without_nul_can_be_written(value in "[^\u{0}]{0,12}") {
            let json = serde_json::Value::from(value.as_str()).to_string();
            prop_assert!(accepts(0, 12, &json.as_bytes()[1..json.len() - 1]));
        }

        #[test]
        fn what_is_accepted_is_a_json_string_of_the_right_length(inside in proptest::collection::vec(any::<u8>(), 0..10)) {
            if accepts(1, 4, &inside) {
                let json = [b"\"".as_slice(), &inside, b"\""].concat();
                let value: String = serde_json::from_slice(&json).expect("a JSON string");
                prop_assert!((1..=4).contains(&value.chars().count()));
                prop_assert!(!value.contains('\0'));
            }
        }
    }

    #[test]
    fn broken_escapes_and_broken_characters_are_refused() {
        for bad in [&b"\\x"[..], b"\\u12", b"\\ud83d", b"\\u0000", b"\n", b"\xc3", b"\xed\xa0\x80", b"\xff"] {
            assert!(!accepts(0, 99, bad), "{bad:?}");
        }
        for good in [&b"\\u00e9"[..], "é🦀".as_bytes(), b"\\\"\\\\"] {
            assert!(accepts(0, 99, good), "{good:?}");
        }
    }
}
