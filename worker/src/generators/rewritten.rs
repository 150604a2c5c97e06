//! What generators share that have a routine rewritten.

use hafs_proto::Reason;
use hafs_quality::gates::is_assembly;
use hafs_quality::rewrites::{Goal, Original};

use super::error::Unfit;
use super::plan::{Ask, Part, Plan};

/// A routine that is to be rewritten.
pub(super) struct Rewritten<'a> {
    /// As it is in its source.
    code: &'a str,
    /// The same, ready to be run.
    pub(super) original: Original,
}

impl<'a> Rewritten<'a> {
    /// The routine of a seed.
    ///
    /// # Errors
    /// [`Unfit`] when it is no assembly, too long, or cannot be run alone, so that nobody could tell whether a rewritten
    /// one does the same.
    pub(super) fn of(ask: &'a Ask<'_>, goal: Goal) -> Result<Self, Unfit> {
        let (code, language) = (ask.whole_code()?, ask.context("language"));
        if !is_assembly(language) {
            let message = format!("only 65816 assembly can be run here, and this is {language}");
            return Err(Unfit::new(Reason::Other, message));
        }
        let original = Original::read(code, goal).map_err(|error| {
            Unfit::new(Reason::Other, format!("the routine cannot be run alone: {error}"))
        })?;
        Ok(Self { code, original })
    }

    /// Asks for the whole routine, rewritten as the instruction says.
    pub(super) fn plan(&self, instruction: String) -> Plan {
        Plan {
            material: format!("{instruction}\n\n{}", self.code),
            question: String::new(),
            instruction: Part::Given(instruction),
            input: Part::Given(self.code.to_owned()),
            output: Part::Field("code"),
        }
    }
}

/// How wide the registers are when a routine is called, in a sentence.
pub(super) fn widths(original: &Original) -> String {
    match original.widths() {
        (a, x) if a == x => format!("A, X and Y have {a} bits when it is called."),
        (a, x) => format!("A has {a} bits and X and Y have {x} when it is called."),
    }
}
