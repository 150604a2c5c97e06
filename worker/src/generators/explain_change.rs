//! Explains a change: the question is ours, the diff is the input, the teacher writes the answer.

use hafs_proto::SeedKind;

use super::clip::clip;
use super::diff;
use super::error::Unfit;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Part, Plan};

pub(super) const GENERATOR: Generator = Generator {
    name: "explain-change",
    seeds: &[SeedKind::Commit],
    fields: &["explanation"],
    yields: Yield::One,
    plan,
};

const QUESTIONS: &[&str] = &[
    "Explain what this change does and why.",
    "What does this diff change, and what was wrong or missing before?",
    "Summarise this change for a reviewer: what is different, and what is the purpose?",
    "Describe the effect of this patch on the behaviour of the code.",
    "A colleague asks what this commit is about. Explain it.",
];

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let question = ask.choose(QUESTIONS).to_owned();
    let shown = clip(&ask.seed.draft.text, ask.max_bytes).into_owned();
    Ok(Plan {
        material: diff::with_message(ask, &shown),
        instruction: Part::Given(question.clone()),
        question,
        // What the teacher has seen, no more: an answer about lines that were cut would be a guess.
        input: Part::Given(shown),
        output: Part::Field("explanation"),
    })
}
