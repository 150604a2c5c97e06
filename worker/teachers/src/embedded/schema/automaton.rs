//! The automaton: a stack of frames that takes one byte after another.

use std::sync::Arc;

use super::compile::{Grammar, Node};
use super::frame::{Frame, candidates, first, may_end, narrowed};
use super::number::Number;
use super::text::{Step, Text};

/// Blanks in a row: a line break and the indentation of six levels. Small models love blanks too much to be given
/// more.
const BLANKS: u8 = 13;

/// What is written so far of a reply that fits a grammar.
#[derive(Debug, Clone)]
pub(crate) struct Automaton {
    grammar: Arc<Grammar>,
    stack: Vec<Frame>,
    blanks: u8,
    texts: usize,
}

impl Automaton {
    /// Nothing written yet.
    pub(crate) fn new(grammar: Arc<Grammar>) -> Self {
        let root = Frame::Value { node: grammar.root() };
        Self { grammar, stack: vec![root], blanks: 0, texts: 0 }
    }

    /// Takes over the state of another automaton of the same grammar without a new allocation.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.stack.clone_from(&other.stack);
        self.blanks = other.blanks;
        self.texts = other.texts;
    }

    /// Whether the reply is whole. Nothing may follow it.
    pub(crate) fn is_complete(&self) -> bool {
        self.stack.is_empty()
    }

    /// Strings begun so far.
    pub(crate) const fn texts(&self) -> usize {
        self.texts
    }

    /// Whether the last thing open is a string, and a quote would close it here.
    pub(crate) fn can_close_text(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Text(text)) if text.can_close())
    }

    /// Whether the last thing open is a string.
    pub(crate) fn in_text(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Text(_)))
    }

    /// Takes bytes if the reply may go on with all of them. After a refusal the state is of no use.
    pub(crate) fn push_all(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.push(*byte))
    }

    /// Takes a byte if the reply may go on with it.
    pub(crate) fn push(&mut self, byte: u8) -> bool {
        if self.ends_number(byte) {
            self.stack.pop();
        }
        let Some(frame) = self.stack.pop() else { return false };
        if matches!(byte, b' ' | b'\n') && self.takes_blanks(&frame) {
            self.stack.push(frame);
            return self.blank(byte);
        }
        let stepped = self.step(frame, byte);
        self.blanks = 0;
        stepped
    }

    /// A number has no end of its own: it ends where it may and the byte is not part of it.
    fn ends_number(&self, byte: u8) -> bool {
        let Some(Frame::Number(number)) = self.stack.last() else { return false };
        let mut longer = *number;
        number.can_end() && !longer.push(byte)
    }

    fn step(&mut self, frame: Frame, byte: u8) -> bool {
        match frame {
            Frame::Value { node } => self.begin(node, byte),
            Frame::ObjectOpen { node } => self.key_or_end(node, 0, byte),
            Frame::ObjectNext { node, next } => match byte {
                b',' if self.blanks == 0 && candidates(&self.grammar, node, next) != 0 => {
                    self.open(Frame::ObjectComma { node, next })
                }
                b'}' => may_end(&self.grammar, node, next),
                _ => false,
            },
            Frame::ObjectComma { node, next } => byte == b'"' && self.key_or_end(node, next, byte),
            Frame::Key { node, candidates, at } => self.key(node, candidates, at, byte),
            Frame::Colon { node, property } => byte == b':' && self.property(node, property),
            Frame::ArrayOpen { node } => self.first_item(node, byte),
            Frame::ArrayNext { node, count } => self.next_item(node, count, byte),
            Frame::Text(mut text) => match text.push(byte) {
                Step::Inside => self.open(Frame::Text(text)),
                Step::Closed => true,
                Step::Refused => false,
            },
            Frame::Number(mut number) => number.push(byte) && self.open(Frame::Number(number)),
            Frame::OneOf { node, candidates, at } => self.literal(node, candidates, at, byte),
        }
    }

    fn open(&mut self, frame: Frame) -> bool {
        self.stack.push(frame);
        true
    }

    fn begin(&mut self, node: usize, byte: u8) -> bool {
        let grammar = Arc::clone(&self.grammar);
        match grammar.node(node) {
            Node::Object(_) => byte == b'{' && self.open(Frame::ObjectOpen { node }),
            Node::Array { .. } => byte == b'[' && self.open(Frame::ArrayOpen { node }),
            Node::Text { min, max } => {
                self.texts += 1;
                byte == b'"' && self.open(Frame::Text(Text::new(*min, *max)))
            }
            Node::Number(bounds) => {
                let mut number = Number::new(*bounds);
                number.push(byte) && self.open(Frame::Number(number))
            }
            Node::OneOf(literals) => {
                let all = (0..literals.len()).fold(0, |bits, index| bits | 1 << index);
                self.literal(node, all, 0, byte)
            }
        }
    }

    fn key_or_end(&mut self, node: usize, next: usize, byte: u8) -> bool {
        match byte {
            b'}' => may_end(&self.grammar, node, next),
            b'"' => self.key(node, candidates(&self.grammar, node, next), 0, byte),
            _ => false,
        }
    }

    fn key(&mut self, node: usize, candidates: u64, at: usize, byte: u8) -> bool {
        let properties = self.grammar.properties(node);
        let left = narrowed(candidates, at, byte, |index| &properties[index].key);
        if left == 0 {
            return false;
        }
        // Names are different and end in a quote that no name has inside, so a whole one is the only one left.
        let property = first(left);
        let whole = properties[property].key.len() == at + 1;
        self.open(if whole {
            Frame::Colon { node, property }
        } else {
            Frame::Key { node, candidates: left, at: at + 1 }
        })
    }

    fn property(&mut self, node: usize, property: usize) -> bool {
        let value = self.grammar.properties(node)[property].value;
        self.open(Frame::ObjectNext { node, next: property + 1 });
        self.open(Frame::Value { node: value })
    }

    fn first_item(&mut self, node: usize, byte: u8) -> bool {
        let Node::Array { item, min, max } = *self.grammar.node(node) else { return false };
        if byte == b']' {
            return min == 0;
        }
        max > 0 && self.open(Frame::ArrayNext { node, count: 1 }) && self.begin(item, byte)
    }

    fn next_item(&mut self, node: usize, count: usize, byte: u8) -> bool {
        let Node::Array { item, min, max } = *self.grammar.node(node) else { return false };
        match byte {
            b']' => count >= min,
            b',' if self.blanks == 0 && count < max => {
                self.open(Frame::ArrayNext { node, count: count + 1 });
                self.open(Frame::Value { node: item })
            }
            _ => false,
        }
    }

    fn literal(&mut self, node: usize, candidates: u64, at: usize, byte: u8) -> bool {
        let grammar = Arc::clone(&self.grammar);
        let Node::OneOf(literals) = grammar.node(node) else { return false };
        let left = narrowed(candidates, at, byte, |index| &literals[index]);
        if left == 0 {
            return false;
        }
        // No literal begins another, so a whole one is the only one left.
        let whole = literals[first(left)].len() == at + 1;
        whole || self.open(Frame::OneOf { node, candidates: left, at: at + 1 })
    }

    pub(super) fn top(&self) -> Option<Frame> {
        self.stack.last().copied()
    }

    pub(super) fn below(&self) -> Option<Frame> {
        self.stack.len().checked_sub(2).map(|index| self.stack[index])
    }

    pub(super) fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// One blank, or a line break and its indentation.
    const fn blank(&mut self, byte: u8) -> bool {
        self.blanks = match (byte, self.blanks) {
            (b'\n', 0) => 1,
            (b' ', 0) => BLANKS,
            (b' ', 1..BLANKS) => self.blanks + 1,
            _ => return false,
        };
        true
    }

    /// Where blanks may stand: before names, values and closing brackets, not before commas and colons.
    fn takes_blanks(&self, frame: &Frame) -> bool {
        match frame {
            Frame::Value { .. } => !self.stack.is_empty(),
            Frame::ObjectOpen { .. } | Frame::ObjectComma { .. } | Frame::ArrayOpen { .. } => true,
            Frame::ObjectNext { node, next } => may_end(&self.grammar, *node, *next),
            Frame::ArrayNext { node, count } => {
                matches!(self.grammar.node(*node), Node::Array { min, .. } if count >= min)
            }
            Frame::Key { .. }
            | Frame::Colon { .. }
            | Frame::Text(_)
            | Frame::Number(_)
            | Frame::OneOf { .. } => false,
        }
    }
}
