//! The 256 opcodes.

use super::mnemonic::Mnemonic as M;
use super::mode::Mode as O;

/// What one opcode is: an instruction in an addressing mode.
pub type Opcode = (M, O);

/// Every opcode, by its number.
/// Source: WDC, W65C816S data sheet, table 5-4 (opcode matrix).
#[rustfmt::skip]
pub const OPCODES: [Opcode; 256] = [
    (M::Brk, O::Immediate8), (M::Ora, O::IndirectX), (M::Cop, O::Immediate8), (M::Ora, O::Stack), // 00
    (M::Tsb, O::Direct), (M::Ora, O::Direct), (M::Asl, O::Direct), (M::Ora, O::IndirectLong), // 04
    (M::Php, O::Implied), (M::Ora, O::ImmediateM), (M::Asl, O::Accumulator), (M::Phd, O::Implied), // 08
    (M::Tsb, O::Absolute), (M::Ora, O::Absolute), (M::Asl, O::Absolute), (M::Ora, O::Long), // 0C
    (M::Bpl, O::Relative), (M::Ora, O::IndirectY), (M::Ora, O::Indirect), (M::Ora, O::StackIndirectY), // 10
    (M::Trb, O::Direct), (M::Ora, O::DirectX), (M::Asl, O::DirectX), (M::Ora, O::IndirectLongY), // 14
    (M::Clc, O::Implied), (M::Ora, O::AbsoluteY), (M::Inc, O::Accumulator), (M::Tcs, O::Implied), // 18
    (M::Trb, O::Absolute), (M::Ora, O::AbsoluteX), (M::Asl, O::AbsoluteX), (M::Ora, O::LongX), // 1C
    (M::Jsr, O::Absolute), (M::And, O::IndirectX), (M::Jsl, O::Long), (M::And, O::Stack), // 20
    (M::Bit, O::Direct), (M::And, O::Direct), (M::Rol, O::Direct), (M::And, O::IndirectLong), // 24
    (M::Plp, O::Implied), (M::And, O::ImmediateM), (M::Rol, O::Accumulator), (M::Pld, O::Implied), // 28
    (M::Bit, O::Absolute), (M::And, O::Absolute), (M::Rol, O::Absolute), (M::And, O::Long), // 2C
    (M::Bmi, O::Relative), (M::And, O::IndirectY), (M::And, O::Indirect), (M::And, O::StackIndirectY), // 30
    (M::Bit, O::DirectX), (M::And, O::DirectX), (M::Rol, O::DirectX), (M::And, O::IndirectLongY), // 34
    (M::Sec, O::Implied), (M::And, O::AbsoluteY), (M::Dec, O::Accumulator), (M::Tsc, O::Implied), // 38
    (M::Bit, O::AbsoluteX), (M::And, O::AbsoluteX), (M::Rol, O::AbsoluteX), (M::And, O::LongX), // 3C
    (M::Rti, O::Implied), (M::Eor, O::IndirectX), (M::Wdm, O::Immediate8), (M::Eor, O::Stack), // 40
    (M::Mvp, O::BlockMove), (M::Eor, O::Direct), (M::Lsr, O::Direct), (M::Eor, O::IndirectLong), // 44
    (M::Pha, O::Implied), (M::Eor, O::ImmediateM), (M::Lsr, O::Accumulator), (M::Phk, O::Implied), // 48
    (M::Jmp, O::Absolute), (M::Eor, O::Absolute), (M::Lsr, O::Absolute), (M::Eor, O::Long), // 4C
    (M::Bvc, O::Relative), (M::Eor, O::IndirectY), (M::Eor, O::Indirect), (M::Eor, O::StackIndirectY), // 50
    (M::Mvn, O::BlockMove), (M::Eor, O::DirectX), (M::Lsr, O::DirectX), (M::Eor, O::IndirectLongY), // 54
    (M::Cli, O::Implied), (M::Eor, O::AbsoluteY), (M::Phy, O::Implied), (M::Tcd, O::Implied), // 58
    (M::Jml, O::Long), (M::Eor, O::AbsoluteX), (M::Lsr, O::AbsoluteX), (M::Eor, O::LongX), // 5C
    (M::Rts, O::Implied), (M::Adc, O::IndirectX), (M::Per, O::RelativeLong), (M::Adc, O::Stack), // 60
    (M::Stz, O::Direct), (M::Adc, O::Direct), (M::Ror, O::Direct), (M::Adc, O::IndirectLong), // 64
    (M::Pla, O::Implied), (M::Adc, O::ImmediateM), (M::Ror, O::Accumulator), (M::Rtl, O::Implied), // 68
    (M::Jmp, O::AbsoluteIndirect), (M::Adc, O::Absolute), (M::Ror, O::Absolute), (M::Adc, O::Long), // 6C
    (M::Bvs, O::Relative), (M::Adc, O::IndirectY), (M::Adc, O::Indirect), (M::Adc, O::StackIndirectY), // 70
    (M::Stz, O::DirectX), (M::Adc, O::DirectX), (M::Ror, O::DirectX), (M::Adc, O::IndirectLongY), // 74
    (M::Sei, O::Implied), (M::Adc, O::AbsoluteY), (M::Ply, O::Implied), (M::Tdc, O::Implied), // 78
    (M::Jmp, O::AbsoluteIndirectX), (M::Adc, O::AbsoluteX), (M::Ror, O::AbsoluteX), (M::Adc, O::LongX), // 7C
    (M::Bra, O::Relative), (M::Sta, O::IndirectX), (M::Brl, O::RelativeLong), (M::Sta, O::Stack), // 80
    (M::Sty, O::Direct), (M::Sta, O::Direct), (M::Stx, O::Direct), (M::Sta, O::IndirectLong), // 84
    (M::Dey, O::Implied), (M::Bit, O::ImmediateM), (M::Txa, O::Implied), (M::Phb, O::Implied), // 88
    (M::Sty, O::Absolute), (M::Sta, O::Absolute), (M::Stx, O::Absolute), (M::Sta, O::Long), // 8C
    (M::Bcc, O::Relative), (M::Sta, O::IndirectY), (M::Sta, O::Indirect), (M::Sta, O::StackIndirectY), // 90
    (M::Sty, O::DirectX), (M::Sta, O::DirectX), (M::Stx, O::DirectY), (M::Sta, O::IndirectLongY), // 94
    (M::Tya, O::Implied), (M::Sta, O::AbsoluteY), (M::Txs, O::Implied), (M::Txy, O::Implied), // 98
    (M::Stz, O::Absolute), (M::Sta, O::AbsoluteX), (M::Stz, O::AbsoluteX), (M::Sta, O::LongX), // 9C
    (M::Ldy, O::ImmediateX), (M::Lda, O::IndirectX), (M::Ldx, O::ImmediateX), (M::Lda, O::Stack), // A0
    (M::Ldy, O::Direct), (M::Lda, O::Direct), (M::Ldx, O::Direct), (M::Lda, O::IndirectLong), // A4
    (M::Tay, O::Implied), (M::Lda, O::ImmediateM), (M::Tax, O::Implied), (M::Plb, O::Implied), // A8
    (M::Ldy, O::Absolute), (M::Lda, O::Absolute), (M::Ldx, O::Absolute), (M::Lda, O::Long), // AC
    (M::Bcs, O::Relative), (M::Lda, O::IndirectY), (M::Lda, O::Indirect), (M::Lda, O::StackIndirectY), // B0
    (M::Ldy, O::DirectX), (M::Lda, O::DirectX), (M::Ldx, O::DirectY), (M::Lda, O::IndirectLongY), // B4
    (M::Clv, O::Implied), (M::Lda, O::AbsoluteY), (M::Tsx, O::Implied), (M::Tyx, O::Implied), // B8
    (M::Ldy, O::AbsoluteX), (M::Lda, O::AbsoluteX), (M::Ldx, O::AbsoluteY), (M::Lda, O::LongX), // BC
    (M::Cpy, O::ImmediateX), (M::Cmp, O::IndirectX), (M::Rep, O::Immediate8), (M::Cmp, O::Stack), // C0
    (M::Cpy, O::Direct), (M::Cmp, O::Direct), (M::Dec, O::Direct), (M::Cmp, O::IndirectLong), // C4
    (M::Iny, O::Implied), (M::Cmp, O::ImmediateM), (M::Dex, O::Implied), (M::Wai, O::Implied), // C8
    (M::Cpy, O::Absolute), (M::Cmp, O::Absolute), (M::Dec, O::Absolute), (M::Cmp, O::Long), // CC
    (M::Bne, O::Relative), (M::Cmp, O::IndirectY), (M::Cmp, O::Indirect), (M::Cmp, O::StackIndirectY), // D0
    (M::Pei, O::Indirect), (M::Cmp, O::DirectX), (M::Dec, O::DirectX), (M::Cmp, O::IndirectLongY), // D4
    (M::Cld, O::Implied), (M::Cmp, O::AbsoluteY), (M::Phx, O::Implied), (M::Stp, O::Implied), // D8
    (M::Jml, O::AbsoluteIndirectLong), (M::Cmp, O::AbsoluteX), (M::Dec, O::AbsoluteX), (M::Cmp, O::LongX), // DC
    (M::Cpx, O::ImmediateX), (M::Sbc, O::IndirectX), (M::Sep, O::Immediate8), (M::Sbc, O::Stack), // E0
    (M::Cpx, O::Direct), (M::Sbc, O::Direct), (M::Inc, O::Direct), (M::Sbc, O::IndirectLong), // E4
    (M::Inx, O::Implied), (M::Sbc, O::ImmediateM), (M::Nop, O::Implied), (M::Xba, O::Implied), // E8
    (M::Cpx, O::Absolute), (M::Sbc, O::Absolute), (M::Inc, O::Absolute), (M::Sbc, O::Long), // EC
    (M::Beq, O::Relative), (M::Sbc, O::IndirectY), (M::Sbc, O::Indirect), (M::Sbc, O::StackIndirectY), // F0
    (M::Pea, O::Absolute), (M::Sbc, O::DirectX), (M::Inc, O::DirectX), (M::Sbc, O::IndirectLongY), // F4
    (M::Sed, O::Implied), (M::Sbc, O::AbsoluteY), (M::Plx, O::Implied), (M::Xce, O::Implied), // F8
    (M::Jsr, O::AbsoluteIndirectX), (M::Sbc, O::AbsoluteX), (M::Inc, O::AbsoluteX), (M::Sbc, O::LongX), // FC
];

