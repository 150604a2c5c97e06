//! Addition, subtraction, comparison and shifts, in both widths, binary and decimal.

#![expect(clippy::wildcard_enum_match_arm, reason = "of many instructions or modes only some are special")]

use crate::opcodes::{Flags, Mnemonic};

use super::execute::Cpu;

const fn top(wide: bool) -> u16 {
    if wide { 0x8000 } else { 0x80 }
}

impl Cpu {
    /// Adds with carry.
    pub(super) fn add(&mut self, value: u16) {
        self.sum(value, false);
    }

    /// Subtracts with borrow: adds the complement.
    pub(super) fn subtract(&mut self, value: u16) {
        self.sum(!value, true);
    }

    /// Adds digit by digit. In decimal mode a digit above nine is carried on; the overflow flag is taken before the
    /// last digit is set right.
    /// Source: Bruce Clark, "Decimal Mode", 6502.org, appendix A, for the 65816.
    fn sum(&mut self, value: u16, subtracts: bool) {
        let wide = self.r.wide_a();
        let a = if wide { self.r.a } else { self.r.a & 0xff };
        let (mut carry, mut result, mut unadjusted) = (u16::from(self.r.is(Flags::C)), 0_u16, 0_u16);
        for digit in 0..if wide { 4 } else { 2 } {
            let shift = digit * 4;
            let sum = (a >> shift & 15) + (value >> shift & 15) + carry;
            unadjusted = result | (sum & 15) << shift;
            let right = match (self.r.is(Flags::D), subtracts) {
                (true, false) if sum > 9 => sum + 6,
                (true, true) if sum < 16 => sum.wrapping_sub(6) & 15,
                _ => sum,
            };
            carry = u16::from(if subtracts { sum > 15 } else { right > 15 });
            result |= (right & 15) << shift;
        }
        self.r.put(Flags::V, !(a ^ value) & (a ^ unadjusted) & top(wide) != 0);
        self.r.put(Flags::C, carry != 0);
        self.r.set_a(result);
        self.r.nz(result, wide);
    }

    /// Compares a register with a value.
    pub(super) fn compare(&mut self, register: u16, value: u16, wide: bool) {
        let mask = if wide { 0xffff } else { 0xff };
        let (register, value) = (register & mask, value & mask);
        self.r.put(Flags::C, register >= value);
        self.r.nz(register.wrapping_sub(value), wide);
    }

    /// The result of an instruction that reads, changes and writes.
    pub(super) fn changed(&mut self, mnemonic: Mnemonic, value: u16, wide: bool) -> u16 {
        let top = top(wide);
        let carry = u16::from(self.r.is(Flags::C));
        let low = if wide { 0xffff } else { 0xff };
        let (result, out) = match mnemonic {
            Mnemonic::Asl => (value << 1, Some(value & top != 0)),
            Mnemonic::Rol => ((value << 1) | carry, Some(value & top != 0)),
            Mnemonic::Lsr => (value >> 1, Some(value & 1 != 0)),
            Mnemonic::Ror => ((value >> 1) | (carry * top), Some(value & 1 != 0)),
            Mnemonic::Inc => (value.wrapping_add(1), None),
            Mnemonic::Dec => (value.wrapping_sub(1), None),
            Mnemonic::Tsb => (value | self.r.a, None),
            _ => (value & !self.r.a, None),
        };
        let result = result & low;
        if matches!(mnemonic, Mnemonic::Tsb | Mnemonic::Trb) {
            self.r.put(Flags::Z, value & self.r.a & low == 0);
            return result;
        }
        if let Some(out) = out {
            self.r.put(Flags::C, out);
        }
        self.r.nz(result, wide);
        result
    }

    /// `BIT`: N and V come from memory, but not from an immediate.
    pub(super) fn test(&mut self, value: u16, wide: bool, immediate: bool) {
        let mask = if wide { 0xffff } else { 0xff };
        self.r.put(Flags::Z, value & self.r.a & mask == 0);
        if !immediate {
            self.r.put(Flags::N, value & top(wide) != 0);
            self.r.put(Flags::V, value & top(wide) >> 1 != 0);
        }
    }
}
