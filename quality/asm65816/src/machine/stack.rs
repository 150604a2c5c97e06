//! Pushes and pulls. The instructions that the 6502 had keep the stack in its page in emulation mode; the newer ones
//! leave it while they work.
//! Source: WDC, W65C816S data sheet, section 7.9.

use super::bus::Bus;
use super::execute::Cpu;

impl Cpu {
    /// Pushes a byte as the newer instructions do.
    pub(super) fn push(&mut self, bus: &mut impl Bus, value: u8) {
        bus.write(self.r.s.into(), value);
        self.r.s = self.r.s.wrapping_sub(1);
    }

    /// Pulls a byte as the newer instructions do.
    pub(super) fn pull(&mut self, bus: &mut impl Bus) -> u8 {
        self.r.s = self.r.s.wrapping_add(1);
        bus.read(self.r.s.into())
    }

    /// Pushes a word, high byte first.
    pub(super) fn push_word(&mut self, bus: &mut impl Bus, value: u16) {
        let [low, high] = value.to_le_bytes();
        self.push(bus, high);
        self.push(bus, low);
    }

    /// Pulls a word.
    pub(super) fn pull_word(&mut self, bus: &mut impl Bus) -> u16 {
        u16::from_le_bytes([self.pull(bus), self.pull(bus)])
    }

    /// Pushes a byte inside the stack's page.
    pub(super) fn push_old(&mut self, bus: &mut impl Bus, value: u8) {
        self.push(bus, value);
        self.r.settle_stack();
    }

    /// Pulls a byte inside the stack's page.
    pub(super) fn pull_old(&mut self, bus: &mut impl Bus) -> u8 {
        self.r.s = self.r.s.wrapping_add(1);
        self.r.settle_stack();
        bus.read(self.r.s.into())
    }

    /// Pushes a register of either width inside the stack's page.
    pub(super) fn push_sized(&mut self, bus: &mut impl Bus, value: u16, wide: bool) {
        let [low, high] = value.to_le_bytes();
        if wide {
            self.push_old(bus, high);
        }
        self.push_old(bus, low);
    }

    /// Pulls a register of either width, and sets N and Z by it.
    pub(super) fn pull_sized(&mut self, bus: &mut impl Bus, wide: bool) -> u16 {
        let low = self.pull_old(bus);
        let value = u16::from_le_bytes([low, if wide { self.pull_old(bus) } else { 0 }]);
        self.r.nz(value, wide);
        value
    }
}
