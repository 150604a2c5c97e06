//! Whether two snippets do the same: both are run over many seeded states, and what they leave behind is compared.
//! Equal runs are evidence for the states that were run; one difference is a proof.

use std::fmt;

use crate::encode::{Options, encode};
use crate::machine::{Cpu, End, Map, Memory, Registers, run};
use crate::names::names;
use crate::opcodes::Flags;
use crate::syntax::{Dialect, parse};

/// Where the code stands, and where it comes back to.
pub(crate) const CODE: u32 = 0x80_8000;
pub(crate) const HOME: u16 = 0xfff0;
/// Bytes under the stack pointer that count as thrown away.
const SCRATCH: u32 = 0x100;

/// What is compared, and over how many states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The dialect of both snippets.
    pub dialect: Dialect,
    /// States to run.
    pub states: u32,
    /// Instructions of one run.
    pub max_steps: u32,
    /// Where the states come from.
    pub seed: u64,
    /// M and X at the start, as status bits; none runs all four.
    pub widths: Option<Flags>,
    /// Whether A, X and Y matter behind the snippets.
    pub live: [bool; 3],
    /// The status bits that matter, besides M and X, which always do.
    pub flags: Flags,
}

impl Default for Spec {
    /// 256 states of asar code in all widths, everything live.
    fn default() -> Self {
        Self {
            dialect: Dialect::Asar,
            states: 256,
            max_steps: 10_000,
            seed: 1,
            widths: None,
            live: [true; 3],
            flags: Flags::ALL,
        }
    }
}

/// What the runs showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No state tells the snippets apart.
    Same,
    /// A state does.
    Different {
        /// Its number.
        state: u32,
        /// What differs.
        what: String,
    },
    /// Neither came to an end in some state, so that there is nothing to compare.
    Hang {
        /// Its number.
        state: u32,
    },
}

/// A snippet that cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotEncoded {
    /// Which: the first or the second.
    pub which: u8,
}

impl fmt::Display for NotEncoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "snippet {} cannot be encoded; give every symbol that it uses a value", self.which)
    }
}

impl std::error::Error for NotEncoded {}

/// Runs two snippets and compares them. `symbols` gives values to names that they do not define.
///
/// # Errors
/// [`NotEncoded`] when a snippet's bytes are not all known.
pub fn equivalent(
    first: &str,
    second: &str,
    spec: &Spec,
    symbols: &dyn Fn(&str) -> Option<u32>,
) -> Result<Verdict, NotEncoded> {
    let code = |text, which| bytes(text, spec.dialect, symbols).ok_or(NotEncoded { which });
    let (first, second) = (code(first, 1)?, code(second, 2)?);
    for state in 0..spec.states {
        let [a, b] = [&first, &second].map(|code| after(code, spec, state));
        if (a.end, b.end) == (End::OutOfSteps, End::OutOfSteps) {
            return Ok(Verdict::Hang { state });
        }
        if let Some(what) = difference(&a, &b, spec) {
            return Ok(Verdict::Different { state, what });
        }
    }
    Ok(Verdict::Same)
}

fn bytes(text: &str, dialect: Dialect, symbols: &dyn Fn(&str) -> Option<u32>) -> Option<Vec<u8>> {
    let program = parse(text, Some(dialect)).ok()?;
    let encoded = encode(&program, &names(&program), &Options { origin: CODE, symbols });
    let sound = program.diagnostics.is_empty() && encoded.diagnostics.is_empty();
    encoded.whole().filter(|bytes| sound && !bytes.is_empty() && bytes.len() < 0x7000)
}

/// What a run left behind.
pub(crate) struct Left {
    pub(crate) end: End,
    pub(crate) r: Registers,
    pub(crate) memory: Memory,
}

fn after(code: &[u8], spec: &Spec, state: u32) -> Left {
    let (mut cpu, mut memory) = before(code, spec, state);
    let ran = run(&mut cpu, &mut memory, 0x80_0000 | u32::from(HOME), spec.max_steps);
    Left { end: ran.end, r: cpu.r, memory }
}

/// A machine in a state, about to run code that was called.
pub(crate) fn before(code: &[u8], spec: &Spec, state: u32) -> (Cpu, Memory) {
    let seed = spec.seed ^ u64::from(state) << 32;
    let memory = Memory::new(Map::Snes, seed);
    let mut memory = if has_edges(state) { memory.with_edges() } else { memory };
    memory.load(CODE, code);
    let [low, high] = HOME.to_le_bytes();
    // Code that runs off its end goes home too.
    memory.load(CODE + u32::try_from(code.len()).unwrap_or(0), &[0x5c, low, high, 0x80]);
    let r = start(spec, seed, state);
    let [low, high] = HOME.wrapping_sub(1).to_le_bytes();
    memory.load(u32::from(r.s) + 1, &[low, high, 0x80]);
    (Cpu { r }, memory)
}

/// Every other state has small numbers in its registers and edges in its memory, where programs take another way.
const fn has_edges(state: u32) -> bool {
    state % 2 == 1
}

