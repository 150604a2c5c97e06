//! Explains code, or what a TODO in it asks for: the question is ours, the code is the input.

use hafs_proto::SeedKind;

use super::clip::clip;
use super::error::Unfit;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Part, Plan};

pub(super) const GENERATOR: Generator = Generator {
    name: "explain-code",
    seeds: &[SeedKind::CodeUnit, SeedKind::Todo],
    fields: &["explanation"],
    yields: Yield::One,
    plan,
};

const ABOUT_CODE: &[&str] = &[
    "Explain what this code does and how.",
    "What does this function or type do? Describe its inputs, its result and how it gets there.",
    "Explain this code to a programmer who is new to the project.",
    "Describe the purpose of this code, its steps and its special cases.",
    "Read this code and say what it is for, how it works and what to watch for when changing it.",
];

const ABOUT_TODO: &[&str] = &[
    "Explain what is left to do in this code and where one would begin.",
    "What does the open point marked in this code ask for, and what does it concern?",
    "This code has a note about unfinished work. Explain the note in its context.",
];

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let questions = match ask.seed.draft.kind {
        SeedKind::Todo => ABOUT_TODO,
        SeedKind::CodeUnit | SeedKind::Commit | SeedKind::DocSection | SeedKind::Routine => ABOUT_CODE,
    };
    let question = ask.choose(questions).to_owned();
    let shown = clip(&ask.seed.draft.text, ask.max_bytes).into_owned();
    Ok(Plan {
        material: format!("File: {}\n\n{shown}", ask.path()),
        instruction: Part::Given(question.clone()),
        question,
        input: Part::Given(shown),
        output: Part::Field("explanation"),
    })
}
