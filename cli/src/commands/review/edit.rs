//! The three texts of a sample as one file that people edit, and files that hold one of them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use hafs_proto::people::ReviewAct;
use hafs_proto::{BoundedText, Sample};
use hafs_runtime::env::Environment;

use crate::exit::Exit;
use crate::failure::Failure;

/// The lines that the three texts stand under.
const HEADS: [&str; 3] = ["##### instruction", "##### input", "##### output"];

/// The text of a file, or the one that there is.
pub(super) fn read<const MAX: usize>(
    file: Option<PathBuf>,
    old: BoundedText<MAX>,
) -> Result<BoundedText<MAX>, Failure> {
    let Some(path) = file else { return Ok(old) };
    let wrong = |why: String| Failure::new(Exit::Usage, format!("{}: {why}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    BoundedText::new(text.trim_end_matches('\n')).map_err(|error| wrong(error.to_string()))
}

/// Lets a person change the texts of a sample in their editor; nothing when they leave them as they are.
pub(super) fn with_editor(env: &Environment, sample: &Sample) -> Result<Option<ReviewAct>, Failure> {
    let editor = env.get("VISUAL").or_else(|| env.get("EDITOR")).ok_or_else(|| {
        Failure::new(Exit::Usage, "no editor is configured")
            .remedy("set VISUAL or EDITOR, such as EDITOR=nano")
    })?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let file = tempfile::Builder::new().prefix("hafs-review-").suffix(".txt").tempfile()?;
    let before = form(sample);
    fs::write(file.path(), &before)?;
    let status = Command::new(program).args(words).arg(file.path()).status()?;
    if !status.success() {
        return Err(Failure::new(Exit::Failed, format!("the editor `{program}` ended with {status}")));
    }
    let after = fs::read_to_string(file.path())?;
    if after == before { Ok(None) } else { parse(&after).map(Some) }
}

/// The three texts, each under its head.
fn form(sample: &Sample) -> String {
    let texts = [sample.instruction.as_str(), sample.input.as_str(), sample.output.as_str()];
    HEADS.iter().zip(texts).map(|(head, text)| format!("{head}\n{text}\n")).collect()
}

/// The texts that a form holds. Line breaks at the end of a text do not count.
fn parse(form: &str) -> Result<ReviewAct, Failure> {
    let wrong = |why: String| Failure::new(Exit::Usage, format!("the edited file cannot be used: {why}"));
    let mut texts = [const { String::new() }; 3];
    let mut at = None;
    for line in form.lines() {
        match HEADS.iter().position(|head| *head == line) {
            Some(head) if at == head.checked_sub(1) => at = Some(head),
            Some(_) | None => {
                let text = at.and_then(|at: usize| texts.get_mut(at));
                let text =
                    text.ok_or_else(|| wrong(format!("it must begin with the line `{}`", HEADS[0])))?;
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    if at != Some(HEADS.len() - 1) {
        return Err(wrong(format!("it lacks one of the lines {}", HEADS.join(", "))));
    }
    let [instruction, input, output] = texts;
    let (instruction, input, output) = (instruction.trim_end(), input.trim_end(), output.trim_end());
    Ok(ReviewAct::Edit {
        instruction: BoundedText::new(instruction).map_err(|error| wrong(error.to_string()))?,
        input: BoundedText::new(input).map_err(|error| wrong(error.to_string()))?,
        output: BoundedText::new(output).map_err(|error| wrong(error.to_string()))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(act: ReviewAct) -> [String; 3] {
        let ReviewAct::Edit { instruction, input, output } = act else { panic!("no edit") };
        [instruction.to_string(), input.to_string(), output.to_string()]
    }

    #[test]
    fn a_form_gives_the_three_texts_back() {
        let form = "##### instruction\nExplain.\n##### input\n##### output\nfn a() {}\n\n##### input\nmore\n";
        let parsed = parse(form).map(texts).map_err(|failure| failure.summary());
        // A head out of its turn is text.
        let output = "fn a() {}\n\n##### input\nmore".to_owned();
        assert_eq!(parsed, Ok(["Explain.".to_owned(), String::new(), output]));
    }

    #[test]
    fn a_form_without_its_heads_is_refused_by_name() {
        for form in ["", "Explain.", "##### instruction\nExplain.\n##### output\nx"] {
            let failure = parse(form).map(texts).expect_err("is refused").summary();
            assert!(failure.contains("#####"), "{failure}");
        }
    }
}
