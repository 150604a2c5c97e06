//! How long instructions take.

use super::mnemonic::{Kind, Mnemonic, Register};
use super::mode::Mode;

/// The cycles of one opcode: what it always takes and what adds to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cycles {
    /// Always.
    pub base: u8,
    /// More when the register that the instruction works with has 16 bits.
    pub wide: u8,
    /// One more when the low byte of the direct register is not zero.
    pub direct_low: bool,
    /// One more when indexing leaves the page or the index registers have 16 bits.
    pub page: bool,
    /// One more when a branch is taken, and another when that leaves the page in emulation mode.
    pub branch: bool,
    /// One more in native mode.
    pub native: bool,
}

/// The cycles of an opcode. Block moves take the given cycles for each byte.
/// Source: WDC, W65C816S data sheet, table 5-7.
#[must_use]
pub const fn cycles((mnemonic, mode): (Mnemonic, Mode)) -> Cycles {
    let direct_low = is_direct(mode);
    match mnemonic.kind() {
        Kind::Read => Cycles {
            base: read(mode),
            wide: 1,
            direct_low,
            page: matches!(mode, Mode::AbsoluteX | Mode::AbsoluteY | Mode::IndirectY),
            branch: false,
            native: false,
        },
        Kind::Write => Cycles {
            base: read(mode) + matches!(mode, Mode::AbsoluteX | Mode::AbsoluteY | Mode::IndirectY) as u8,
            wide: 1,
            direct_low,
            page: false,
            branch: false,
            native: false,
        },
        Kind::Modify => modify(mode, direct_low),
        Kind::Transfer => transfer(mnemonic, mode),
        Kind::Stack => Cycles {
            base: stack(mnemonic),
            wide: !matches!(mnemonic.register(), Register::Fixed) as u8,
            direct_low,
            page: false,
            branch: false,
            native: false,
        },
        Kind::Other => fixed(other(mnemonic)),
    }
}

const fn fixed(base: u8) -> Cycles {
    Cycles { base, wide: 0, direct_low: false, page: false, branch: false, native: false }
}

const fn is_direct(mode: Mode) -> bool {
    matches!(
        mode,
        Mode::Direct
            | Mode::DirectX
            | Mode::DirectY
            | Mode::Indirect
            | Mode::IndirectX
            | Mode::IndirectY
            | Mode::IndirectLong
            | Mode::IndirectLongY
    )
}

const fn read(mode: Mode) -> u8 {
    match mode {
        Mode::Direct => 3,
        Mode::DirectX | Mode::DirectY | Mode::Absolute | Mode::AbsoluteX | Mode::AbsoluteY | Mode::Stack => 4,
        Mode::Indirect | Mode::IndirectY | Mode::Long | Mode::LongX => 5,
        Mode::IndirectX | Mode::IndirectLong | Mode::IndirectLongY => 6,
        Mode::StackIndirectY => 7,
        Mode::Implied
        | Mode::Accumulator
        | Mode::Immediate8
        | Mode::ImmediateM
        | Mode::ImmediateX
        | Mode::AbsoluteIndirect
        | Mode::AbsoluteIndirectX
        | Mode::AbsoluteIndirectLong
        | Mode::Relative
        | Mode::RelativeLong
        | Mode::BlockMove => 2,
    }
}

const fn modify(mode: Mode, direct_low: bool) -> Cycles {
    if matches!(mode, Mode::Accumulator) {
        return fixed(2);
    }
    let indexed = matches!(mode, Mode::AbsoluteX) as u8;
    Cycles { base: read(mode) + 2 + indexed, wide: 2, direct_low, page: false, branch: false, native: false }
}

const fn transfer(mnemonic: Mnemonic, mode: Mode) -> Cycles {
    use Mnemonic as M;
    match (mnemonic, mode) {
        (M::Brk | M::Cop, _) => Cycles { native: true, ..fixed(7) },
        (M::Rti, _) => Cycles { native: true, ..fixed(6) },
        (M::Bra, _) => Cycles { branch: true, ..fixed(2) },
        (M::Brl, _) => fixed(4),
        (M::Jmp, Mode::Absolute) => fixed(3),
        (M::Jml, Mode::Long) => fixed(4),
        (M::Jmp, Mode::AbsoluteIndirect) => fixed(5),
        (M::Jsr, Mode::AbsoluteIndirectX) | (M::Jsl, _) => fixed(8),
        (M::Jmp | M::Jml | M::Jsr | M::Rts | M::Rtl, _) => fixed(6),
        _ => Cycles { branch: true, ..fixed(2) },
    }
}

const fn stack(mnemonic: Mnemonic) -> u8 {
    use Mnemonic as M;
    if matches!(mnemonic, M::Pei | M::Per) {
        6
    } else if matches!(mnemonic, M::Pld | M::Pea) {
        5
    } else if matches!(mnemonic, M::Phd | M::Pla | M::Plb | M::Plp | M::Plx | M::Ply) {
        4
    } else {
        3
    }
}

const fn other(mnemonic: Mnemonic) -> u8 {
    use Mnemonic as M;
    if matches!(mnemonic, M::Mvn | M::Mvp) {
        7
    } else if matches!(mnemonic, M::Xba | M::Rep | M::Sep | M::Wai | M::Stp) {
        3
    } else {
        2
    }
}
