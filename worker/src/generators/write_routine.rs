//! Writes a routine from what it must do: the task is ours, and what the teacher writes is run against its reference.

use hafs_proto::{Reason, SeedKind};

use super::error::Unfit;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Part, Plan};

pub(super) const GENERATOR: Generator = Generator {
    name: "write-routine",
    seeds: &[SeedKind::Routine],
    fields: &["code"],
    yields: Yield::One,
    plan,
};

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let (brief, shown) = (ask.context("brief"), ask.seed.draft.text.as_str());
    if brief.is_empty() || ask.context("routine").is_empty() {
        let message = "the seed does not say which routine is to be written; mine its source again";
        return Err(Unfit::new(Reason::Other, message));
    }
    if shown.len() > ask.max_bytes {
        let message = format!("the task of {} bytes is over the {} of a prompt", shown.len(), ask.max_bytes);
        return Err(Unfit::new(Reason::TooLong, message));
    }
    Ok(Plan {
        material: shown.to_owned(),
        question: String::new(),
        instruction: Part::Given(brief.to_owned()),
        input: Part::Given(String::new()),
        output: Part::Field("code"),
    })
}
