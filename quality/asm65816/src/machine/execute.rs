//! One instruction.

#![expect(clippy::wildcard_enum_match_arm, reason = "of many instructions or modes only some are special")]

use crate::opcodes::{Flags, Kind, Mnemonic, Mode, OPCODES, Opcode, Register, cycles};

use super::address::{Found, Place};
use super::bus::Bus;
use super::registers::Registers;

/// Why a processor goes no further by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// `STP`: until it is reset.
    Stopped,
    /// `WAI`: until an interrupt.
    Waiting,
}

/// The processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cpu {
    /// Its registers.
    pub r: Registers,
}

impl Cpu {
    /// Executes one instruction, or one byte of a block move, and gives the cycles that it took.
    ///
    /// # Errors
    /// [`Halt`] when the instruction stops the processor; it has been executed then.
    pub fn step(&mut self, bus: &mut impl Bus) -> Result<u32, Halt> {
        self.r.settle_stack();
        let start = self.r.pc;
        let code = self.fetch(bus);
        let opcode = OPCODES[usize::from(code)];
        let (mnemonic, mode) = opcode;
        let wide = self.is_wide(mnemonic);
        // `PEI` takes its operand for a place, not for a pointer.
        let mode = if mnemonic == Mnemonic::Pei { Mode::Direct } else { mode };
        let found = self.find(bus, mode, wide);
        // What a cycle depends on is what held when the instruction began.
        let mut spent = self.cost(opcode, found, wide);
        match mnemonic.kind() {
            Kind::Read => self.read(bus, opcode, found.place, wide),
            Kind::Write => self.write(bus, mnemonic, found.place, wide),
            Kind::Modify => {
                let value = self.load(bus, found.place, wide);
                let value = self.changed(mnemonic, value, wide);
                self.store(bus, found.place, value, wide);
            }
            Kind::Transfer => spent += self.transfer(bus, opcode, found.place),
            Kind::Stack => self.stack(bus, mnemonic, found.place),
            Kind::Other => self.other(bus, mnemonic, found.place, start),
        }
        match mnemonic {
            Mnemonic::Stp => Err(Halt::Stopped),
            Mnemonic::Wai => Err(Halt::Waiting),
            _ => Ok(spent),
        }
    }

    const fn is_wide(&self, mnemonic: Mnemonic) -> bool {
        match mnemonic.register() {
            Register::Accumulator => self.r.wide_a(),
            Register::Index => self.r.wide_x(),
            Register::Fixed => false,
        }
    }

    fn cost(&self, opcode: Opcode, found: Found, wide: bool) -> u32 {
        let cycles = cycles(opcode);
        u32::from(cycles.base)
            + if wide { u32::from(cycles.wide) } else { 0 }
            + u32::from(cycles.direct_low && self.r.d & 0xff != 0)
            + u32::from(cycles.page && (found.crossed || self.r.wide_x()))
            + u32::from(cycles.native && !self.r.e)
    }

    /// Takes the next byte of the program.
    pub(super) fn fetch(&mut self, bus: &mut impl Bus) -> u8 {
        let byte = bus.read(self.r.program());
        self.r.pc = self.r.pc.wrapping_add(1);
        byte
    }

    pub(super) fn fetch_word(&mut self, bus: &mut impl Bus) -> u16 {
        u16::from_le_bytes([self.fetch(bus), self.fetch(bus)])
    }

    pub(super) fn fetch_long(&mut self, bus: &mut impl Bus) -> u32 {
        u32::from_le_bytes([self.fetch(bus), self.fetch(bus), self.fetch(bus), 0])
    }

