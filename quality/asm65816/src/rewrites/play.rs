//! One run of a routine from one state, watched.

use std::collections::BTreeSet;

use super::assembled::Assembled;
use crate::equivalent::{HOME, Left, Spec, before};
use crate::machine::{Cpu, End, Memory, mix};
use crate::opcodes::Flags;

/// Where a hook is, and the instruction that it consists of: what else it does is done to the registers.
pub(super) const HOOK: u32 = 0x80_f000;
const RTL: u8 = 0x6b;
/// Bytes of a conditional branch.
const BRANCH_BYTES: u32 = 2;
/// How far under the stack pointer of the entry a version may have written before it calls the hook.
const SAVED: u32 = 0x40;

/// An instruction that was executed, and whether control went on behind it: at a branch both should be seen.
type Way = (u32, bool);

/// What a run came to.
pub(super) struct Played {
    pub(super) left: Left,
    pub(super) seen: Seen,
}

/// What was seen on the way.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) cycles: u64,
    /// Whether anything but the code's own instructions was executed.
    pub(super) strayed: bool,
    pub(super) ways: BTreeSet<Way>,
    /// Calls of the hook.
    pub(super) hooks: u32,
    /// Whether something was done before the first of them.
    pub(super) late: bool,
}

impl Seen {
    fn executed(&mut self, assembled: &Assembled, here: u32, next: u32) {
        self.strayed |= !assembled.lines.contains_key(&here);
        let goes_on = !assembled.forks.contains(&here) || next == here + BRANCH_BYTES;
        self.ways.insert((here, goes_on));
    }

    fn hooked(&mut self, memory: &Memory, entry: u16) {
        self.late |= self.hooks == 0 && !untouched(memory, entry);
        self.hooks += 1;
    }
}

/// Runs a routine until it returns, halts, or the steps run out.
pub(super) fn play(assembled: &Assembled, spec: &Spec, state: u32) -> Played {
    let (mut cpu, mut memory) = before(&assembled.bytes, spec, state);
    memory.load(HOOK, &[RTL]);
    let (home, entry) = (0x80_0000 | u32::from(HOME), cpu.r.s);
    let (mut seen, mut end) = (Seen::default(), End::OutOfSteps);
    for _ in 0..spec.max_steps {
        let here = cpu.r.program();
        if here == home {
            end = End::Returned;
            break;
        }
        if here == HOOK {
            seen.hooked(&memory, entry);
            spoil(&mut cpu, spec.seed ^ u64::from(state) << 20);
        }
        let step = cpu.step(&mut memory);
        seen.executed(assembled, here, cpu.r.program());
        match step {
            Ok(spent) => seen.cycles += u64::from(spent),
            Err(halt) => {
                end = End::Halted(halt);
                break;
            }
        }
    }
    Played { left: Left { end, r: cpu.r, memory }, seen }
}

/// Whether nothing was done yet but to save registers on the stack.
fn untouched(memory: &Memory, entry: u16) -> bool {
    let top = 0x7e_0000 | u32::from(entry);
    let saved = top - SAVED..=top;
    memory.trace().is_empty() && memory.written().keys().all(|address| saved.contains(address))
}

/// What a hook may do to the registers.
fn spoil(cpu: &mut Cpu, seed: u64) {
    let [a, b, c, d, e, f, flags, _] = mix(seed).to_le_bytes();
    let index = |value: u16, wide: bool| if wide { value } else { value & 0xff };
    let wide = cpu.r.wide_x();
    cpu.r.a = u16::from_le_bytes([a, b]);
    cpu.r.x = index(u16::from_le_bytes([c, d]), wide);
    cpu.r.y = index(u16::from_le_bytes([e, f]), wide);
    cpu.r.p = Flags(cpu.r.p.0 & !0xc3 | flags & 0xc3);
}
