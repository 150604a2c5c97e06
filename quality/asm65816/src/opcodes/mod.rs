//! What the processor has: 92 mnemonics, 25 addressing modes, 256 opcodes.

mod cycles;
mod flags;
mod mnemonic;
mod mode;
mod table;

pub use cycles::{Cycles, cycles};
pub use flags::{Flags, flags_read, flags_written};
pub use mnemonic::{Kind, Mnemonic, Register};
pub use mode::Mode;
pub use table::{OPCODES, Opcode, find, modes_of};
