//! The values of one run: drawn from a seed, edges more often than chance would.

use std::fmt::Write;

use super::catalogue::{Kind, Slot};
use crate::machine::mix;

/// What a reference is given: the values of the slots that go in, and the constants of the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) values: Vec<Vec<u8>>,
    pub(super) constants: Vec<u16>,
}

impl Given {
    /// The values of the `case`-th run.
    pub(super) fn draw(slots: &[Slot], constants: &[u16], length: usize, seed: u64, case: u32) -> Self {
        let mut dice = Dice(mix(seed ^ u64::from(case)));
        let values = slots.iter().map(|slot| value(slot.kind, length, &mut dice)).collect();
        Self { values, constants: constants.to_vec() }
    }

    /// The bytes of a slot.
    pub(super) fn bytes(&self, slot: usize) -> &[u8] {
        self.values.get(slot).map_or(&[], Vec::as_slice)
    }

    /// The only byte of a slot.
    pub(super) fn byte(&self, slot: usize) -> u8 {
        self.bytes(slot).first().copied().unwrap_or(0)
    }

    /// The word of a slot.
    pub(super) fn word(&self, slot: usize) -> u16 {
        number(self.bytes(slot))
    }

    /// A constant.
    pub(super) fn constant(&self, at: usize) -> u16 {
        self.constants.get(at).copied().unwrap_or(0)
    }

    /// A constant of 8 bits.
    pub(super) fn constant_byte(&self, at: usize) -> u8 {
        self.constant(at).to_le_bytes()[0]
    }
}

/// A byte as the value of a slot.
pub(super) fn byte(value: u8) -> Vec<u8> {
    vec![value]
}

/// A word as the value of a slot, low byte first.
pub(super) fn word(value: u16) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// The number that one or two bytes make, low byte first.
pub(super) fn number(bytes: &[u8]) -> u16 {
    let at = |index| bytes.get(index).copied().unwrap_or(0);
    u16::from_le_bytes([at(0), at(1)])
}

/// A value as assembly writes it: `$3F`, `$01FF`, `$01 $02 $03`.
pub(super) fn shown(kind: Kind, bytes: &[u8]) -> String {
    match kind {
        Kind::Byte | Kind::Digits => format!("${:02X}", number(bytes)),
        Kind::Word => format!("${:04X}", number(bytes)),
        Kind::Bytes => bytes.iter().fold(String::new(), |mut text, byte| {
            let gap = if text.is_empty() { "" } else { " " };
            // Writing into a text cannot fail.
            let _ = write!(text, "{gap}${byte:02X}");
            text
        }),
    }
}

/// Numbers that follow from a seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) const fn roll(&mut self) -> u64 {
        self.0 = mix(self.0);
        self.0
    }

    /// A number of `0..sides`.
    pub(super) fn below(&mut self, sides: u16) -> u16 {
        // Proof: the remainder is below a number of 16 bits.
        u16::try_from(self.roll() % u64::from(sides.max(1))).expect("fits 16 bits")
    }

    fn byte(&mut self) -> u8 {
        self.roll().to_le_bytes()[0]
    }
}

const EDGES: &[u8] = &[0x00, 0x01, 0x7f, 0x80, 0xff];

/// Every third value is an edge.
fn any_byte(dice: &mut Dice) -> u8 {
    if dice.below(3) == 0 { EDGES[usize::from(dice.below(5))] } else { dice.byte() }
}

fn value(kind: Kind, length: usize, dice: &mut Dice) -> Vec<u8> {
    match kind {
        Kind::Byte => byte(any_byte(dice)),
        Kind::Word if dice.below(4) == 0 => word(u16::from(any_byte(dice))),
        Kind::Word => vec![any_byte(dice), any_byte(dice)],
        Kind::Digits => byte(u8::try_from(dice.below(10) << 4 | dice.below(10)).unwrap_or(0)),
        // Few different bytes make equal ones likely, which is where searching and sorting go wrong.
        Kind::Bytes if dice.below(2) == 0 => {
            let few: Vec<u8> = (0..3).map(|_| any_byte(dice)).collect();
            (0..length).map(|_| few[usize::from(dice.below(3))]).collect()
        }
        Kind::Bytes => (0..length).map(|_| any_byte(dice)).collect(),
    }
}
