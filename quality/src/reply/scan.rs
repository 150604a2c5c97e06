//! Finds the JSON values of a reply among prose, fences and reasoning.

use std::collections::BTreeSet;

use serde_json::Value;

use super::repair::Repair;
use super::value::{Fault, FaultKind, Mode, Reader, skip_white};

/// Tags between which a teacher thinks aloud.
const REASONING: [(&str, &str); 4] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("<thought>", "</thought>"),
];

/// Bytes that may be read over and over, as a multiple of the reply's length and a constant: enough for any honest
/// reply, too little for one made of opening brackets.
const WORK: (usize, usize) = (64, 64 * 1024);

/// A JSON value, or what looked like one.
#[derive(Debug)]
pub(super) enum Found {
    /// A whole value.
    Value { value: Value, repairs: BTreeSet<Repair> },
    /// Something that begins like an answer and cannot be read.
    Broken { start: usize, fault: Fault, keys: Vec<String> },
    /// Reasoning that never ends.
    Reasoning { start: usize },
    /// The work is spent.
    Tangled,
}

/// Everything in a reply that is JSON or looks like it, outside reasoning.
pub(super) fn scan(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut work = text.len().saturating_mul(WORK.0).saturating_add(WORK.1);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = bytes[at..].iter().position(|b| matches!(b, b'{' | b'[' | b'<')) {
        at += offset;
        if bytes[at] == b'<' {
            at = match reasoning(text, at, &mut found) {
                Some(next) => next,
                None => return found,
            };
            continue;
        }
        let attempted = attempt(text, at, &mut work);
        if work == 0 {
            found.push(Found::Tangled);
            return found;
        }
        let Some((end, what)) = attempted else {
            at += 1;
            continue;
        };
        let cut = matches!(&what, Found::Broken { fault, .. } if fault.kind == FaultKind::EndOfText);
        found.push(what);
        if cut {
            return found;
        }
        at = end;
    }
    found
}

/// Skips reasoning that opens here, forgets what stood before reasoning that closes here. None when the
/// reasoning takes up the rest of the reply.
fn reasoning(text: &str, at: usize, found: &mut Vec<Found>) -> Option<usize> {
    let rest = &text[at..];
    for (open, close) in REASONING {
        if rest.starts_with(close) {
            found.clear();
            return Some(at + close.len());
        }
        if rest.starts_with(open) {
            return match rest.find(close) {
                Some(end) => Some(at + end + close.len()),
                None if found.is_empty() => {
                    found.push(Found::Reasoning { start: at });
                    None
                }
                None => Some(at + open.len()),
            };
        }
    }
    Some(at + 1)
}

/// The value that begins at a bracket and where to go on. None when the bracket is prose.
fn attempt(text: &str, start: usize, work: &mut usize) -> Option<(usize, Found)> {
    let mut strict = Reader::new(text, start, Mode::Strict);
    let first = strict.read();
    *work = work.saturating_sub(strict.at - start + 1);
    if let Ok(value) = first {
        return Some((strict.at, Found::Value { value, repairs: strict.repairs }));
    }
    if !looks_like_json(text.as_bytes(), start) {
        return None;
    }
    let mut lenient = Reader::new(text, start, Mode::Lenient);
    let second = lenient.read();
    *work = work.saturating_sub(lenient.at - start + 1);
    Some(match second {
        Ok(value) => (lenient.at, Found::Value { value, repairs: lenient.repairs }),
        Err(fault) => (start + 1, Found::Broken { start, fault, keys: lenient.keys }),
    })
}

/// Whether a bracket begins an object with a quoted key, or a list of objects.
fn looks_like_json(bytes: &[u8], start: usize) -> bool {
    let next = bytes.get(skip_white(bytes, start + 1));
    match bytes[start] {
        b'{' => matches!(next, Some(b'"' | b'\'')),
        _ => matches!(next, Some(b'{')),
    }
}
