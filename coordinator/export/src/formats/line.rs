//! One JSON value on one line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

/// Writes a value as one line of JSON. Whatever some reader might take for the end of a line or for a control
/// is escaped: U+2028, U+2029, U+0085 and all other control characters, and U+FEFF, which some readers drop.
pub(crate) fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, OneLine))?;
    out.write_all(b"\n")
}

struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, found)) = rest.char_indices().find(|(_, c)| must_be_escaped(*c)) {
            CompactFormatter.write_string_fragment(out, &rest[..at])?;
            // Proof: all characters that must be escaped are in the basic plane, so four digits hold them.
            write!(out, "\\u{:04x}", u32::from(found))?;
            rest = &rest[at + found.len_utf8()..];
        }
        CompactFormatter.write_string_fragment(out, rest)
    }
}

fn must_be_escaped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_of_any_kind_are_escaped_and_the_value_stays_the_same() {
        let text = "a\u{2028}b\u{2029}c\u{85}d\r\ne\u{7f}\u{0}f\u{feff}g\u{b}\u{c}\u{1c}é🦀";
        let mut line = Vec::new();
        write(&mut line, &text).expect("writes");
        let line = String::from_utf8(line).expect("UTF-8");
        assert_eq!(line, "\"a\\u2028b\\u2029c\\u0085d\\r\\ne\\u007f\\u0000f\\ufeffg\\u000b\\f\\u001cé🦀\"\n");
        assert_eq!(serde_json::from_str::<String>(&line).expect("parses"), text);
    }
}
