//! How an instruction finds its operand.

use std::fmt;

/// The addressing modes.
/// Source: WDC, W65C816S data sheet, section 3.5 and table 5-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// No operand.
    Implied,
    /// The accumulator itself.
    Accumulator,
    /// One byte, whatever the width: `REP`, `SEP`, `COP`, `BRK`, `WDM`.
    Immediate8,
    /// One byte when M is set, otherwise two.
    ImmediateM,
    /// One byte when X is set, otherwise two.
    ImmediateX,
    /// `dp`
    Direct,
    /// `dp,x`
    DirectX,
    /// `dp,y`
    DirectY,
    /// `(dp)`
    Indirect,
    /// `(dp,x)`
    IndirectX,
    /// `(dp),y`
    IndirectY,
    /// `[dp]`
    IndirectLong,
    /// `[dp],y`
    IndirectLongY,
    /// `abs`
    Absolute,
    /// `abs,x`
    AbsoluteX,
    /// `abs,y`
    AbsoluteY,
    /// `long`
    Long,
    /// `long,x`
    LongX,
    /// `(abs)`
    AbsoluteIndirect,
    /// `(abs,x)`
    AbsoluteIndirectX,
    /// `[abs]`
    AbsoluteIndirectLong,
    /// A signed byte counted from the next instruction.
    Relative,
    /// A signed word counted from the next instruction.
    RelativeLong,
    /// `sr,s`
    Stack,
    /// `(sr,s),y`
    StackIndirectY,
    /// Two banks; the encoding holds the destination first.
    BlockMove,
}

impl Mode {
    /// Bytes of the operand. `wide` says whether the register that the instruction works with has 16 bits; only
    /// immediates depend on it.
    #[must_use]
    pub const fn operand_len(self, wide: bool) -> u32 {
        match self {
            Self::Implied | Self::Accumulator => 0,
            Self::Immediate8
            | Self::Direct
            | Self::DirectX
            | Self::DirectY
            | Self::Indirect
            | Self::IndirectX
            | Self::IndirectY
            | Self::IndirectLong
            | Self::IndirectLongY
            | Self::Relative
            | Self::Stack
            | Self::StackIndirectY => 1,
            Self::ImmediateM | Self::ImmediateX if wide => 2,
            Self::ImmediateM | Self::ImmediateX => 1,
            Self::Absolute
            | Self::AbsoluteX
            | Self::AbsoluteY
            | Self::AbsoluteIndirect
            | Self::AbsoluteIndirectX
            | Self::AbsoluteIndirectLong
            | Self::RelativeLong
            | Self::BlockMove => 2,
            Self::Long | Self::LongX => 3,
        }
    }

    /// How it is written.
    #[must_use]
    pub const fn notation(self) -> &'static str {
        match self {
            Self::Implied => "nothing",
            Self::Accumulator => "A",
            Self::Immediate8 | Self::ImmediateM | Self::ImmediateX => "#value",
            Self::Direct => "dp",
            Self::DirectX => "dp,x",
            Self::DirectY => "dp,y",
            Self::Indirect => "(dp)",
            Self::IndirectX => "(dp,x)",
            Self::IndirectY => "(dp),y",
            Self::IndirectLong => "[dp]",
            Self::IndirectLongY => "[dp],y",
            Self::Absolute => "address",
            Self::AbsoluteX => "address,x",
            Self::AbsoluteY => "address,y",
            Self::Long => "long address",
            Self::LongX => "long address,x",
            Self::AbsoluteIndirect => "(address)",
            Self::AbsoluteIndirectX => "(address,x)",
            Self::AbsoluteIndirectLong => "[address]",
            Self::Relative | Self::RelativeLong => "label",
            Self::Stack => "offset,s",
            Self::StackIndirectY => "(offset,s),y",
            Self::BlockMove => "bank,bank",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.notation())
    }
}
