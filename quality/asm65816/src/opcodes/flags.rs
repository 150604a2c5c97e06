//! The status register: its bits, and which instructions read and write them.

use super::mnemonic::Mnemonic;
use super::mode::Mode;

/// A set of status bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// Carry.
    pub const C: Self = Self(0x01);
    /// Zero.
    pub const Z: Self = Self(0x02);
    /// Interrupts disabled.
    pub const I: Self = Self(0x04);
    /// Decimal arithmetic.
    pub const D: Self = Self(0x08);
    /// 8-bit index registers; the break bit in emulation mode.
    pub const X: Self = Self(0x10);
    /// 8-bit accumulator and memory.
    pub const M: Self = Self(0x20);
    /// Overflow.
    pub const V: Self = Self(0x40);
    /// Negative.
    pub const N: Self = Self(0x80);
    /// No bit.
    pub const NONE: Self = Self(0);
    /// All bits.
    pub const ALL: Self = Self(0xff);

    /// The bits of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any bit of `other` is in the set.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

const NZ: Flags = Flags::N.with(Flags::Z);
const NZC: Flags = NZ.with(Flags::C);
const NVZC: Flags = NZC.with(Flags::V);

/// The status bits that an instruction's result or course depends on, besides M and X.
/// Source: WDC, W65C816S data sheet, table 5-5.
#[must_use]
pub const fn flags_read(mnemonic: Mnemonic) -> Flags {
    use Mnemonic as M;
    if matches!(mnemonic, M::Adc | M::Sbc) {
        Flags::C.with(Flags::D)
    } else if matches!(mnemonic, M::Rol | M::Ror | M::Bcc | M::Bcs | M::Xce) {
        Flags::C
    } else if matches!(mnemonic, M::Beq | M::Bne) {
        Flags::Z
    } else if matches!(mnemonic, M::Bmi | M::Bpl) {
        Flags::N
    } else if matches!(mnemonic, M::Bvc | M::Bvs) {
        Flags::V
    } else if matches!(mnemonic, M::Php | M::Brk | M::Cop) {
        Flags::ALL
    } else {
        Flags::NONE
    }
}

/// The status bits that an instruction may change.
/// Source: WDC, W65C816S data sheet, table 5-5.
#[must_use]
pub const fn flags_written((mnemonic, mode): (Mnemonic, Mode)) -> Flags {
    use Mnemonic as M;
    match (mnemonic, mode) {
        (M::Bit, Mode::ImmediateM) | (M::Tsb | M::Trb, _) => Flags::Z,
        (M::Adc | M::Sbc, _) => NVZC,
        (M::Bit, _) => NZ.with(Flags::V),
        (M::Asl | M::Lsr | M::Rol | M::Ror | M::Cmp | M::Cpx | M::Cpy, _) => NZC,
        (M::Clc | M::Sec, _) => Flags::C,
        (M::Cld | M::Sed, _) => Flags::D,
        (M::Cli | M::Sei, _) => Flags::I,
        (M::Clv, _) => Flags::V,
        (M::Brk | M::Cop, _) => Flags::I.with(Flags::D),
        (M::Xce, _) => Flags::C.with(Flags::M).with(Flags::X),
        (M::Rep | M::Sep | M::Plp | M::Rti, _) => Flags::ALL,
        (
            M::And
            | M::Ora
            | M::Eor
            | M::Lda
            | M::Ldx
            | M::Ldy
            | M::Inc
            | M::Dec
            | M::Inx
            | M::Iny
            | M::Dex
            | M::Dey
            | M::Pla
            | M::Plb
            | M::Pld
            | M::Plx
            | M::Ply
            | M::Tax
            | M::Tay
            | M::Tcd
            | M::Tdc
            | M::Tsc
            | M::Tsx
            | M::Txa
            | M::Txy
            | M::Tya
            | M::Tyx
            | M::Xba,
            _,
        ) => NZ,
        _ => Flags::NONE,
    }
}
