//! The names of the instructions.

use std::fmt;

/// What an instruction does with its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Reads memory or an immediate.
    Read,
    /// Writes memory.
    Write,
    /// Reads, changes and writes memory or the accumulator.
    Modify,
    /// Goes elsewhere: branches, jumps, calls, returns, traps.
    Transfer,
    /// Pushes to or pulls from the stack.
    Stack,
    /// Everything else.
    Other,
}

/// Which status bit sets the size of an instruction's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// The accumulator and memory: bit M.
    Accumulator,
    /// The index registers: bit X.
    Index,
    /// Neither.
    Fixed,
}

macro_rules! mnemonics {
    ($($variant:ident $kind:ident $register:ident;)*) => {
        /// The instructions of the 65816 by their standard names.
        /// Source: WDC, W65C816S data sheet, table 5-1 (instruction set), with `JML` for the long jumps.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the names are the processor's own")]
        pub enum Mnemonic { $($variant,)* }

        impl Mnemonic {
            /// Every mnemonic, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// What it does with its operand.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// Which status bit sets the size of its data.
            #[must_use]
            pub const fn register(self) -> Register {
                match self { $(Self::$variant => Register::$register,)* }
            }

            /// Its name as the enum spells it.
            const fn word(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }
        }
    };
}

mnemonics! {
    Adc Read Accumulator; And Read Accumulator; Asl Modify Accumulator;
    Bcc Transfer Fixed; Bcs Transfer Fixed; Beq Transfer Fixed; Bit Read Accumulator; Bmi Transfer Fixed;
    Bne Transfer Fixed; Bpl Transfer Fixed; Bra Transfer Fixed; Brk Transfer Fixed; Brl Transfer Fixed;
    Bvc Transfer Fixed; Bvs Transfer Fixed;
    Clc Other Fixed; Cld Other Fixed; Cli Other Fixed; Clv Other Fixed;
    Cmp Read Accumulator; Cop Transfer Fixed; Cpx Read Index; Cpy Read Index;
    Dec Modify Accumulator; Dex Other Index; Dey Other Index; Eor Read Accumulator;
    Inc Modify Accumulator; Inx Other Index; Iny Other Index;
    Jml Transfer Fixed; Jmp Transfer Fixed; Jsl Transfer Fixed; Jsr Transfer Fixed;
    Lda Read Accumulator; Ldx Read Index; Ldy Read Index; Lsr Modify Accumulator;
    Mvn Other Index; Mvp Other Index; Nop Other Fixed; Ora Read Accumulator;
    Pea Stack Fixed; Pei Stack Fixed; Per Stack Fixed;
    Pha Stack Accumulator; Phb Stack Fixed; Phd Stack Fixed; Phk Stack Fixed; Php Stack Fixed;
    Phx Stack Index; Phy Stack Index;
    Pla Stack Accumulator; Plb Stack Fixed; Pld Stack Fixed; Plp Stack Fixed; Plx Stack Index; Ply Stack Index;
    Rep Other Fixed; Rol Modify Accumulator; Ror Modify Accumulator;
    Rti Transfer Fixed; Rtl Transfer Fixed; Rts Transfer Fixed;
    Sbc Read Accumulator; Sec Other Fixed; Sed Other Fixed; Sei Other Fixed; Sep Other Fixed;
    Sta Write Accumulator; Stp Other Fixed; Stx Write Index; Sty Write Index; Stz Write Accumulator;
    Tax Other Index; Tay Other Index; Tcd Other Fixed; Tcs Other Fixed; Tdc Other Fixed;
    Trb Modify Accumulator; Tsb Modify Accumulator; Tsc Other Fixed; Tsx Other Index;
    Txa Other Accumulator; Txs Other Fixed; Txy Other Index; Tya Other Accumulator; Tyx Other Index;
    Wai Other Fixed; Wdm Other Fixed; Xba Other Fixed; Xce Other Fixed;
}

/// Names that assemblers take besides the standard ones. `ina` and `dea` stand for the accumulator forms.
const ALIASES: &[([u8; 3], Mnemonic)] = &[
    (*b"BLT", Mnemonic::Bcc),
    (*b"BGE", Mnemonic::Bcs),
    (*b"CPA", Mnemonic::Cmp),
    (*b"DEA", Mnemonic::Dec),
    (*b"INA", Mnemonic::Inc),
    (*b"SWA", Mnemonic::Xba),
    (*b"TAS", Mnemonic::Tcs),
    (*b"TSA", Mnemonic::Tsc),
    (*b"TAD", Mnemonic::Tcd),
    (*b"TDA", Mnemonic::Tdc),
];

impl Mnemonic {
    /// The instruction of a word of three letters, in either case, by its standard name or a customary other one.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let bytes: [u8; 3] = word.as_bytes().try_into().ok()?;
        let upper = bytes.map(|byte| byte.to_ascii_uppercase());
        Self::standard(upper)
            .or_else(|| ALIASES.iter().find(|(name, _)| *name == upper).map(|&(_, mnemonic)| mnemonic))
    }

    /// Whether a word means the accumulator without saying so (`ina`, `dea`).
    #[must_use]
    pub fn implies_accumulator(word: &str) -> bool {
        word.eq_ignore_ascii_case("ina") || word.eq_ignore_ascii_case("dea")
    }

    fn standard(upper: [u8; 3]) -> Option<Self> {
        let at = Self::ALL.binary_search_by(|mnemonic| mnemonic.upper().cmp(&upper)).ok()?;
        Self::ALL.get(at).copied()
    }

    /// Its name in capitals.
    #[must_use]
    pub fn upper(self) -> [u8; 3] {
        let word = self.word().as_bytes();
        [0, 1, 2].map(|at| word[at].to_ascii_uppercase())
    }

    /// Whether it is a conditional branch.
    #[must_use]
    pub const fn is_conditional(self) -> bool {
        matches!(
            self,
            Self::Bcc | Self::Bcs | Self::Beq | Self::Bmi | Self::Bne | Self::Bpl | Self::Bvc | Self::Bvs
        )
    }

    /// Whether control never goes on behind it.
    #[must_use]
    pub const fn ends_flow(self) -> bool {
        matches!(
            self,
            Self::Bra | Self::Brl | Self::Jmp | Self::Jml | Self::Rts | Self::Rtl | Self::Rti | Self::Stp
        )
    }
}

impl fmt::Display for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.upper().iter().try_for_each(|&byte| write!(f, "{}", char::from(byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_92_mnemonics_in_alphabetical_order_and_each_is_found_by_its_name() {
        assert_eq!(Mnemonic::ALL.len(), 92);
        assert!(Mnemonic::ALL.windows(2).all(|pair| pair[0].upper() < pair[1].upper()));
        for &mnemonic in Mnemonic::ALL {
            assert_eq!(Mnemonic::parse(&mnemonic.to_string()), Some(mnemonic));
            assert_eq!(Mnemonic::parse(&mnemonic.to_string().to_lowercase()), Some(mnemonic));
        }
        assert_eq!(Mnemonic::parse("blt"), Some(Mnemonic::Bcc));
        assert_eq!(Mnemonic::parse("mov"), None);
    }
}
