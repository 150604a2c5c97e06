//! A routine to be written: a row of the catalogue with its addresses, length and constants settled.

use std::fmt;

use super::catalogue::{Kind, Place, ROUTINES, Routine, Slot};
use crate::machine::mix;

/// The version of the catalogue. It is raised when a routine means something else than before, so that a stored task is
/// never held to another reference than the one it was made from.
const VERSION: u32 = 1;

/// Memory that every routine may use as it likes: its first and last address.
pub(super) const SCRATCH: (u32, u32) = (0x7e_0000, 0x7e_001f);
/// Where the memory slots of tasks lie.
const SLOTS: u32 = 0x7e_2000;
/// From one to the next.
const SLOT_BYTES: u32 = 0x1000;
/// The text of the references.
const SOURCE: &str = include_str!("references.rs");

/// A routine to be written, and what it is held to.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    pub(super) routine: &'static Routine,
    variant: u32,
}

impl Task {
    /// The tasks in their order: each routine once, then again and again those that can be asked for with other
    /// numbers and places.
    #[must_use]
    pub fn numbered(number: u32) -> Self {
        let position = |number: u32, of: usize| usize::try_from(number).unwrap_or(0) % of.max(1);
        let first = u32::try_from(ROUTINES.len()).unwrap_or(u32::MAX);
        if number < first {
            return Self { routine: &ROUTINES[position(number, ROUTINES.len())], variant: 0 };
        }
        let varying: Vec<&'static Routine> = ROUTINES.iter().filter(|routine| varies(routine)).collect();
        let (again, each) = (number - first, u32::try_from(varying.len()).unwrap_or(1));
        Self { routine: varying[position(again, varying.len())], variant: 1 + again / each }
    }

    /// The task of an [`Task::id`]; none for one of another version or that does not exist.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let mut parts = id.split('/');
        let (version, name, variant) = (parts.next()?, parts.next()?, parts.next()?);
        let routine = ROUTINES.iter().find(|routine| routine.name == name)?;
        let task = Self { routine, variant: variant.parse().ok()? };
        let is_it = version == VERSION.to_string() && parts.next().is_none() && task.id() == id;
        (is_it && (task.variant == 0 || varies(routine))).then_some(task)
    }

    /// What tells it from every other: `1/multiply/17`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{VERSION}/{}/{}", self.routine.name, self.variant)
    }

    /// The name of the routine, the same for all its variants.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.routine.name
    }

    /// What it does, in a few words: `multiplies two unsigned bytes`.
    #[must_use]
    pub const fn asks(&self) -> &'static str {
        self.routine.asks
    }

    /// All that one has to know to write it.
    #[must_use]
    pub fn brief(&self) -> String {
        let widths = self.routine.widths;
        let bits = |wide| if wide { "16-bit" } else { "8-bit" };
        let list = |slots: &[Slot], before: usize| -> String {
            let told = slots.iter().enumerate().map(|(at, slot)| self.told(*slot, before + at));
            told.collect::<Vec<_>>().join("; ")
        };
        let mut lines = vec![
            format!("Write a 65816 routine, in the dialect of asar, that {}.", self.routine.asks),
            rule(self.routine.name).unwrap_or_default(),
            format!(
                "It is called by JSL in native mode with a {} accumulator and {} index registers; D is $0000, the data \
                 bank is $7E, decimal mode is off.",
                bits(widths.wide_a),
                bits(widths.wide_x)
            ),
            format!("Takes: {}.", list(self.routine.takes, 0)),
            format!("Gives: {}.", list(self.routine.gives, self.routine.takes.len())),
        ];
        let constants = self.routine.constants.iter().zip(self.constants());
        let constants: Vec<String> =
            constants.map(|(constant, value)| format!("{} = ${value:02X}", constant.name)).collect();
        lines.extend((!constants.is_empty()).then(|| format!("Constants: {}.", constants.join("; "))));
        lines.push(
            "It returns by RTL with the register widths, D, the data bank and the stack pointer as it found them; A, X \
             and Y may be changed. It writes its results, $7E0000 to $7E001F and the stack, and nothing else, and uses \
             no hardware registers."
                .to_owned(),
        );
        lines.join("\n")
    }

    /// What it must compute, as a function in Rust.
    #[must_use]
    pub fn reference(&self) -> String {
        function(self.routine.name).unwrap_or_default()
    }

    fn told(&self, slot: Slot, at: usize) -> String {
        let kind = match slot.kind {
            Kind::Byte => "byte".to_owned(),
            Kind::Word => "word".to_owned(),
            Kind::Digits => "byte of two decimal digits".to_owned(),
            Kind::Bytes => format!("{} bytes", self.length()),
        };
        let place = match slot.place {
            Place::A => "in A".to_owned(),
            Place::X => "in X".to_owned(),
            Place::Y => "in Y".to_owned(),
            Place::Memory => format!("at ${:06X}", self.address(at)),
        };
        format!("{} ({kind}) {place}", slot.name)
    }

    /// Where the inputs of this task come from.
    pub(super) fn seed(&self) -> u64 {
        mix(self.hash() ^ u64::from(self.variant) << 8)
    }

    /// How many bytes a slot of bytes has.
    pub(super) fn length(&self) -> usize {
        usize::from(4 + self.spread(0, 29))
    }

    /// Where the slot lies that is the `at`-th of those that go in and come out. No two of a task overlap.
    pub(super) fn address(&self, at: usize) -> u32 {
        let at = u16::try_from(at).unwrap_or(0);
        SLOTS + u32::from(at) * SLOT_BYTES + u32::from(self.spread(1 + at, 0x0f00))
    }

    /// The constants, in the order of the row.
    pub(super) fn constants(&self) -> Vec<u16> {
        let constants = (0x100..).zip(self.routine.constants);
        constants.map(|(at, row)| row.from + self.spread(at, row.to - row.from + 1)).collect()
    }

    /// A number of `0..sides` for one of the task's properties. Variants differ as long as they can: the stride has no
    /// factor in common with any of the ranges in use.
    fn spread(&self, property: u16, sides: u16) -> u16 {
        const STRIDE: u64 = 37;
        let start = mix(self.hash() ^ u64::from(property) << 32) % u64::from(sides);
        let at = (start + u64::from(self.variant) * STRIDE) % u64::from(sides);
        // Proof: the remainder is below a number of 16 bits.
        u16::try_from(at).expect("fits 16 bits")
    }

    fn hash(&self) -> u64 {
        self.routine.name.bytes().fold(u64::from(VERSION), |sum, byte| mix(sum ^ u64::from(byte)))
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id())
    }
}

/// Whether another variant asks for something else.
fn varies(routine: &Routine) -> bool {
    let in_memory = |slot: &Slot| slot.place == Place::Memory;
    !routine.constants.is_empty() || routine.takes.iter().chain(routine.gives).any(in_memory)
}

/// The function of a name as it stands in the source, without its comment.
fn function(name: &str) -> Option<String> {
    let head = format!("pub(super) fn {name}(");
    let start = SOURCE.find(&head)?;
    let end = start + SOURCE[start..].find("\n}\n")? + 2;
    Some(SOURCE[start..end].trim_start_matches("pub(super) ").to_owned())
}

/// The comment of the function of a name: the rule in words.
fn rule(name: &str) -> Option<String> {
    let before = &SOURCE[..SOURCE.find(&format!("pub(super) fn {name}("))?];
    let start = before.rfind("\n\n")?;
    let words: Vec<&str> = before[start..].split_whitespace().filter(|word| *word != "///").collect();
    Some(words.join(" "))
}
