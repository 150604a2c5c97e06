//! Reads one JSON value that begins at a given byte, strictly or with repairs.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::MAX_DEPTH;
use super::repair::Repair;

/// Keys of one attempt that are remembered for judging a broken value.
const MAX_KEYS: usize = 256;

/// Whether repairs may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Strict,
    Lenient,
}

/// What stopped the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The text ends inside the value.
    EndOfText,
    /// Not JSON, and not repairable.
    Syntax(&'static str),
    /// Repairable in more than one way.
    Ambiguous(&'static str),
}

/// Where and why the reader stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub at: usize,
    pub kind: FaultKind,
}

/// What surrounds a string; it decides which quote closes the string when inner quotes are not escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Key,
    Member,
    Element,
}

/// A cursor over the reply.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) mode: Mode,
    /// What had to be repaired.
    pub(super) repairs: BTreeSet<Repair>,
    /// The keys seen so far, at any depth.
    pub(super) keys: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a str, at: usize, mode: Mode) -> Self {
        Self { text, bytes: text.as_bytes(), at, mode, repairs: BTreeSet::new(), keys: Vec::new() }
    }

    /// The value that begins here; the cursor ends behind it.
    pub(super) fn read(&mut self) -> Result<Value, Fault> {
        let value = self.value(Place::Member, 0)?;
        if self.repairs.contains(&Repair::InnerQuotes) && self.tail_is_suspicious() {
            return Err(self.ambiguous("quotes inside a string are not escaped"));
        }
        Ok(value)
    }

    fn value(&mut self, place: Place, depth: usize) -> Result<Value, Fault> {
        if depth >= MAX_DEPTH {
            return Err(self.syntax("nested too deeply"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string(place).map(Value::String),
            Some(b'\'') => {
                self.repair(Repair::SingleQuotes, "a value")?;
                self.string(place).map(Value::String)
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.literal(),
            None => Err(self.end_of_text()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut members = Map::new();
        self.at += 1;
        loop {
            self.skip_white();
            if self.closes_after(b'}', members.is_empty())? {
                return Ok(Value::Object(members));
            }
            let at = self.at;
            let key = self.key()?;
            self.skip_white();
            self.expect(b':', "expected `:` after a key")?;
            self.skip_white();
            let value = self.value(Place::Member, depth + 1)?;
            if members.insert(key, value).is_some() {
                return Err(Fault { at, kind: FaultKind::Ambiguous("the same key twice") });
            }
            self.skip_white();
            if !self.comma(b'}')? {
                self.at += 1;
                return Ok(Value::Object(members));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut elements = Vec::new();
        self.at += 1;
        loop {
            self.skip_white();
            if self.closes_after(b']', elements.is_empty())? {
                return Ok(Value::Array(elements));
            }
            elements.push(self.value(Place::Element, depth + 1)?);
            self.skip_white();
            if !self.comma(b']')? {
                self.at += 1;
                return Ok(Value::Array(elements));
            }
        }
    }

    /// Whether the bracket closes here: an empty container, or a comma too many before it.
    fn closes_after(&mut self, close: u8, empty: bool) -> Result<bool, Fault> {
        if self.peek() != Some(close) {
            return Ok(false);
        }
        if !empty {
            self.repair(Repair::TrailingComma, "a key or value after the comma")?;
        }
        self.at += 1;
        Ok(true)
    }

    /// Whether another member follows (the comma is taken) or the bracket closes (it is not).
    fn comma(&mut self, close: u8) -> Result<bool, Fault> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == close => Ok(false),
            Some(_) => Err(self.syntax("expected `,` or a closing bracket")),
            None => Err(self.end_of_text()),
        }
    }

    fn key(&mut self) -> Result<String, Fault> {
        match self.peek() {
            Some(b'"') => {}
            Some(b'\'') => self.repair(Repair::SingleQuotes, "a key in double quotes")?,
            Some(_) => return Err(self.syntax("expected a key in quotes")),
            None => return Err(self.end_of_text()),
        }
        let key = self.string(Place::Key)?;
        if self.keys.len() < MAX_KEYS {
            self.keys.push(key.clone());
        }
        Ok(key)
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().take_while(|b| b.is_ascii_digit() || b"+-.eE".contains(b)).count();
        if len == rest.len() {
            return Err(self.end_of_text());
        }
        let number: Number = serde_json::from_str(&self.text[self.at..self.at + len])
            .map_err(|_| self.syntax("a number that JSON does not know"))?;
        self.at += len;
        Ok(Value::Number(number))
    }

    fn literal(&mut self) -> Result<Value, Fault> {
        const WORDS: [(&str, Value, bool); 6] = [
            ("true", Value::Bool(true), false),
            ("false", Value::Bool(false), false),
            ("null", Value::Null, false),
            ("True", Value::Bool(true), true),
            ("False", Value::Bool(false), true),
            ("None", Value::Null, true),
        ];
        let rest = &self.text[self.at..];
        for (word, value, python) in WORDS {
            if rest.starts_with(word) {
                if python {
                    self.repair(Repair::PythonLiteral, "true, false or null")?;
                }
                self.at += word.len();
                return Ok(value);
            }
        }
        let cut = WORDS.iter().any(|(word, ..)| word.starts_with(rest));
        Err(if cut { self.end_of_text() } else { self.syntax("expected a value") })
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn skip_white(&mut self) {
        self.at = skip_white(self.bytes, self.at);
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.syntax(what)),
            None => Err(self.end_of_text()),
        }
    }

    /// Records a repair, or refuses it when reading strictly.
    pub(super) fn repair(&mut self, repair: Repair, expected: &'static str) -> Result<(), Fault> {
        match self.mode {
            Mode::Strict => Err(self.syntax(expected)),
            Mode::Lenient => {
                self.repairs.insert(repair);
                Ok(())
            }
        }
    }

    pub(super) const fn end_of_text(&self) -> Fault {
        Fault { at: self.bytes.len(), kind: FaultKind::EndOfText }
    }

    pub(super) const fn syntax(&self, what: &'static str) -> Fault {
        Fault { at: self.at, kind: FaultKind::Syntax(what) }
    }

    pub(super) const fn ambiguous(&self, what: &'static str) -> Fault {
        Fault { at: self.at, kind: FaultKind::Ambiguous(what) }
    }

    /// Whether what follows the value looks as if the value went on: then an inner quote was taken for the end.
    fn tail_is_suspicious(&self) -> bool {
        let next = self.bytes.get(skip_white(self.bytes, self.at));
        next.is_some_and(|byte| b"\"'}],:;)".contains(byte))
    }
}

/// The first byte from `at` on that is not white space of JSON.
pub(super) fn skip_white(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(text: &str) -> Result<Value, Fault> {
        Reader::new(text, 0, Mode::Strict).read()
    }

    #[test]
    fn strict_reading_agrees_with_a_known_json_reader() {
        for text in [
            r#"{"a":[1,-2.5e3,true,null,{"b":"\u00e9\ud83d\ude00\n\/"}],"c":""}"#,
            "{}",
            "[]",
            "{ \"a\" :\t1\r\n}",
        ] {
            assert_eq!(strict(text).ok(), serde_json::from_str(text).ok(), "{text}");
        }
        for text in ["{\"a\":1,}", "{'a':1}", "[01]", "[1 2]", "{\"a\":\"\n\"}", r#"{"a":"\q"}"#, "[NaN]"] {
            assert!(strict(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_beyond_the_limit_and_a_key_twice_are_refused() {
        let deep = format!("{}1{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
        assert!(matches!(strict(&deep), Err(Fault { kind: FaultKind::Syntax(_), .. })));
        assert!(matches!(strict(r#"{"a":1,"a":2}"#), Err(Fault { kind: FaultKind::Ambiguous(_), at: 7 })));
    }

    #[test]
    fn a_value_that_the_text_cuts_is_told_apart_from_a_wrong_one() {
        for text in ["{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":tr", "[1,", "[\"x\\", "[\"\\u00"] {
            assert_eq!(strict(text).map_err(|fault| fault.kind), Err(FaultKind::EndOfText), "{text}");
        }
    }
}
