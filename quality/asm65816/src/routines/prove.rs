//! Assembly held to a reference: run on seeded inputs, bounded by steps. One wrong result is a proof; two hundred right
//! ones are evidence, for those inputs.

use std::fmt;
use std::ops::RangeInclusive;

use super::catalogue::{Kind, Place};
use super::task::{SCRATCH, Task};
use super::values::{Dice, Given, number, shown};
use crate::encode::{Options, encode};
use crate::machine::{Cpu, End, Map, Memory, Registers, run};
use crate::names::names;
use crate::opcodes::Flags;
use crate::syntax::{Dialect, parse};

/// Inputs that a routine is run on.
pub const CASES: u32 = 200;
/// Instructions of one run: more than the slowest sensible way takes, which is a divisor found by subtraction.
const MAX_STEPS: u32 = 1_000_000;
/// Where the code stands, and the address after the call.
const CODE: u32 = 0x80_8000;
const HOME: u32 = 0x80_fff0;
/// Bytes of code that fit before the address that it returns to.
const MAX_BYTES: usize = 0x7000;
/// The stack at the entry, and how deep a routine may go.
const STACK: u16 = 0x1fbf;
const DEPTH: u16 = 0x100;
/// Status bits that may be anything at the entry.
const FREE: Flags = Flags(0xc3);

/// What the runs showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Every run gave what the reference gives.
    Holds {
        /// How many.
        cases: u32,
        /// Cycles of all of them together.
        cycles: u64,
    },
    /// One did not.
    Broken {
        /// The inputs, and what is wrong, in one sentence.
        why: String,
    },
}

/// Code that cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotEncoded;

impl fmt::Display for NotEncoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the code cannot be assembled alone: every name that it uses must be defined in it")
    }
}

impl std::error::Error for NotEncoded {}

impl Task {
    /// Runs code on [`CASES`] inputs and compares what it leaves behind with what the reference gives.
    ///
    /// # Errors
    /// [`NotEncoded`] when not every byte of the code is known.
    pub fn prove(&self, code: &str) -> Result<Proof, NotEncoded> {
        let code = bytes(code).ok_or(NotEncoded)?;
        let mut cycles = 0;
        for case in 0..CASES {
            let given = Given::draw(self.routine.takes, &self.constants(), self.length(), self.seed(), case);
            match self.run_one(&code, &given, case) {
                Ok(spent) => cycles += spent,
                Err(what) => return Ok(Proof::Broken { why: format!("{}: {what}", self.inputs(&given)) }),
            }
        }
        Ok(Proof::Holds { cases: CASES, cycles })
    }

    /// The cycles of one run, or what is wrong with it.
    fn run_one(&self, code: &[u8], given: &Given, case: u32) -> Result<u64, String> {
        let mut memory = Memory::new(Map::Snes, self.seed() ^ u64::from(case) << 32);
        memory.load(CODE, code);
        let before = self.enter(&mut memory, given, case);
        let mut cpu = Cpu { r: before };
        let ran = run(&mut cpu, &mut memory, HOME, MAX_STEPS);
        match ran.end {
            End::Returned => {}
            End::Halted(halt) => return Err(format!("it does not return but halts ({halt:?})")),
            End::OutOfSteps => return Err(format!("it has not returned after {MAX_STEPS} instructions")),
        }
        kept(&before, &cpu.r)?;
        self.wrote(&memory, &before)?;
        let wanted = (self.routine.reference)(given);
        for (at, (slot, wanted)) in self.routine.gives.iter().zip(&wanted).enumerate() {
            let found = match slot.place {
                Place::A => register(cpu.r.a, self.routine.widths.wide_a, wanted.len()),
                Place::X => register(cpu.r.x, self.routine.widths.wide_x, wanted.len()),
                Place::Y => register(cpu.r.y, self.routine.widths.wide_x, wanted.len()),
                Place::Memory => {
                    let addresses = (self.address(self.routine.takes.len() + at)..).take(wanted.len());
                    addresses.map(|address| memory.peek(address)).collect()
                }
            };
            if found != *wanted {
                let (found, wanted) = (shown(slot.kind, &found), shown(slot.kind, wanted));
                return Err(format!("{} is {found} and must be {wanted}", slot.name));
            }
        }
        Ok(ran.cycles)
    }

