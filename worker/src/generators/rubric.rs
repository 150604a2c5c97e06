//! The rubric of judges: a few yes-or-no criteria, a share of them as score.

use hafs_proto::task::JudgeSpec;
use hafs_proto::verdict::{Criterion, CriterionVerdict, Opinion, RubricRef};
use hafs_proto::{BoundedText, GeneratorName, Score};
use hafs_quality::reply::{FieldSpec, Record, ReplyShape};
use minijinja::Value;
use thiserror::Error;

use super::clip::clip;
use super::frame::{Nonce, frame};

/// One criterion.
struct Line {
    id: &'static str,
    text: &'static str,
    weight: u32,
}

const LINES: &[Line] = &[
    Line { id: "grounded", text: "the source supports everything that the output claims", weight: 2 },
    Line { id: "correct", text: "the output is technically right", weight: 2 },
    Line { id: "answers", text: "the output does what the instruction asks", weight: 2 },
    Line { id: "complete", text: "nothing that matters is missing or cut off", weight: 1 },
    Line { id: "clear", text: "it is clear, without filler, greetings or repetition", weight: 1 },
    Line { id: "useful", text: "a programmer would learn something from it", weight: 1 },
];

const WORDS: &[&str] = &["pass", "fail", "na"];
const WHY: &str = "why";

/// The built-in rubric.
#[derive(Debug, Clone, Copy)]
pub struct Rubric;

/// Why a judge's answer is no opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RubricError {
    /// Nothing was judged.
    #[error("the judge says of every criterion that it does not apply")]
    NothingJudged,
}

impl Rubric {
    /// Its name, and that of its prompt template.
    pub const NAME: &'static str = "judge";

    /// What a reply must hold: a word for each criterion, and a short reason.
    #[must_use]
    pub fn shape() -> ReplyShape {
        let words = LINES.iter().map(|line| FieldSpec::choice(line.id, WORDS));
        ReplyShape::new(words.chain([FieldSpec::text(WHY).optional()]).collect())
    }

    /// What the constant part of the prompt is rendered with.
    #[must_use]
    pub fn constants() -> Value {
        let criteria: Vec<Value> =
            LINES.iter().map(|line| Value::from(format!("{}: {}", line.id, line.text))).collect();
        let form: Vec<String> = LINES.iter().map(|line| format!("\"{}\": \"pass\"", line.id)).collect();
        let form = format!("{{{}, \"{WHY}\": \"1 short sentence\"}}", form.join(", "));
        minijinja::context! { criteria => Value::from(criteria), form => form }
    }

    /// What the rest of the prompt is rendered with. An input that is a part of the source is not shown twice.
    #[must_use]
    pub fn variables(spec: &JudgeSpec, nonce: &Nonce, max_bytes: usize) -> Value {
        let sample = &spec.sample;
        let input = match sample.input.trim() {
            "" => "(none)".to_owned(),
            input if spec.source_text.contains(input) => "(the source above, or a part of it)".to_owned(),
            input => frame(nonce, "input", &clip(input, max_bytes / 8)),
        };
        minijinja::context! {
            source => frame(nonce, "source", &clip(&spec.source_text, max_bytes / 8 * 3)),
            instruction => frame(nonce, "instruction", &clip(&sample.instruction, max_bytes / 8)),
            input => format!("Input: {input}"),
            output => frame(nonce, "output", &clip(&sample.output, max_bytes / 8 * 3)),
        }
    }

    /// The opinion that a reply states: the score is the weighted share of criteria met, of those that apply.
    ///
    /// # Errors
    /// [`RubricError`] when no criterion applies: an empty opinion is none.
    pub fn opinion(name: &GeneratorName, version: u32, record: &Record) -> Result<Opinion, RubricError> {
        let verdicts: Vec<(&Line, CriterionVerdict)> =
            LINES.iter().map(|line| (line, verdict(record.text(line.id)))).collect();
        let weight = |wanted: &[CriterionVerdict]| -> u32 {
            verdicts.iter().filter(|(_, verdict)| wanted.contains(verdict)).map(|(line, _)| line.weight).sum()
        };
        let met = weight(&[CriterionVerdict::Pass]);
        let judged = weight(&[CriterionVerdict::Pass, CriterionVerdict::Fail]);
        let score = Score::new(f64::from(met) / f64::from(judged)).ok_or(RubricError::NothingJudged)?;
        let why: BoundedText<1024> = BoundedText::clipped(record.text(WHY).trim());
        let criteria = verdicts
            .iter()
            .map(|(line, verdict)| Criterion {
                id: BoundedText::clipped(line.id),
                verdict: *verdict,
                why: if *verdict == CriterionVerdict::Fail { why.clone() } else { BoundedText::default() },
            })
            .collect();
        Ok(Opinion { rubric: RubricRef { name: name.clone(), version }, score, criteria })
    }
}

/// The verdict of a word. The shape lets only three words through.
fn verdict(word: &str) -> CriterionVerdict {
    match word {
        "pass" => CriterionVerdict::Pass,
        "na" => CriterionVerdict::Na,
        _ => CriterionVerdict::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_quality::reply::parse_object;
    use proptest::prelude::*;

    fn opinion(words: &[&str]) -> Result<Opinion, RubricError> {
        let fields: Vec<String> =
            LINES.iter().zip(words).map(|(line, word)| format!("\"{}\": \"{word}\"", line.id)).collect();
        let reply = format!("{{{}, \"why\": \"because\"}}", fields.join(","));
        let record = parse_object(&reply, &Rubric::shape()).expect("parses").one().expect("one");
        Rubric::opinion(&"judge".parse().expect("a name"), 1, &record)
    }

    #[test]
    fn the_score_is_the_weighted_share_of_what_applies() {
        let score = |words: &[&str]| opinion(words).map(|opinion| opinion.score.get());
        assert_eq!(score(&["pass"; 6]), Ok(1.0));
        assert_eq!(score(&["fail"; 6]), Ok(0.0));
        assert_eq!(score(&["fail", "pass", "na", "na", "pass", "pass"]), Ok(4.0 / 6.0));
        assert_eq!(score(&["na"; 6]), Err(RubricError::NothingJudged));
    }

    #[test]
    fn a_missing_or_unknown_word_is_no_opinion() {
        let shape = Rubric::shape();
        for bad in [
            "{\"grounded\": \"pass\"}",
            "I rate it 10/10",
            "{\"grounded\":\"pass\",\"correct\":\"pass\",\"answers\":\"11/10\",\"complete\":\"pass\",\"clear\":\"pass\",\"useful\":\"pass\"}",
        ] {
            assert!(parse_object(bad, &shape).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn more_passes_never_lower_the_score(words in prop::collection::vec(prop::sample::select(WORDS), 6), at in 0_usize..6) {
            let mut better = words.clone();
            better[at] = "pass";
            if let (Ok(a), Ok(b)) = (opinion(&words), opinion(&better)) {
                prop_assert!(b.score >= a.score);
            }
        }
    }
}
