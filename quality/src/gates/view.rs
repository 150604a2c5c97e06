//! What gates look at, and the limits that they hold it to.

use hafs_asm65816::rewrites::Goal;
use hafs_proto::Score;
use hafs_proto::check::Field;
use hafs_proto::run::Policy;

/// A sample as the gates see it.
#[derive(Debug, Clone, Copy)]
pub struct SampleView<'a> {
    /// What the model is asked.
    pub instruction: &'a str,
    /// The material that goes with it; may be empty.
    pub input: &'a str,
    /// What the model should answer.
    pub output: &'a str,
    /// What it is about.
    pub domain: &'a str,
    /// The text of the seed that the output must not merely repeat. None where the output is meant to be the seed's
    /// text, as for a change written from its description.
    pub seed: Option<&'a str>,
    /// What the output must be, beyond what every output must be.
    pub demand: Demand<'a>,
}

/// What the output of a sample must be. It follows from its generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Demand<'a> {
    /// Nothing in particular.
    #[default]
    Nothing,
    /// The rest of the code that the input begins.
    Rest,
    /// The routine of the task with this id.
    Routine(&'a str),
    /// The routine of the input, rewritten for this.
    Rewritten(Goal),
}

impl<'a> SampleView<'a> {
    /// The three texts with their names.
    pub(super) const fn texts(&self) -> [(Field, &'a str); 3] {
        [(Field::Instruction, self.instruction), (Field::Input, self.input), (Field::Output, self.output)]
    }
}

/// The limits of the gates.
#[derive(Debug, Clone, PartialEq)]
pub struct GatePolicy {
    /// Shortest instruction in characters.
    pub min_instruction_chars: u32,
    /// Shortest output in characters.
    pub min_output_chars: u32,
    /// Longest output in characters.
    pub max_output_chars: u32,
    /// The share of an output's word sequences that may stand in its source before it counts as an echo.
    pub max_echo: Score,
    /// Words below which an output is too short to be called an echo: a short answer may well stand in its source.
    pub min_echo_words: u32,
    /// Whether a validator looks at samples of this domain, so that code which no gate reads is not left unread.
    pub validated: bool,
}

impl Default for GatePolicy {
    /// 10 characters of instruction, 1 to 65,536 of output, 80 % of echo from 30 words on.
    fn default() -> Self {
        Self {
            min_instruction_chars: 10,
            min_output_chars: 1,
            max_output_chars: 65_536,
            max_echo: Score::new(0.8).unwrap_or(Score::ONE),
            min_echo_words: 30,
            validated: false,
        }
    }
}

impl From<&Policy> for GatePolicy {
    fn from(policy: &Policy) -> Self {
        Self {
            min_output_chars: policy.min_output_chars,
            max_output_chars: policy.max_output_chars,
            ..Self::default()
        }
    }
}
