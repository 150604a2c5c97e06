//! Where an operand lies.

#![expect(clippy::wildcard_enum_match_arm, reason = "of many instructions or modes only some are special")]

use crate::opcodes::{Flags, Mode};

use super::bus::Bus;
use super::execute::Cpu;

/// Where the bytes of an operand are, and how they follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At this address and the next of 24 bits.
    Long(u32),
    /// In bank 0, where the next address wraps.
    Bank0(u16),
    /// The accumulator.
    Accumulator,
    /// A value that was part of the instruction.
    Value(u16),
}

/// An operand with what finding it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub place: Place,
    /// Whether indexing left the page.
    pub crossed: bool,
}

impl Cpu {
    /// Whether the direct page wraps: in emulation mode when it begins at a page.
    /// Source: WDC, W65C816S data sheet, section 7.8.
    const fn wraps(&self) -> bool {
        self.r.e && self.r.d & 0xff == 0
    }

    /// Finds the operand of a mode that has one in memory, and takes its bytes from the program.
    pub(super) fn find(&mut self, bus: &mut impl Bus, mode: Mode, wide: bool) -> Found {
        let plain = |place| Found { place, crossed: false };
        match mode {
            Mode::Implied => plain(Place::Value(0)),
            Mode::Accumulator => plain(Place::Accumulator),
            Mode::Immediate8 => plain(Place::Value(u16::from(self.fetch(bus)))),
            Mode::ImmediateM | Mode::ImmediateX if wide => plain(Place::Value(self.fetch_word(bus))),
            Mode::ImmediateM | Mode::ImmediateX => plain(Place::Value(u16::from(self.fetch(bus)))),
            Mode::Relative => plain(Place::Value(u16::from_le_bytes([self.fetch(bus), 0]))),
            Mode::RelativeLong | Mode::BlockMove => plain(Place::Value(self.fetch_word(bus))),
            Mode::Direct => plain(Place::Bank0(self.direct(bus, 0))),
            Mode::DirectX => plain(Place::Bank0(self.direct(bus, self.r.x))),
            Mode::DirectY => plain(Place::Bank0(self.direct(bus, self.r.y))),
            Mode::Stack => plain(Place::Bank0(self.r.s.wrapping_add(u16::from(self.fetch(bus))))),
            Mode::Indirect
            | Mode::IndirectX
            | Mode::IndirectY
            | Mode::IndirectLong
            | Mode::IndirectLongY
            | Mode::StackIndirectY => self.find_indirect(bus, mode),
            Mode::Absolute => {
                let base = self.fetch_word(bus);
                plain(Place::Long(self.data(base)))
            }
            Mode::AbsoluteX => {
                let base = self.fetch_word(bus);
                self.indexed(base, self.r.x)
            }
            Mode::AbsoluteY => {
                let base = self.fetch_word(bus);
                self.indexed(base, self.r.y)
            }
            Mode::Long => plain(Place::Long(self.fetch_long(bus))),
            Mode::LongX => plain(Place::Long((self.fetch_long(bus) + u32::from(self.r.x)) & 0x00ff_ffff)),
            Mode::AbsoluteIndirect | Mode::AbsoluteIndirectX | Mode::AbsoluteIndirectLong => {
                plain(Place::Value(self.fetch_word(bus)))
            }
        }
    }

    fn find_indirect(&mut self, bus: &mut impl Bus, mode: Mode) -> Found {
        let plain = |place| Found { place, crossed: false };
        match mode {
            Mode::IndirectX => {
                let at = self.direct(bus, self.r.x);
                // With a direct page that begins inside a page, only the second byte stays in its page.
                let high =
                    if self.r.e { at & 0xff00 | at.wrapping_add(1) & 0xff } else { at.wrapping_add(1) };
                let pointer = u16::from_le_bytes([bus.read(at.into()), bus.read(high.into())]);
                plain(Place::Long(self.data(pointer)))
            }
            Mode::IndirectLong | Mode::IndirectLongY => {
                let at = self.r.d.wrapping_add(u16::from(self.fetch(bus)));
                let index = if mode == Mode::IndirectLongY { self.r.y } else { 0 };
                plain(Place::Long((self.pointer_long(bus, at) + u32::from(index)) & 0x00ff_ffff))
            }
            Mode::StackIndirectY => {
                let at = self.r.s.wrapping_add(u16::from(self.fetch(bus)));
                let pointer = self.pointer(bus, at);
                self.indexed(pointer, self.r.y)
            }
            _ => {
                let at = self.direct(bus, 0);
                let next = at.wrapping_add(1);
                let high = if self.wraps() { at & 0xff00 | next & 0xff } else { next };
                let pointer = u16::from_le_bytes([bus.read(at.into()), bus.read(high.into())]);
                if mode == Mode::IndirectY {
                    self.indexed(pointer, self.r.y)
                } else {
                    plain(Place::Long(self.data(pointer)))
                }
            }
        }
    }

    /// An address of the direct page, counted from an index.
    fn direct(&mut self, bus: &mut impl Bus, index: u16) -> u16 {
        let offset = u16::from(self.fetch(bus)).wrapping_add(index);
        if self.wraps() { self.r.d | offset & 0xff } else { self.r.d.wrapping_add(offset) }
    }

    /// A word in bank 0.
    pub(super) fn pointer(&self, bus: &mut impl Bus, at: u16) -> u16 {
        u16::from_le_bytes([bus.read(at.into()), bus.read(at.wrapping_add(1).into())])
    }

    /// Three bytes in bank 0.
    pub(super) fn pointer_long(&self, bus: &mut impl Bus, at: u16) -> u32 {
        let low = self.pointer(bus, at);
        u32::from(bus.read(at.wrapping_add(2).into())) << 16 | u32::from(low)
    }

    fn data(&self, address: u16) -> u32 {
        u32::from(self.r.dbr) << 16 | u32::from(address)
    }

    fn indexed(&self, base: u16, index: u16) -> Found {
        let address = (self.data(base) + u32::from(index)) & 0x00ff_ffff;
        let crossed = u32::from(base) >> 8 != (u32::from(base) + u32::from(index)) >> 8;
        Found { place: Place::Long(address), crossed }
    }

    /// Reads an operand.
    pub(super) fn load(&self, bus: &mut impl Bus, place: Place, wide: bool) -> u16 {
        let (low, high) = match place {
            Place::Accumulator if wide => return self.r.a,
            Place::Accumulator => return self.r.a & 0xff,
            Place::Value(value) => return value,
            Place::Long(at) => (at, (at + 1) & 0x00ff_ffff),
            Place::Bank0(at) => (at.into(), at.wrapping_add(1).into()),
        };
        let first = bus.read(low);
        u16::from_le_bytes([first, if wide { bus.read(high) } else { 0 }])
    }

    /// Writes an operand, high byte last.
    pub(super) fn store(&mut self, bus: &mut impl Bus, place: Place, value: u16, wide: bool) {
        let [low, high] = value.to_le_bytes();
        let (first, second) = match place {
            Place::Accumulator => return self.r.set_a(value),
            Place::Value(_) => return,
            Place::Long(at) => (at, (at + 1) & 0x00ff_ffff),
            Place::Bank0(at) => (at.into(), at.wrapping_add(1).into()),
        };
        bus.write(first, low);
        if wide {
            bus.write(second, high);
        }
    }

    /// Whether a branch of this condition is taken.
    pub(super) const fn flag(&self, flag: Flags, wanted: bool) -> bool {
        self.r.is(flag) == wanted
    }
}
