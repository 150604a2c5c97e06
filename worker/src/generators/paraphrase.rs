//! The same request in other words; input and answer stay.

use hafs_proto::Reason;
use hafs_proto::task::SampleTexts;
use hafs_quality::reply::{FieldSpec, Record, ReplyShape};

use super::error::Unfit;
use super::plan::{Draft, Part, Plan};

/// Rewords the instruction of a sample.
#[derive(Debug, Clone, Copy)]
pub struct Paraphrase;

const FIELD: &str = "instruction";

impl Paraphrase {
    /// The name of its prompt template.
    pub const NAME: &'static str = "paraphrase";

    /// What a reply must hold.
    #[must_use]
    pub fn shape() -> ReplyShape {
        ReplyShape::new(vec![FieldSpec::text(FIELD)])
    }

    /// What is shown, and how the sample is made.
    ///
    /// # Errors
    /// [`Unfit`] when the instruction is longer than a prompt may be: it must be seen whole.
    pub fn plan(sample: &SampleTexts, max_bytes: usize) -> Result<Plan, Unfit> {
        if sample.instruction.len() > max_bytes {
            let message = format!("the instruction is over the {max_bytes} bytes of a prompt");
            return Err(Unfit::new(Reason::TooLong, message));
        }
        Ok(Plan {
            material: sample.instruction.to_string(),
            question: String::new(),
            instruction: Part::Field(FIELD),
            input: Part::Given(sample.input.to_string()),
            output: Part::Given(sample.output.to_string()),
        })
    }

    /// The derived sample; one whose instruction is the old one is none.
    ///
    /// # Errors
    /// [`Unfit`] as for [`Plan::draft`], and when nothing was reworded.
    pub fn draft(plan: &Plan, sample: &SampleTexts, record: &Record) -> Result<Draft, Unfit> {
        let draft = plan.draft(record)?;
        let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
        if words(&draft.instruction) == words(&sample.instruction) {
            return Err(Unfit::new(Reason::InvalidInstruction, "the instruction was not reworded"));
        }
        Ok(draft)
    }
}
