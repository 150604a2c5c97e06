//! Whether a rewritten routine still does what it did, and what it was rewritten for: to be faster, or to call a hook.
//! Both are run from the same seeded states. One difference is a proof; equal runs are evidence for the states that
//! were run.

mod assembled;
mod play;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use thiserror::Error;

use crate::equivalent::{Spec, before, difference};
use crate::machine::End;
use crate::opcodes::Flags;
use crate::syntax::{Dialect, LabelKind, Program, StatementKind, parse};

use assembled::{Assembled, assemble};
use play::{Played, play};

/// States that both versions are run from.
pub const STATES: u32 = 128;
/// States that the original must come back from; of the others nothing can be said.
const ENOUGH: u32 = STATES / 2;
/// Instructions of one run.
const MAX_STEPS: u32 = 5_000;
/// Widths that a routine may be entered with, the commonest first: status bits M and X.
const WIDTHS: [Flags; 4] = [Flags(0x30), Flags(0x20), Flags(0x00), Flags(0x10)];

/// What a routine is rewritten for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Fewer cycles. N, V and Z need not be what they were when it returns.
    Faster,
    /// A call by `JSL` of the routine named [`Original::hook`], once and before anything else is done. The hook may
    /// change A, X, Y, N, V, Z and the carry; nobody else may notice.
    Hooked,
}

impl Goal {
    /// Every goal.
    pub const ALL: [Self; 2] = [Self::Faster, Self::Hooked];

    /// Its word, in seeds.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Hooked => "hooked",
        }
    }
}

/// What the runs showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// No state tells the versions apart, and the goal is reached.
    Holds {
        /// States that were compared.
        states: u32,
        /// Cycles of the original over all of them.
        before: u64,
        /// Cycles of the rewritten routine.
        after: u64,
    },
    /// A state tells them apart, or the goal is not reached.
    Broken {
        /// How, in one sentence.
        why: String,
    },
}

/// Why a routine cannot be judged by running it alone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAlone {
    /// The text cannot be assembled alone.
    #[error("it cannot be assembled alone: every byte must be known without other files")]
    NotEncoded,
    /// It has no label of its own.
    #[error("it has no label that would be its name")]
    NoName,
    /// It goes elsewhere.
    #[error("line {line} calls or jumps to code that is not part of it")]
    Leaves {
        /// Where, from 1.
        line: u32,
    },
    /// There are no widths of the registers with which it runs as it is written.
    #[error("it does not run as it is written, whatever the widths of the registers at its entry")]
    NoWidths,
    /// Part of it was never run, so that nothing could be said of that part.
    #[error("no state that was tried leads through line {line} every way that it can go")]
    Unseen {
        /// Where, from 1.
        line: u32,
    },
    /// It asks devices, and is to be made faster.
    #[error("it reads a device register: how long it takes may be what it is for")]
    Timed,
    /// It seldom returns.
    #[error("it returned from {returned} of {STATES} states that were tried, and from {ENOUGH} it must")]
    SeldomReturns {
        /// How often it did.
        returned: u32,
    },
}

/// A routine that can be run alone: it leaves itself only to return, and returns from most states.
#[derive(Debug, Clone)]
pub struct Original {
    name: String,
    goal: Goal,
    devices: Devices,
    assembled: Assembled,
    spec: Spec,
}

impl Original {
    /// What a routine can be rewritten for: none when it cannot be run alone.
    #[must_use]
    pub fn goals(text: &str) -> Vec<Goal> {
        // What can be made faster can be hooked, too, so one look is enough.
        let fits = |original: &Self| match original.devices {
            Devices::Asked => vec![Goal::Hooked],
            Devices::NotAsked => Goal::ALL.to_vec(),
        };
        Self::read(text, Goal::Hooked).as_ref().map(fits).unwrap_or_default()
    }

    /// Reads a routine that is to be rewritten, and finds out how wide its registers are at its entry.
    ///
    /// # Errors
    /// [`NotAlone`].
    pub fn read(text: &str, goal: Goal) -> Result<Self, NotAlone> {
        let program = parse(text, None).map_err(|_| NotAlone::NotEncoded)?;
        let dialect = program.dialect.unwrap_or(Dialect::Asar);
        let name = name(&program).ok_or(NotAlone::NoName)?;
        let assembled = assemble(text, dialect, None)?;
        let flags = match goal {
            Goal::Faster => Flags::C.with(Flags::I).with(Flags::D),
            Goal::Hooked => Flags::ALL,
        };
        let all = Spec { dialect, states: STATES, max_steps: MAX_STEPS, flags, ..Spec::default() };
        let mut trouble = NotAlone::NoWidths;
        for widths in WIDTHS {
            let spec = Spec { widths: Some(widths), ..all };
            match runs(&assembled, &spec) {
                Ok(Devices::Asked) if goal == Goal::Faster => return Err(NotAlone::Timed),
                Ok(devices) => return Ok(Self { name, goal, devices, assembled, spec }),
                Err(NotAlone::NoWidths) => {}
                Err(other) => trouble = other,
            }
        }
        Err(trouble)
    }

