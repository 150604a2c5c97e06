//! Runs of a program, bounded by steps.

use super::bus::Bus;
use super::execute::{Cpu, Halt};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The program returned to where it was called from.
    Returned,
    /// The processor was stopped or waits.
    Halted(Halt),
    /// The steps ran out: a hang, or a program that needs more.
    OutOfSteps,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// How it ended.
    pub end: End,
    /// Instructions executed.
    pub steps: u32,
    /// Cycles taken.
    pub cycles: u64,
}

/// Runs a processor until its program counter is at `home`, it halts, or the steps run out.
pub fn run(cpu: &mut Cpu, bus: &mut impl Bus, home: u32, max_steps: u32) -> Run {
    let mut cycles = 0;
    for steps in 0..max_steps {
        if cpu.r.program() == home {
            return Run { end: End::Returned, steps, cycles };
        }
        match cpu.step(bus) {
            Ok(spent) => cycles += u64::from(spent),
            Err(halt) => return Run { end: End::Halted(halt), steps: steps + 1, cycles },
        }
    }
    let end = if cpu.r.program() == home { End::Returned } else { End::OutOfSteps };
    Run { end, steps: max_steps, cycles }
}

/// Mixes a number so that near ones come out far apart.
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (SplitMix64).
pub(crate) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
