//! Question and answer from a section of a document, both by the teacher, grounded in the section.

use hafs_proto::SeedKind;

use super::clip::clip;
use super::error::Unfit;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Part, Plan};

pub(super) const GENERATOR: Generator = Generator {
    name: "doc-qa",
    seeds: &[SeedKind::DocSection],
    fields: &["question", "answer"],
    yields: Yield::Some,
    plan,
};

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let heading = match ask.context("heading_path") {
        "" => ask.seed.draft.title.as_str(),
        path => path,
    };
    let text = clip(&ask.seed.draft.text, ask.max_bytes);
    Ok(Plan {
        material: format!("Section: {heading}\n\n{text}"),
        question: String::new(),
        instruction: Part::Field("question"),
        // Asked of the trained model without the section: the knowledge is to end up in the model.
        input: Part::Given(String::new()),
        output: Part::Field("answer"),
    })
}
