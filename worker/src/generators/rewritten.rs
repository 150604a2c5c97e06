//! What generators need of a routine that is to be rewritten.

use hafs_proto::Reason;
use hafs_quality::gates::is_assembly;
use hafs_quality::rewrites::{Goal, Original};

use super::error::Unfit;
use super::plan::Ask;

/// A routine that is to be rewritten.
pub(super) struct Rewritten<'a> {
    /// As it is in its source.
    pub(super) code: &'a str,
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
}

/// How wide the registers are when a routine is called, in a sentence.
pub(super) fn widths(original: &Original) -> String {
    match original.widths() {
        (a, x) if a == x => format!("A, X and Y have {a} bits when it is called."),
        (a, x) => format!("A has {a} bits and X and Y have {x} when it is called."),
    }
}
