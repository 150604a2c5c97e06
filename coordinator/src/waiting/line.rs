//! The line of one route: who may be called, in the order in which they came.

use std::collections::BTreeSet;
use std::mem;

/// Polls by number; a lower number came earlier.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Those who have not asked since the last turn.
    fresh: BTreeSet<u64>,
    /// Those who have, and found nothing for themselves.
    asked: BTreeSet<u64>,
    turn: u64,
}

impl Line {
    /// Takes a place, as one who is about to ask or as one who waits to be called.
    pub(super) fn join(&mut self, number: u64, asks: bool, turn: u64) {
        self.begin(turn);
        if asks {
            self.asked.insert(number)
        } else {
            self.fresh.insert(number)
        };
    }

    pub(super) fn leave(&mut self, number: u64) {
        self.fresh.remove(&number);
        self.asked.remove(&number);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.asked.is_empty()
    }

    /// Who has waited longest of those who have not asked since the last turn.
    pub(super) fn first(&mut self, turn: u64) -> Option<u64> {
        self.begin(turn);
        self.fresh.first().copied()
    }

    /// In another turn everybody may ask again. Whoever asks is moved back once, so this costs nobody much.
    fn begin(&mut self, turn: u64) {
        if mem::replace(&mut self.turn, turn) == turn {
            return;
        }
        if self.fresh.len() < self.asked.len() {
            mem::swap(&mut self.fresh, &mut self.asked);
        }
        self.fresh.extend(mem::take(&mut self.asked));
    }
}