    fn read(&mut self, bus: &mut impl Bus, (mnemonic, mode): Opcode, place: Place, wide: bool) {
        let value = self.load(bus, place, wide);
        let loaded = match mnemonic {
            Mnemonic::Adc => return self.add(value),
            Mnemonic::Sbc => return self.subtract(value),
            Mnemonic::Cmp => return self.compare(self.r.a, value, wide),
            Mnemonic::Cpx => return self.compare(self.r.x, value, wide),
            Mnemonic::Cpy => return self.compare(self.r.y, value, wide),
            Mnemonic::Bit => return self.test(value, wide, mode == Mode::ImmediateM),
            Mnemonic::And => self.r.a & value,
            Mnemonic::Ora => self.r.a | value,
            Mnemonic::Eor => self.r.a ^ value,
            _ => value,
        };
        match mnemonic {
            Mnemonic::Ldx => self.r.x = loaded,
            Mnemonic::Ldy => self.r.y = loaded,
            _ => self.r.set_a(loaded),
        }
        self.r.nz(loaded, wide);
    }

    fn write(&mut self, bus: &mut impl Bus, mnemonic: Mnemonic, place: Place, wide: bool) {
        let value = match mnemonic {
            Mnemonic::Sta => self.r.a,
            Mnemonic::Stx => self.r.x,
            Mnemonic::Sty => self.r.y,
            _ => 0,
        };
        self.store(bus, place, value, wide);
    }

    fn transfer(&mut self, bus: &mut impl Bus, opcode: Opcode, place: Place) -> u32 {
        let (mnemonic, mode) = opcode;
        match (mnemonic, place) {
            (Mnemonic::Brl, Place::Value(offset)) => self.r.pc = self.r.pc.wrapping_add(offset),
            (Mnemonic::Jmp | Mnemonic::Jml | Mnemonic::Jsr | Mnemonic::Jsl, _) => {
                self.jump(bus, opcode, place)
            }
            (Mnemonic::Rts | Mnemonic::Rtl | Mnemonic::Rti, _) => self.give_back(bus, mnemonic),
            (Mnemonic::Brk | Mnemonic::Cop, _) => self.trap(bus, mnemonic),
            (_, Place::Value(offset)) if mode == Mode::Relative => return self.branch(mnemonic, offset),
            _ => {}
        }
        0
    }

    fn stack(&mut self, bus: &mut impl Bus, mnemonic: Mnemonic, place: Place) {
        let (wide_a, wide_x) = (self.r.wide_a(), self.r.wide_x());
        match (mnemonic, place) {
            (Mnemonic::Pha, _) => self.push_sized(bus, self.r.a, wide_a),
            (Mnemonic::Phx, _) => self.push_sized(bus, self.r.x, wide_x),
            (Mnemonic::Phy, _) => self.push_sized(bus, self.r.y, wide_x),
            (Mnemonic::Phb, _) => self.push_old(bus, self.r.dbr),
            (Mnemonic::Phk, _) => self.push_old(bus, self.r.pbr),
            (Mnemonic::Php, _) => self.push_old(bus, self.r.p.0),
            (Mnemonic::Phd, _) => self.push_word(bus, self.r.d),
            (Mnemonic::Pea, Place::Long(address)) => {
                let [low, high, ..] = address.to_le_bytes();
                self.push_word(bus, u16::from_le_bytes([low, high]));
            }
            (Mnemonic::Pei, Place::Bank0(at)) => {
                let word = self.pointer(bus, at);
                self.push_word(bus, word);
            }
            (Mnemonic::Per, Place::Value(offset)) => self.push_word(bus, self.r.pc.wrapping_add(offset)),
            (Mnemonic::Pla, _) => {
                let value = self.pull_sized(bus, wide_a);
                self.r.set_a(value);
            }
            (Mnemonic::Plx, _) => self.r.x = self.pull_sized(bus, wide_x),
            (Mnemonic::Ply, _) => self.r.y = self.pull_sized(bus, wide_x),
            (Mnemonic::Plp, _) => {
                let p = self.pull_old(bus);
                self.r.set_status(p);
            }
            (Mnemonic::Plb, _) => {
                self.r.dbr = self.pull(bus);
                self.r.nz(self.r.dbr.into(), false);
            }
            (Mnemonic::Pld, _) => {
                self.r.d = self.pull_word(bus);
                self.r.nz(self.r.d, true);
            }
            _ => {}
        }
        self.r.settle_stack();
    }

