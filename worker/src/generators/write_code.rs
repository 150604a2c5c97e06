//! Writes code from its description: the teacher says what the code must do, the output is the real code.

use hafs_proto::SeedKind;

use super::error::Unfit;
use super::fenced::fenced;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Part, Plan};

pub(super) const GENERATOR: Generator = Generator {
    name: "write-code",
    seeds: &[SeedKind::CodeUnit],
    fields: &["instruction"],
    yields: Yield::One,
    plan,
};

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let code = ask.whole_code()?;
    Ok(Plan {
        material: format!("File: {}\n\n{code}", ask.path()),
        question: String::new(),
        instruction: Part::Field("instruction"),
        input: Part::Given(String::new()),
        output: Part::Given(fenced(ask.context("language"), code)),
    })
}