/// The registers of a state.
fn start(spec: &Spec, seed: u64, state: u32) -> Registers {
    let word = |which: u64| {
        let [low, high, kind, ..] = crate::machine::mix(seed ^ which << 16).to_le_bytes();
        let word = u16::from_le_bytes([low, high]);
        if has_edges(state) && kind % 2 == 0 { word & 3 } else { word }
    };
    let widths = spec.widths.unwrap_or(Flags(match state % 4 {
        0 => 0x00,
        1 => 0x10,
        2 => 0x20,
        _ => 0x30,
    }));
    let narrow = widths.meets(Flags::X);
    let index = |value: u16| if narrow { value & 0xff } else { value };
    let banks = [0x80, 0x00, 0x7e];
    Registers {
        a: word(1),
        x: index(word(2)),
        y: index(word(3)),
        s: 0x1f80 | word(4) & 0x3f,
        d: if state.is_multiple_of(3) { 0 } else { word(5) & 0x0fff },
        dbr: banks[(state % 3) as usize],
        pbr: 0x80,
        pc: 0x8000,
        p: Flags(word(6).to_le_bytes()[0] & 0xc3 | widths.0 & 0x30),
        e: false,
    }
}

/// What tells two runs apart, if anything does.
pub(crate) fn difference(a: &Left, b: &Left, spec: &Spec) -> Option<String> {
    if a.end != b.end {
        return Some(format!("one run ends by {:?}, the other by {:?}", a.end, b.end));
    }
    let flags = Flags(spec.flags.0 | Flags::M.0 | Flags::X.0);
    let [live_a, live_x, live_y] = spec.live;
    let registers = [
        ("A", live_a, a.r.a, b.r.a),
        ("X", live_x, a.r.x, b.r.x),
        ("Y", live_y, a.r.y, b.r.y),
        ("S", true, a.r.s, b.r.s),
        ("D", true, a.r.d, b.r.d),
        ("DBR", true, a.r.dbr.into(), b.r.dbr.into()),
        ("E", true, a.r.e.into(), b.r.e.into()),
        ("P", true, (a.r.p.0 & flags.0).into(), (b.r.p.0 & flags.0).into()),
    ];
    let differs = registers.iter().find(|(_, live, left, right)| *live && left != right);
    if let Some((name, _, left, right)) = differs {
        return Some(format!("{name} is ${left:04X} behind one and ${right:04X} behind the other"));
    }
    if a.memory.trace() != b.memory.trace() {
        return Some("the devices saw other reads or writes".to_owned());
    }
    memory(a, b)
}

fn memory(a: &Left, b: &Left) -> Option<String> {
    let top = 0x7e_0000 | u32::from(a.r.s);
    let scratch = top.saturating_sub(SCRATCH)..=top;
    let touched = a.memory.written().keys().chain(b.memory.written().keys());
    let differs =
        |address: &&u32| !scratch.contains(*address) && a.memory.peek(**address) != b.memory.peek(**address);
    let address = touched.filter(|address| differs(address)).min()?;
    Some(format!(
        "${address:06X} holds ${:02X} behind one and ${:02X} behind the other",
        a.memory.peek(*address),
        b.memory.peek(*address)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(first: &str, second: &str, spec: Spec) -> Verdict {
        equivalent(first, second, &spec, &|_| None).unwrap()
    }

    const NARROW: Spec = Spec {
        dialect: Dialect::Asar,
        states: 256,
        max_steps: 10_000,
        seed: 9,
        widths: Some(Flags(0x30)),
        live: [true; 3],
        flags: Flags::ALL,
    };

    #[test]
    fn rewrites_that_keep_the_meaning_are_the_same() {
        let dead = Spec { live: [false, true, true], flags: Flags::NONE, ..NARROW };
        for (first, second, spec) in [
            ("REP #$20 : REP #$10 : RTS", "REP #$30 : RTS", Spec::default()),
            ("LDA #$00 : STA $10 : RTS", "STZ $10 : RTS", dead),
            ("CLC : ADC #$01 : RTS", "INC A : RTS", Spec { flags: Flags::N.with(Flags::Z), ..NARROW }),
            ("JSR f : RTS\nf: INX : RTS", "JMP f\nf: INX : RTS", Spec::default()),
            ("PHA : PLA : RTS", "CMP.b #$00 : RTS", Spec { flags: Flags::NONE, ..NARROW }),
            ("LDX #$03\n- DEX : BNE -\nRTS", "LDX #$00 : RTS", NARROW),
        ] {
            let spec = Spec { flags: Flags(spec.flags.0 & !Flags::C.0), ..spec };
            assert_eq!(verdict(first, second, spec), Verdict::Same, "{first} / {second}");
        }
    }

    #[test]
    fn rewrites_that_change_something_are_told_apart() {
        for (first, second) in [
            ("CLC : ADC #$01 : RTS", "ADC #$01 : RTS"),
            ("LDA #$00 : STA $10 : RTS", "LDA #$00 : STA $11 : RTS"),
            ("STA $2100 : RTS", "STA $2101 : RTS"),
            ("LDA #$80 : STA $2100 : RTS", "RTS"),
            ("SEP #$20 : RTS", "REP #$20 : RTS"),
            ("INX : RTS", "INY : RTS"),
            ("RTS", "RTL"),
            ("RTS", "- BRA -"),
        ] {
            let found = verdict(first, second, NARROW);
            assert!(matches!(found, Verdict::Different { .. }), "{first} / {second}: {found:?}");
        }
    }

    #[test]
    fn two_hangs_prove_nothing_and_unknown_symbols_are_no_code() {
        assert_eq!(verdict("- BRA -", "- BRA -", NARROW), Verdict::Hang { state: 0 });
        assert_eq!(equivalent("RTS", "JSR unknown", &NARROW, &|_| None), Err(NotEncoded { which: 2 }));
        assert_eq!(
            equivalent("JSR x\nRTS", "JSR x\nRTS", &NARROW, &|_| Some(0x80fff0)).unwrap(),
            Verdict::Same
        );
    }
}
