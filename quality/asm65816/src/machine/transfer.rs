//! Branches, jumps, calls, returns and traps.

#![expect(clippy::wildcard_enum_match_arm, reason = "of many instructions or modes only some are special")]

use crate::opcodes::{Flags, Mnemonic, Mode};

use super::address::Place;
use super::bus::Bus;
use super::execute::Cpu;

impl Cpu {
    /// Branches if the condition holds, and says what that costs.
    pub(super) fn branch(&mut self, mnemonic: Mnemonic, offset: u16) -> u32 {
        let taken = match mnemonic {
            Mnemonic::Bcc => self.flag(Flags::C, false),
            Mnemonic::Bcs => self.flag(Flags::C, true),
            Mnemonic::Bne => self.flag(Flags::Z, false),
            Mnemonic::Beq => self.flag(Flags::Z, true),
            Mnemonic::Bpl => self.flag(Flags::N, false),
            Mnemonic::Bmi => self.flag(Flags::N, true),
            Mnemonic::Bvc => self.flag(Flags::V, false),
            Mnemonic::Bvs => self.flag(Flags::V, true),
            _ => true,
        };
        if !taken {
            return 0;
        }
        let signed = if offset & 0x80 != 0 { offset | 0xff00 } else { offset };
        let target = self.r.pc.wrapping_add(signed);
        let left = self.r.e && target & 0xff00 != self.r.pc & 0xff00;
        self.r.pc = target;
        1 + u32::from(left)
    }

    /// Jumps and calls.
    pub(super) fn jump(&mut self, bus: &mut impl Bus, (mnemonic, mode): (Mnemonic, Mode), place: Place) {
        if matches!(mnemonic, Mnemonic::Jsr) && mode == Mode::AbsoluteIndirectX {
            return self.call_indirect(bus, place);
        }
        let (bank, target) = self.destination(bus, mode, place);
        let back = self.r.pc.wrapping_sub(1);
        if mnemonic == Mnemonic::Jsl {
            self.push(bus, self.r.pbr);
            self.push_word(bus, back);
            self.r.settle_stack();
        } else if mnemonic == Mnemonic::Jsr {
            self.push_sized(bus, back, true);
        }
        self.r.pbr = bank;
        self.r.pc = target;
    }

    fn destination(&self, bus: &mut impl Bus, mode: Mode, place: Place) -> (u8, u16) {
        let value = match place {
            Place::Long(address) => address,
            Place::Value(value) | Place::Bank0(value) => value.into(),
            Place::Accumulator => 0,
        };
        let [low, high, bank, _] = value.to_le_bytes();
        let word = u16::from_le_bytes([low, high]);
        match mode {
            Mode::AbsoluteIndirect => (self.r.pbr, self.pointer(bus, word)),
            Mode::AbsoluteIndirectLong => {
                let [low, high, bank, _] = self.pointer_long(bus, word).to_le_bytes();
                (bank, u16::from_le_bytes([low, high]))
            }
            Mode::AbsoluteIndirectX => (self.r.pbr, self.table(bus, word)),
            Mode::Long => (bank, word),
            _ => (self.r.pbr, word),
        }
    }

    /// A word of a table in the program's bank.
    fn table(&self, bus: &mut impl Bus, base: u16) -> u16 {
        let at = base.wrapping_add(self.r.x);
        let bank = u32::from(self.r.pbr) << 16;
        u16::from_le_bytes([bus.read(bank | u32::from(at)), bus.read(bank | u32::from(at.wrapping_add(1)))])
    }

    fn call_indirect(&mut self, bus: &mut impl Bus, place: Place) {
        let back = self.r.pc.wrapping_sub(1);
        self.push_word(bus, back);
        self.r.settle_stack();
        if let Place::Value(base) = place {
            self.r.pc = self.table(bus, base);
        }
    }

    /// Returns of all kinds.
    pub(super) fn give_back(&mut self, bus: &mut impl Bus, mnemonic: Mnemonic) {
        if mnemonic == Mnemonic::Rti {
            let p = self.pull_old(bus);
            self.r.set_status(p);
            self.r.pc = u16::from_le_bytes([self.pull_old(bus), self.pull_old(bus)]);
            if !self.r.e {
                self.r.pbr = self.pull_old(bus);
            }
        } else if mnemonic == Mnemonic::Rts {
            let back = u16::from_le_bytes([self.pull_old(bus), self.pull_old(bus)]);
            self.r.pc = back.wrapping_add(1);
        } else {
            self.r.pc = self.pull_word(bus).wrapping_add(1);
            self.r.pbr = self.pull(bus);
            self.r.settle_stack();
        }
    }

    /// `BRK` and `COP`: the signature has been taken already.
    pub(super) fn trap(&mut self, bus: &mut impl Bus, mnemonic: Mnemonic) {
        if !self.r.e {
            self.push_old(bus, self.r.pbr);
        }
        self.push_sized(bus, self.r.pc, true);
        self.push_old(bus, self.r.p.0);
        self.r.put(Flags::I, true);
        self.r.put(Flags::D, false);
        let vector = match (self.r.e, mnemonic == Mnemonic::Brk) {
            (true, true) => 0xfffe,
            (true, false) => 0xfff4,
            (false, true) => 0xffe6,
            (false, false) => 0xffe4,
        };
        self.r.pbr = 0;
        self.r.pc = self.pointer(bus, vector);
    }
}
