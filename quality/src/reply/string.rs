//! Reads one string. In lenient mode a quote closes the string only where JSON goes on behind it, so quotes that
//! were not escaped stay inside; whatever could be read in two ways is refused.

use super::repair::Repair;
use super::value::{Fault, Mode, Place, Reader, skip_white};

/// The longest key, in bytes, that is looked for behind a comma.
const KEY_WINDOW: usize = 128;

/// What a string has shown while it was read.
#[derive(Default)]
struct Traits {
    inner_quotes: usize,
    /// An inner quote with a colon or another quote behind it: rather a comma is missing.
    missing_comma: bool,
    bad_escape: bool,
    /// `\b` or `\f`: in a string with bad escapes they rather belong to a pattern or a path.
    rare_escape: bool,
    path: DrivePath,
}

/// Escapes directly in a path such as `C:\new\dir`, where `\n` is hardly a newline.
#[derive(Default, Clone, Copy)]
struct DrivePath {
    inside: bool,
    control: bool,
    bad: bool,
}

impl Reader<'_> {
    /// The string whose opening quote is here.
    pub(super) fn string(&mut self, place: Place) -> Result<String, Fault> {
        let quote = self.bytes[self.at];
        let mut text = String::new();
        let mut traits = Traits::default();
        self.at += 1;
        loop {
            let Some(byte) = self.peek() else { return Err(self.end_of_text()) };
            match byte {
                _ if byte == quote => {
                    if self.mode == Mode::Strict || self.closes(quote, place) {
                        self.at += 1;
                        break;
                    }
                    self.inner_quote(quote, &mut text, &mut traits);
                }
                b'\\' => self.escape(quote, &mut text, &mut traits)?,
                0..0x20 => {
                    self.repair(Repair::RawControl, "an escaped control character")?;
                    text.push(char::from(byte));
                    traits.path = DrivePath::default();
                    self.at += 1;
                }
                _ => self.plain(quote, &mut text, &mut traits),
            }
        }
        self.settle(&traits)?;
        Ok(text)
    }

    /// Takes everything up to the next byte that means something.
    fn plain(&mut self, quote: u8, text: &mut String, traits: &mut Traits) {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().take_while(|&&b| b != quote && b != b'\\' && b >= 0x20).count();
        let run = &self.text[self.at..self.at + len];
        if run.contains(' ') {
            traits.path = DrivePath::default();
        }
        text.push_str(run);
        self.at += len;
    }

    fn inner_quote(&mut self, quote: u8, text: &mut String, traits: &mut Traits) {
        let before = text.chars().next_back();
        let after = self.text[self.at + 1..].chars().next();
        let apostrophe = quote == b'\''
            && before.is_some_and(char::is_alphanumeric)
            && after.is_some_and(char::is_alphanumeric);
        if !apostrophe {
            traits.inner_quotes += 1;
            let next = self.bytes.get(skip_white(self.bytes, self.at + 1));
            traits.missing_comma |= next.is_some_and(|&byte| byte == quote || byte == b':');
        }
        text.push(char::from(quote));
        self.at += 1;
    }

    fn escape(&mut self, quote: u8, text: &mut String, traits: &mut Traits) -> Result<(), Fault> {
        let Some(&letter) = self.bytes.get(self.at + 1) else { return Err(self.end_of_text()) };
        let control = match letter {
            b'"' | b'\\' | b'/' => {
                text.push(char::from(letter));
                self.at += 2;
                return Ok(());
            }
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => match self.unicode()? {
                Some(character) => {
                    text.push(character);
                    return Ok(());
                }
                None => return self.bad_escape(quote, text, traits),
            },
            _ => return self.bad_escape(quote, text, traits),
        };
        traits.rare_escape |= matches!(letter, b'b' | b'f');
        traits.path.inside |= ends_with_drive(text);
        traits.path.control |= traits.path.inside;
        self.check_path(traits)?;
        text.push(control);
        self.at += 2;
        Ok(())
    }

    /// A backslash that escapes nothing in JSON: it was meant as it stands, except before a single quote.
    fn bad_escape(&mut self, quote: u8, text: &mut String, traits: &mut Traits) -> Result<(), Fault> {
        self.repair(Repair::BadEscape, "an escape that JSON knows")?;
        match self.bytes.get(self.at + 1) {
            Some(b'\'') => {
                text.push('\'');
                self.at += 2;
                return Ok(());
            }
            Some(b'x' | b'u' | b'0'..=b'7') if quote == b'\'' => {
                return Err(self.ambiguous("a Python escape in a single-quoted string"));
            }
            Some(_) | None => {}
        }
        traits.bad_escape = true;
        traits.path.inside |= ends_with_drive(text);
        traits.path.bad |= traits.path.inside;
        self.check_path(traits)?;
        text.push('\\');
        self.at += 1;
        Ok(())
    }

    fn check_path(&self, traits: &Traits) -> Result<(), Fault> {
        if traits.path.control && traits.path.bad {
            return Err(self.ambiguous("a path whose backslashes are not escaped"));
        }
        Ok(())
    }

    /// The character of a `\uXXXX` escape or surrogate pair; none when it is not one.
    fn unicode(&mut self) -> Result<Option<char>, Fault> {
        let Some(first) = self.hex4(self.at + 2)? else { return Ok(None) };
        if let Some(character) = char::from_u32(first) {
            self.at += 6;
            return Ok(Some(character));
        }
        let rest = &self.bytes[(self.at + 6).min(self.bytes.len())..];
        if rest.len() < 2 && b"\\u".starts_with(rest) {
            return Err(self.end_of_text());
        }
        if !rest.starts_with(b"\\u") {
            return Err(self.syntax("half of a surrogate pair"));
        }
        let second = self.hex4(self.at + 8)?.filter(|unit| (0xdc00..0xe000).contains(unit));
        match second {
            Some(second) if first < 0xdc00 => {
                self.at += 12;
                Ok(char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)))
            }
            Some(_) | None => Err(self.syntax("half of a surrogate pair")),
        }
    }

    fn hex4(&self, at: usize) -> Result<Option<u32>, Fault> {
        let digits = &self.bytes[at.min(self.bytes.len())..(at + 4).min(self.bytes.len())];
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return Ok(None);
        }
        if digits.len() < 4 {
            return Err(self.end_of_text());
        }
        Ok(std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok()))
    }

    /// Whether the quote here closes the string: JSON goes on behind it.
    fn closes(&self, quote: u8, place: Place) -> bool {
        let next = skip_white(self.bytes, self.at + 1);
        match (place, self.bytes.get(next)) {
            (Place::Key, Some(b':')) | (Place::Member, Some(b'}')) | (Place::Element, Some(b']')) => true,
            (Place::Member, Some(b',')) => self.key_follows(skip_white(self.bytes, next + 1), quote),
            (Place::Element, Some(b',')) => self.element_follows(skip_white(self.bytes, next + 1)),
            _ => false,
        }
    }

    fn key_follows(&self, at: usize, quote: u8) -> bool {
        match self.bytes.get(at) {
            Some(b'}') | None => true,
            Some(&open) if open == quote || open == b'"' || open == b'\'' => {
                let window = &self.bytes[at + 1..(at + 1 + KEY_WINDOW).min(self.bytes.len())];
                let Some(len) = window.iter().position(|&b| b == open || b == b'\n') else {
                    return at + 1 + KEY_WINDOW > self.bytes.len();
                };
                let colon = skip_white(self.bytes, at + 2 + len);
                window[len] == open && matches!(self.bytes.get(colon), Some(b':') | None)
            }
            Some(_) => false,
        }
    }

    fn element_follows(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            Some(b'"' | b'\'' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9') | None => true,
            Some(_) => ["true", "false", "null", "True", "False", "None"]
                .iter()
                .any(|w| self.text[at..].starts_with(w)),
        }
    }

    /// Refuses a string that could be read in another way, and records the repairs of one that cannot.
    fn settle(&mut self, traits: &Traits) -> Result<(), Fault> {
        if traits.bad_escape && traits.rare_escape {
            return Err(self.ambiguous("escapes of JSON beside backslashes that are not escaped"));
        }
        if traits.missing_comma || traits.inner_quotes % 2 == 1 {
            return Err(self.ambiguous("quotes inside a string are not escaped"));
        }
        if traits.inner_quotes > 0 {
            self.repairs.insert(Repair::InnerQuotes);
        }
        Ok(())
    }
}

/// Whether a text ends with a drive such as `C:`.
fn ends_with_drive(text: &str) -> bool {
    let mut back = text.chars().rev();
    back.next() == Some(':')
        && back.next().is_some_and(|c| c.is_ascii_alphabetic())
        && !back.next().is_some_and(char::is_alphanumeric)
}
