//! What must hold for every program, whoever writes it.

use hafs_asm65816::machine::{Cpu, Map, Memory, Registers, run};
use hafs_asm65816::opcodes::Flags;

/// Any bytes run without a panic and within their steps.
///
/// # Panics
/// When a run takes more steps than it may.
pub fn machine(bytes: &[u8]) {
    let [p, e, low, high, code @ ..] = bytes else { return };
    let mut memory = Memory::new(Map::Snes, 1);
    memory.load(0x8000, code);
    let s = u16::from_le_bytes([*low, *high]);
    let mut cpu = Cpu { r: Registers { p: Flags(*p), e: e & 1 != 0, s, pc: 0x8000, ..Registers::default() } };
    assert!(run(&mut cpu, &mut memory, 0xfff0, 3_000).steps <= 3_000);
}