    fn other(&mut self, bus: &mut impl Bus, mnemonic: Mnemonic, place: Place, start: u16) {
        let operand = if let Place::Value(value) = place { value } else { 0 };
        let bits = operand.to_le_bytes()[0];
        match mnemonic {
            Mnemonic::Rep => self.r.set_status(self.r.p.0 & !bits),
            Mnemonic::Sep => self.r.set_status(self.r.p.0 | bits),
            Mnemonic::Clc => self.r.put(Flags::C, false),
            Mnemonic::Sec => self.r.put(Flags::C, true),
            Mnemonic::Cld => self.r.put(Flags::D, false),
            Mnemonic::Sed => self.r.put(Flags::D, true),
            Mnemonic::Cli => self.r.put(Flags::I, false),
            Mnemonic::Sei => self.r.put(Flags::I, true),
            Mnemonic::Clv => self.r.put(Flags::V, false),
            Mnemonic::Xce => self.exchange(),
            Mnemonic::Mvn => self.move_byte(bus, operand, 1, start),
            Mnemonic::Mvp => self.move_byte(bus, operand, u16::MAX, start),
            _ => self.between(mnemonic),
        }
    }

    /// `XCE`: emulation mode and carry change places.
    fn exchange(&mut self) {
        let carry = self.r.is(Flags::C);
        self.r.put(Flags::C, self.r.e);
        self.r.e = carry;
        self.r.set_status(self.r.p.0);
        self.r.settle_stack();
    }

    /// Moves one byte and stays at the instruction until the count has run out.
    fn move_byte(&mut self, bus: &mut impl Bus, banks: u16, by: u16, start: u16) {
        let [to, from] = banks.to_le_bytes();
        let byte = bus.read(u32::from(from) << 16 | u32::from(self.r.x));
        bus.write(u32::from(to) << 16 | u32::from(self.r.y), byte);
        self.r.dbr = to;
        self.r.x = self.r.index(self.r.x.wrapping_add(by));
        self.r.y = self.r.index(self.r.y.wrapping_add(by));
        self.r.a = self.r.a.wrapping_sub(1);
        if self.r.a != u16::MAX {
            self.r.pc = start;
        }
    }

    /// Steps of the index registers, and transfers between registers.
    fn between(&mut self, mnemonic: Mnemonic) {
        let (r, wide_x, wide_a) = (self.r, self.r.wide_x(), self.r.wide_a());
        let (value, wide) = match mnemonic {
            Mnemonic::Inx => (r.x.wrapping_add(1), wide_x),
            Mnemonic::Dex => (r.x.wrapping_sub(1), wide_x),
            Mnemonic::Iny => (r.y.wrapping_add(1), wide_x),
            Mnemonic::Dey => (r.y.wrapping_sub(1), wide_x),
            Mnemonic::Tax | Mnemonic::Tay => (r.a, wide_x),
            Mnemonic::Tsx => (r.s, wide_x),
            Mnemonic::Txy | Mnemonic::Txs => (r.x, wide_x),
            Mnemonic::Tyx => (r.y, wide_x),
            Mnemonic::Txa => (r.x, wide_a),
            Mnemonic::Tya => (r.y, wide_a),
            Mnemonic::Tcd | Mnemonic::Tcs => (r.a, true),
            Mnemonic::Tdc => (r.d, true),
            Mnemonic::Tsc => (r.s, true),
            Mnemonic::Xba => (r.a.swap_bytes(), false),
            _ => return,
        };
        match mnemonic {
            Mnemonic::Inx | Mnemonic::Dex | Mnemonic::Tax | Mnemonic::Tsx | Mnemonic::Tyx => {
                self.r.x = r.index(value);
            }
            Mnemonic::Iny | Mnemonic::Dey | Mnemonic::Tay | Mnemonic::Txy => self.r.y = r.index(value),
            Mnemonic::Txa | Mnemonic::Tya => self.r.set_a(value),
            Mnemonic::Tdc | Mnemonic::Tsc | Mnemonic::Xba => self.r.a = value,
            Mnemonic::Tcd => self.r.d = value,
            _ => {
                self.r.s = value;
                return self.r.settle_stack();
            }
        }
        self.r.nz(value, wide);
    }
}
