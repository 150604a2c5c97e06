//! Where in the JSON text the automaton is, one frame for each open thing.

use super::compile::{Grammar, Property};
use super::number::Number;
use super::text::Text;

/// One open thing. `node` is its index in the grammar, `next` the first property that may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// A value has to begin.
    Value { node: usize },
    /// After `{`.
    ObjectOpen { node: usize },
    /// After a property's value.
    ObjectNext { node: usize, next: usize },
    /// After a `,` in an object.
    ObjectComma { node: usize, next: usize },
    /// In a property's name: which properties it may still be, and how much of it is written.
    Key { node: usize, candidates: u64, at: usize },
    /// After a property's name.
    Colon { node: usize, property: usize },
    /// After `[`.
    ArrayOpen { node: usize },
    /// After an item, of which there are `count`.
    ArrayNext { node: usize, count: usize },
    /// In a string.
    Text(Text),
    /// In a number.
    Number(Number),
    /// In one of several literals: which it may still be, and how much of it is written.
    OneOf { node: usize, candidates: u64, at: usize },
}

/// The properties that may come next, as bits: those from `next` on, up to the first that is required.
pub(super) fn candidates(grammar: &Grammar, node: usize, next: usize) -> u64 {
    let properties = grammar.properties(node);
    let last = first_required(properties, next).unwrap_or(properties.len().saturating_sub(1));
    (next..=last).filter(|index| *index < properties.len()).fold(0, |bits, index| bits | 1 << index)
}

/// The first property from `next` on that has to come.
pub(super) fn first_required(properties: &[Property], next: usize) -> Option<usize> {
    (next..properties.len()).find(|index| properties[*index].required)
}

/// Whether the object may end when the properties before `next` are written.
pub(super) fn may_end(grammar: &Grammar, node: usize, next: usize) -> bool {
    first_required(grammar.properties(node), next).is_none()
}

/// Those of the candidates whose text goes on with `byte` at `at`.
pub(super) fn narrowed<'a>(candidates: u64, at: usize, byte: u8, text: impl Fn(usize) -> &'a [u8]) -> u64 {
    (0..u64::BITS as usize)
        .filter(|index| candidates & 1 << index != 0 && text(*index).get(at) == Some(&byte))
        .fold(0, |bits, index| bits | 1 << index)
}

/// The first candidate.
pub(super) fn first(candidates: u64) -> usize {
    candidates.trailing_zeros() as usize
}
