//! The registers.

use crate::opcodes::Flags;

/// The registers of the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Registers {
    /// Accumulator; its high byte is kept while it has 8 bits.
    pub a: u16,
    /// Index X; its high byte is zero while it has 8 bits.
    pub x: u16,
    /// Index Y.
    pub y: u16,
    /// Stack pointer.
    pub s: u16,
    /// Direct register.
    pub d: u16,
    /// Data bank.
    pub dbr: u8,
    /// Program bank.
    pub pbr: u8,
    /// Program counter.
    pub pc: u16,
    /// Status.
    pub p: Flags,
    /// Emulation mode.
    pub e: bool,
}

impl Default for Registers {
    /// Native mode with 8-bit registers, as after `CLC : XCE`, and the stack at $01FF.
    fn default() -> Self {
        Self { a: 0, x: 0, y: 0, s: 0x01ff, d: 0, dbr: 0, pbr: 0, pc: 0, p: Flags(0x34), e: false }
    }
}

impl Registers {
    /// Whether a status bit is set.
    #[must_use]
    pub const fn is(&self, flag: Flags) -> bool {
        self.p.meets(flag)
    }

    /// Whether the accumulator has 16 bits.
    #[must_use]
    pub const fn wide_a(&self) -> bool {
        !self.e && !self.is(Flags::M)
    }

    /// Whether the index registers have 16 bits.
    #[must_use]
    pub const fn wide_x(&self) -> bool {
        !self.e && !self.is(Flags::X)
    }

    /// Sets or clears a status bit.
    pub const fn put(&mut self, flag: Flags, on: bool) {
        self.p.0 = if on { self.p.0 | flag.0 } else { self.p.0 & !flag.0 };
    }

    /// Sets N and Z by a result.
    pub(super) const fn nz(&mut self, value: u16, wide: bool) {
        let top = if wide { 0x8000 } else { 0x80 };
        let all = if wide { 0xffff } else { 0xff };
        self.put(Flags::N, value & top != 0);
        self.put(Flags::Z, value & all == 0);
    }

    /// Sets the whole status; in emulation mode M and X stay set, and 8-bit index registers lose their high bytes.
    pub(super) const fn set_status(&mut self, p: u8) {
        self.p = Flags(if self.e { p | Flags::M.0 | Flags::X.0 } else { p });
        if !self.wide_x() {
            self.x &= 0xff;
            self.y &= 0xff;
        }
    }

    /// Puts a result into the accumulator; the high byte stays when it has 8 bits.
    pub(super) const fn set_a(&mut self, value: u16) {
        self.a = if self.wide_a() { value } else { self.a & 0xff00 | value & 0xff };
    }

    /// A value as wide as the index registers.
    pub(super) const fn index(&self, value: u16) -> u16 {
        if self.wide_x() { value } else { value & 0xff }
    }

    /// The stack pointer stays in its page in emulation mode.
    pub(super) const fn settle_stack(&mut self) {
        if self.e {
            self.s = 0x0100 | self.s & 0xff;
        }
    }

    /// The address of the next byte of the program.
    #[must_use]
    pub fn program(&self) -> u32 {
        u32::from(self.pbr) << 16 | u32::from(self.pc)
    }
}
