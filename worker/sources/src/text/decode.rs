//! From bytes to text, or the reason why they are none.

use crate::skip::Skip;

/// Broken bytes that are forgiven, as a share of all: one in this many.
const FORGIVEN: usize = 1_000;
/// Control characters that text may have, as a share of all: one in this many.
const CONTROLS: usize = 100;
/// Bytes of a line that a person would still write.
const LINE_BYTES: usize = 2_000;

/// Decodes UTF-8 (a few broken bytes replaced by U+FFFD) and UTF-16 with a byte order mark; line ends become
/// `\n`.
///
/// # Errors
/// [`Skip::Binary`] with a NUL or many control characters, [`Skip::NotUtf8`] in any other encoding.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, Skip> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest)?,
        _ => utf8(bytes)?,
    };
    let controls =
        text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c')).count();
    if text.contains('\0') || controls > text.len() / CONTROLS {
        return Err(Skip::Binary);
    }
    Ok(if text.contains('\r') { text.replace("\r\n", "\n") } else { text })
}

fn utf8(bytes: &[u8]) -> Result<String, Skip> {
    if bytes.contains(&0) {
        return Err(Skip::Binary);
    }
    let broken: usize = bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    if broken > bytes.len() / FORGIVEN {
        return Err(Skip::NotUtf8);
    }
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Skip> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Skip::NotUtf8);
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| Skip::NotUtf8)
}

/// Whether a line is longer than a person writes.
pub(crate) fn is_minified(text: &str) -> bool {
    text.lines().any(|line| line.len() > LINE_BYTES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn utf16_with_a_mark_is_read_and_latin_1_is_not() {
        let little: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("Grüße\r\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> =
            [0xfe, 0xff].into_iter().chain("Grüße".encode_utf16().flat_map(u16::to_be_bytes)).collect();
        assert_eq!(decode(&little), Ok("Grüße\n".into()));
        assert_eq!(decode(&big), Ok("Grüße".into()));
        assert_eq!(decode(b"Gr\xfc\xdfe aus Latin-1"), Err(Skip::NotUtf8));
        assert_eq!(decode(b"\xff\xfea"), Err(Skip::NotUtf8));
    }

    #[test]
    fn one_broken_byte_in_a_long_text_is_forgiven() {
        let mut bytes = "word ".repeat(400).into_bytes();
        bytes[700] = 0xff;
        assert!(decode(&bytes).is_ok_and(|text| text.contains('\u{fffd}')));
    }

    #[test]
    fn nul_and_many_controls_are_binary() {
        assert_eq!(decode(b"a\0b"), Err(Skip::Binary));
        assert_eq!(decode(&[7; 64]), Err(Skip::Binary));
    }

    proptest! {
        #[test]
        fn every_text_without_controls_survives(text in "[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u{feff}]*") {
            prop_assert_eq!(decode(text.as_bytes()), Ok(text));
        }

        #[test]
        fn no_bytes_make_it_panic_or_leave_a_nul(bytes: Vec<u8>) {
            prop_assert!(decode(&bytes).is_ok_and(|text| !text.contains('\0')) || decode(&bytes).is_err());
        }
    }
}