    /// The name of the hook that a rewritten routine is to call.
    #[must_use]
    pub fn hook(&self) -> String {
        format!("{}_Hook", self.name)
    }

    /// How many bits A has at the entry, and how many X and Y have.
    #[must_use]
    pub fn widths(&self) -> (u8, u8) {
        let bits = |flag| if self.spec.widths.is_some_and(|widths| widths.meets(flag)) { 8 } else { 16 };
        (bits(Flags::M), bits(Flags::X))
    }

    /// Runs a rewritten routine beside this one.
    ///
    /// # Errors
    /// [`NotAlone`] when the rewritten text cannot be run.
    pub fn judge(&self, rewritten: &str) -> Result<Judgement, NotAlone> {
        let (spec, goal) = (&self.spec, self.goal);
        let hook = (goal == Goal::Hooked).then(|| self.hook());
        let rewritten = assemble(rewritten, spec.dialect, hook.as_deref())?;
        let (mut states, mut before, mut after) = (0, 0, 0);
        for state in 0..STATES {
            let one = play(&self.assembled, spec, state);
            if one.left.end != End::Returned || one.seen.strayed {
                continue;
            }
            let other = play(&rewritten, spec, state);
            if let Some(what) = noticed(&one, &other, spec, goal) {
                return Ok(Judgement::Broken { why: format!("{}: {what}", entered(spec, state)) });
            }
            states += 1;
            before += one.seen.cycles;
            after += other.seen.cycles;
        }
        Ok(match goal {
            Goal::Faster if after >= before => Judgement::Broken { why: slow(before, after, states) },
            Goal::Faster | Goal::Hooked => Judgement::Holds { states, before, after },
        })
    }
}

/// Whether a routine reads registers of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Devices {
    Asked,
    NotAsked,
}

fn name(program: &Program<'_>) -> Option<String> {
    program.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Label(label) if label.kind == LabelKind::Plain => Some(label.name.to_owned()),
        StatementKind::Label(_)
        | StatementKind::Instruction(_)
        | StatementKind::Assign { .. }
        | StatementKind::Directive(_)
        | StatementKind::MacroCall(_)
        | StatementKind::Opaque => None,
    })
}

/// Whether a routine returns from enough states, running through nothing but its own instructions, and through all of
/// them, every branch both ways.
fn runs(assembled: &Assembled, spec: &Spec) -> Result<Devices, NotAlone> {
    let (mut returned, mut strayed) = (0, 0);
    let (mut ways, mut devices) = (BTreeSet::new(), Devices::NotAsked);
    for state in 0..spec.states {
        let Played { left, seen } = play(assembled, spec, state);
        strayed += u32::from(seen.strayed);
        if left.end == End::Returned && !seen.strayed {
            returned += 1;
            ways.extend(seen.ways);
            if left.memory.trace().iter().any(|access| access.written.is_none()) {
                devices = Devices::Asked;
            }
        }
    }
    // With the wrong widths it strays from nearly all of them; one may have its return address overwritten.
    if strayed > ENOUGH {
        return Err(NotAlone::NoWidths);
    }
    if returned < ENOUGH {
        return Err(NotAlone::SeldomReturns { returned });
    }
    let unseen = |(address, line): (&u32, &u32)| {
        let both = assembled.forks.contains(address) && !ways.contains(&(*address, false));
        (both || !ways.contains(&(*address, true))).then_some(*line)
    };
    assembled.lines.iter().find_map(unseen).map_or(Ok(devices), |line| Err(NotAlone::Unseen { line }))
}

/// What tells the rewritten routine from the original in one state, or what its goal misses.
fn noticed(one: &Played, other: &Played, spec: &Spec, goal: Goal) -> Option<String> {
    match other.left.end {
        End::Returned => {}
        End::Halted(_) | End::OutOfSteps => return Some("the rewritten routine does not return".to_owned()),
    }
    if goal == Goal::Hooked {
        match (other.seen.hooks, other.seen.late) {
            (1, false) => {}
            (1, true) => return Some("something else is done before the hook is called".to_owned()),
            (times, _) => return Some(format!("the hook is called {times} times and must be called once")),
        }
    }
    difference(&one.left, &other.left, spec)
}

/// The registers of a state, for people and for teachers.
fn entered(spec: &Spec, state: u32) -> String {
    let (cpu, _) = before(&[], spec, state);
    let carry = u8::from(cpu.r.is(Flags::C));
    format!(
        "entered with A = ${:04X}, X = ${:04X}, Y = ${:04X}, carry {carry} (first the routine, then the rewritten one)",
        cpu.r.a, cpu.r.x, cpu.r.y
    )
}

fn slow(before: u64, after: u64, states: u32) -> String {
    format!("it takes {after} cycles over {states} states and the routine takes {before}: it must be faster")
}