    /// Sets a machine up as at the entry: inputs in their places, the return address on the stack.
    fn enter(&self, memory: &mut Memory, given: &Given, case: u32) -> Registers {
        let widths = self.routine.widths;
        let bit = |wide, flag: Flags| if wide { 0 } else { flag.0 };
        // What a routine is not told it must not count on: whatever holds no input is noise.
        let mut dice = Dice(self.seed() ^ u64::from(case) << 16);
        let index = if widths.wide_x { u16::MAX } else { 0xff };
        let flags = u8::try_from(dice.below(0x100)).unwrap_or(0) & FREE.0;
        let mut r = Registers {
            a: dice.below(u16::MAX),
            x: dice.below(index),
            y: dice.below(index),
            s: STACK,
            dbr: 0x7e,
            pbr: 0x80,
            pc: 0x8000,
            d: 0,
            p: Flags(flags | bit(widths.wide_a, Flags::M) | bit(widths.wide_x, Flags::X)),
            e: false,
        };
        for (at, (slot, value)) in self.routine.takes.iter().zip(&given.values).enumerate() {
            match slot.place {
                Place::A if !widths.wide_a => r.a = r.a & 0xff00 | number(value),
                Place::A => r.a = number(value),
                Place::X => r.x = number(value),
                Place::Y => r.y = number(value),
                Place::Memory => memory.load(self.address(at), value),
            }
        }
        let [low, high, bank, _] = (HOME - 1).to_le_bytes();
        memory.load(u32::from(STACK) + 1, &[low, high, bank]);
        r
    }

    /// Whether the routine kept to the memory that is its own.
    fn wrote(&self, memory: &Memory, before: &Registers) -> Result<(), String> {
        if let Some(access) = memory.trace().first() {
            return Err(format!("it uses the hardware register ${:04X}", access.register));
        }
        let top = 0x7e_0000 | u32::from(before.s);
        let mut allowed: Vec<RangeInclusive<u32>> =
            vec![SCRATCH.0..=SCRATCH.1, top - u32::from(DEPTH)..=top + 3];
        for (at, slot) in self.routine.gives.iter().enumerate() {
            let bytes = match slot.kind {
                Kind::Byte | Kind::Digits => 1,
                Kind::Word => 2,
                Kind::Bytes => u32::try_from(self.length()).unwrap_or(0),
            };
            let address = self.address(self.routine.takes.len() + at);
            allowed.extend((slot.place == Place::Memory).then(|| address..=address + bytes - 1));
        }
        let stray =
            memory.written().keys().find(|address| !allowed.iter().any(|range| range.contains(address)));
        stray.map_or(Ok(()), |address| Err(format!("it writes to ${address:06X}, which is not its own")))
    }

    fn inputs(&self, given: &Given) -> String {
        let named = self.routine.takes.iter().zip(&given.values);
        let told = named.map(|(slot, value)| format!("{} = {}", slot.name, shown(slot.kind, value)));
        format!("with {}", told.collect::<Vec<_>>().join(", "))
    }
}

/// What a register holds, `length` bytes of it. A byte in a wide register fills it: what is above must be 0, and is
/// shown when it is not.
fn register(value: u16, wide: bool, length: usize) -> Vec<u8> {
    let [low, high] = value.to_le_bytes();
    if wide && (high != 0 || length == 2) { vec![low, high] } else { vec![low] }
}

/// Whether what must be kept was kept.
fn kept(before: &Registers, after: &Registers) -> Result<(), String> {
    let widths = Flags(Flags::M.0 | Flags::X.0);
    let rules: [(&str, u16, u16); 5] = [
        ("the register widths", (before.p.0 & widths.0).into(), (after.p.0 & widths.0).into()),
        ("D", before.d, after.d),
        ("the data bank", before.dbr.into(), after.dbr.into()),
        // RTL has taken the return address from the stack.
        ("the stack pointer", before.s.wrapping_add(3), after.s),
        ("native mode", before.e.into(), after.e.into()),
    ];
    match rules.into_iter().find(|(_, before, after)| before != after) {
        Some((what, _, _)) => Err(format!("it returns with {what} changed")),
        None => Ok(()),
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let program = parse(text, Some(Dialect::Asar)).ok()?;
    let encoded = encode(&program, &names(&program), &Options { origin: CODE, symbols: &|_| None });
    let sound = program.diagnostics.is_empty() && encoded.diagnostics.is_empty();
    encoded.whole().filter(|bytes| sound && !bytes.is_empty() && bytes.len() < MAX_BYTES)
}
