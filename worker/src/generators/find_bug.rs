//! Finds a bug: one is put into real code, the teacher is told where and explains it, the real code is the remedy.

use hafs_proto::{Reason, SeedKind};
use hafs_quality::bugs;

use super::error::Unfit;
use super::fenced::fenced;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Part, Plan};

pub(super) const GENERATOR: Generator = Generator {
    name: "find-bug",
    seeds: &[SeedKind::CodeUnit],
    fields: &["explanation"],
    yields: Yield::One,
    plan,
};

const QUESTIONS: &[&str] = &[
    "This code has a bug. Find it, say what goes wrong, and give the code without it.",
    "One line of this code is wrong. Which, why, and what must it be?",
    "Review this code: it does not do what it should. Explain the mistake and mend it.",
    "Something goes wrong when this runs. Find the cause in the code and correct it.",
];

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let (code, language) = (ask.seed.draft.text.as_str(), ask.context("language"));
    // Both versions of the line are shown beside the code.
    if code.len() > ask.max_bytes / 4 * 3 {
        let message =
            format!("the code of {} bytes is over what a prompt of {} can hold", code.len(), ask.max_bytes);
        return Err(Unfit::new(Reason::TooLong, message));
    }
    let bug = bugs::put_in(language, code, ask.choice()).ok_or_else(|| {
        Unfit::new(Reason::Other, format!("there is no place in this {language} code for a bug that shows"))
    })?;
    let line = |code: &str| {
        code.lines().nth(bug.line.saturating_sub(1) as usize).unwrap_or_default().trim().to_owned()
    };
    let question = ask.choose(QUESTIONS).to_owned();
    Ok(Plan {
        material: format!(
            "File: {}\n\n{}\n\nWrong, line {}: {}\nRight: {}",
            ask.path(),
            bug.code.trim_end(),
            bug.line,
            line(&bug.code),
            line(code)
        ),
        instruction: Part::Given(question.clone()),
        question,
        output: Part::Followed("explanation", fenced(language, code)),
        input: Part::Given(bug.code),
    })
}
