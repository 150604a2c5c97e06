//! Writes a change: the teacher writes the instruction, the output is the change that was really made.

use hafs_proto::{Reason, SeedKind};

use super::diff;
use super::error::Unfit;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Part, Plan};

pub(super) const GENERATOR: Generator = Generator {
    name: "write-change",
    seeds: &[SeedKind::Commit],
    fields: &["instruction"],
    yields: Yield::One,
    plan,
};

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    // The output is what the teacher has seen, whole files and hunks of it: an instruction cannot ask for lines
    // that its writer did not know.
    let change = diff::fit(&ask.seed.draft.text, ask.max_bytes).ok_or_else(|| {
        let message = format!("no whole hunk of the change fits into {} bytes of prompt", ask.max_bytes);
        Unfit::new(Reason::TooLong, message)
    })?;
    if !diff::changes_something(change) {
        return Err(Unfit::new(Reason::TooShort, "the change adds and removes no line"));
    }
    let before = match ask.context("before") {
        known
            if !known.is_empty()
                && known.len() <= ask.max_bytes
                && change == ask.seed.draft.text.as_str() =>
        {
            known.to_owned()
        }
        _ => diff::before(change),
    };
    Ok(Plan {
        material: diff::with_message(ask, change),
        question: String::new(),
        instruction: Part::Field("instruction"),
        input: Part::Given(before),
        output: Part::Given(change.to_owned()),
    })
}
