//! `[gates]`: what a sample has to pass.

use serde_json::json;

use super::rules::{Rulebook, Rules};
use super::section::section;
use super::words::{SpecialTokens, TeacherRef};

section! {
    /// What a sample has to pass.
    Gates = "gates" {
        /// Judges that must agree that a sample is good.
        agree: u32 = 1, Results, 1.0 to 15.0;
        /// Judges asked at most; asking ends as soon as the outcome is certain.
        of: u32 = 1, Results, 1.0 to 15.0;
        /// Who judges, cheapest first: providers, or `provider/model`. Empty: every configured model with the
        /// role `judge` that does not generate in the same run, or else the teachers each other; when none is
        /// left, checks alone decide.
        judges: Vec<TeacherRef> = [] | ["ollama/qwen3:8b"], Results;
        /// Whether a teacher may judge what it wrote itself when no other judge is there.
        self_judge: bool = false, Results;
        /// Whether a sample can be accepted although one of its checks could not run.
        allow_unchecked: bool = false, Results;
        /// Shortest output, in characters.
        min_output_chars: u32 = 16, Results, 1.0 to 262_144.0;
        /// Longest output, in characters.
        max_output_chars: u32 = 16_000, Results, 1.0 to 262_144.0;
        /// Extra tries for a seed whose sample was rejected for reasons that another try may mend.
        repairs: u32 = 1, Results, 0.0 to 10.0;
        /// Special tokens of chat models inside a sample: `reject` the sample, or `escape` them at export.
        special_tokens: SpecialTokens = "reject", Results;
    }
}

impl Rules for Gates {
    fn rules(&self, book: &mut Rulebook<'_>) {
        book.demand(
            self.agree <= self.of,
            ("agree", json!(self.agree)),
            &["of"],
            (format!("must be at most `of` (= {})", self.of), "no more judges can agree than are asked"),
        );
        book.demand(
            self.judges.is_empty() || usize::try_from(self.of).is_ok_and(|of| of <= self.judges.len()),
            ("of", json!(self.of)),
            &["judges"],
            (
                format!("must be at most the number of `judges` (= {})", self.judges.len()),
                "name more judges or ask fewer",
            ),
        );
        book.demand(
            self.min_output_chars <= self.max_output_chars,
            ("min_output_chars", json!(self.min_output_chars)),
            &["max_output_chars"],
            (
                format!("must be at most `max_output_chars` (= {})", self.max_output_chars),
                "no output could pass",
            ),
        );
    }
}