/// Opcodes of each mnemonic in each mode; the number is absent where the processor has none.
const fn index() -> [[Option<u8>; MODES]; MNEMONICS] {
    let mut index = [[None; MODES]; MNEMONICS];
    let mut code: u8 = 0;
    loop {
        let (mnemonic, mode) = OPCODES[code as usize];
        index[mnemonic as usize][mode as usize] = Some(code);
        if code == u8::MAX {
            return index;
        }
        code += 1;
    }
}

const MODES: usize = O::BlockMove as usize + 1;
const MNEMONICS: usize = M::Xce as usize + 1;
static INDEX: [[Option<u8>; MODES]; MNEMONICS] = index();

/// The opcode of an instruction in a mode. `JMP` and `JML`, and `JSR` and `JSL`, share their long forms.
#[must_use]
pub fn find(mnemonic: M, mode: O) -> Option<u8> {
    let own = INDEX[mnemonic as usize][mode as usize];
    own.or_else(|| match (mnemonic, mode) {
        (M::Jmp, O::Long | O::AbsoluteIndirectLong) => INDEX[M::Jml as usize][mode as usize],
        (M::Jsr, O::Long) => INDEX[M::Jsl as usize][mode as usize],
        _ => None,
    })
}

/// The modes that an instruction has, in the order of their opcodes.
pub fn modes_of(mnemonic: M) -> impl Iterator<Item = O> {
    OPCODES.iter().filter(move |(own, _)| *own == mnemonic).map(|&(_, mode)| mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_opcodes_are_the_same_instruction_in_the_same_mode() {
        let distinct: std::collections::BTreeSet<_> = OPCODES.iter().collect();
        assert_eq!(distinct.len(), 256);
        let mnemonics: std::collections::BTreeSet<_> = OPCODES.iter().map(|(mnemonic, _)| mnemonic).collect();
        assert_eq!(mnemonics.len(), M::ALL.len());
    }

    #[test]
    fn an_opcode_is_found_by_its_instruction_and_mode_and_others_are_not() {
        for (code, &(mnemonic, mode)) in (0_u8..=255).zip(&OPCODES) {
            assert_eq!(find(mnemonic, mode), Some(code));
        }
        assert_eq!(find(M::Stx, O::AbsoluteX), None);
        assert_eq!(find(M::Jmp, O::Long), Some(0x5c));
        assert_eq!(find(M::Jsr, O::Long), Some(0x22));
    }

    /// Lengths with 8-bit immediates, as public disassembly tables give them; `BRK` and `COP` with their signature.
    #[test]
    fn lengths_agree_with_the_known_matrix() {
        const ROWS: [&str; 16] = [
            "2222222212113334",
            "2222222213113334",
            "3242222212113334",
            "2222222213113334",
            "1222322212113334",
            "2222322213114334",
            "1232222212113334",
            "2222222213113334",
            "2232222212113334",
            "2222222213113334",
            "2222222212113334",
            "2222222213113334",
            "2222222212113334",
            "2222222213113334",
            "2222222212113334",
            "2222322213113334",
        ];
        let lengths: Vec<u32> =
            ROWS.iter().flat_map(|row| row.chars()).filter_map(|c| c.to_digit(10)).collect();
        for (code, (&(_, mode), want)) in OPCODES.iter().zip(lengths).enumerate() {
            assert_eq!(1 + mode.operand_len(false), want, "{code:02X}");
        }
    }
}
