//! The shortest way to the end of a reply, for when there is no room for more.

use super::automaton::Automaton;
use super::compile::Node;
use super::frame::{Frame, first, first_required};

/// Bytes of the longest ending that is looked for.
const LONGEST: usize = 64 * 1024;

/// How a reply could end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    /// The bytes to add.
    pub(crate) bytes: Vec<u8>,
    /// Strings among them that have not begun yet.
    pub(crate) texts: usize,
}

impl Closing {
    /// Whether nothing but brackets is missing, so that the ending adds no content.
    pub(crate) fn is_only_brackets(&self) -> bool {
        self.bytes.iter().all(|byte| matches!(byte, b'}' | b']'))
    }
}

impl Automaton {
    /// A shortest ending by the schema's own order; nothing if there is none of reasonable length.
    pub(crate) fn closing(&self) -> Option<Closing> {
        let mut rest = self.clone();
        let mut bytes = Vec::new();
        while !rest.is_complete() {
            let byte = next_byte(&rest, rest.top()?)?;
            if !rest.push(byte) || bytes.len() == LONGEST {
                return None;
            }
            bytes.push(byte);
        }
        Some(Closing { bytes, texts: rest.texts() - self.texts() })
    }
}

/// The next byte towards the end, for the frame that is open.
fn next_byte(at: &Automaton, frame: Frame) -> Option<u8> {
    let grammar = at.grammar();
    let ends = |node, next| first_required(grammar.properties(node), next).is_none();
    Some(match frame {
        Frame::Value { node } => match grammar.node(node) {
            Node::Object(_) => b'{',
            Node::Array { .. } => b'[',
            Node::Text { .. } => b'"',
            Node::Number(_) => return accepted(at, b"0123456789-"),
            Node::OneOf(literals) => *literals.first()?.first()?,
        },
        Frame::ObjectOpen { node } => {
            if ends(node, 0) {
                b'}'
            } else {
                b'"'
            }
        }
        Frame::ObjectNext { node, next } => {
            if ends(node, next) {
                b'}'
            } else {
                b','
            }
        }
        Frame::ObjectComma { .. } => b'"',
        Frame::Key { node, candidates, at: written } => {
            let properties = grammar.properties(node);
            let required = (0..properties.len())
                .find(|index| candidates & 1 << index != 0 && properties[*index].required);
            *properties[required.unwrap_or_else(|| first(candidates))].key.get(written)?
        }
        Frame::Colon { .. } => b':',
        Frame::ArrayOpen { node } => match grammar.node(node) {
            Node::Array { min: 0, .. } => b']',
            Node::Array { item, .. } => return next_byte(at, Frame::Value { node: *item }),
            Node::Object(_) | Node::Text { .. } | Node::Number(_) | Node::OneOf(_) => return None,
        },
        Frame::ArrayNext { node, count } => match grammar.node(node) {
            Node::Array { min, .. } if count < *min => b',',
            Node::Array { .. } => b']',
            Node::Object(_) | Node::Text { .. } | Node::Number(_) | Node::OneOf(_) => return None,
        },
        Frame::OneOf { node, candidates, at: written } => match grammar.node(node) {
            Node::OneOf(literals) => *literals.get(first(candidates))?.get(written)?,
            Node::Object(_) | Node::Array { .. } | Node::Text { .. } | Node::Number(_) => return None,
        },
        // A number that may end is ended by what follows it.
        Frame::Number(number) if number.can_end() => return next_byte(at, at.below()?),
        Frame::Number(_) => return accepted(at, b"0123456789.-"),
        Frame::Text(_) => return accepted(at, b"\" n2\x80\x90\xa0"),
    })
}

fn accepted(at: &Automaton, bytes: &[u8]) -> Option<u8> {
    bytes.iter().copied().find(|byte| at.clone().push(*byte))
}

#[cfg(test)]
mod tests;
