//! From a seed to what is asked, and from a reply to a sample's three texts.

use std::borrow::Cow;

use hafs_proto::sample::{Body, Instruction};
use hafs_proto::{BoundedText, Candidate, Reason, Seed};
use hafs_quality::reply::Record;

use super::error::Unfit;

/// What a generator is to make a prompt of.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The seed.
    pub seed: &'a Seed,
    /// 0 for the first try of the seed, n for its n-th repair.
    pub round: u32,
    /// Bytes of mined text that the prompt may hold.
    pub max_bytes: usize,
}

impl Ask<'_> {
    /// One of a few phrasings: the same seed and round always get the same one.
    #[must_use]
    pub fn choose<'t>(&self, phrasings: &[&'t str]) -> &'t str {
        let index = self.choice() % (phrasings.len().max(1) as u64);
        usize::try_from(index).ok().and_then(|index| phrasings.get(index)).copied().unwrap_or_default()
    }

    /// A number that is the same for the same seed and round.
    #[must_use]
    pub fn choice(&self) -> u64 {
        let first_bytes = self.seed.content_hash.as_bytes().iter().take(4);
        first_bytes.fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)) + u64::from(self.round)
    }

    /// The seed's code, where a part of it will not do.
    ///
    /// # Errors
    /// [`Unfit`] when it is longer than a prompt may hold.
    pub fn whole_code(&self) -> Result<&str, Unfit> {
        let code = self.seed.draft.text.as_str();
        if code.len() > self.max_bytes {
            let message =
                format!("the code of {} bytes is over the {} of a prompt", code.len(), self.max_bytes);
            return Err(Unfit::new(Reason::TooLong, message));
        }
        Ok(code)
    }

    /// An entry of the seed's context; empty when absent.
    #[must_use]
    pub fn context(&self, key: &str) -> &str {
        self.seed.draft.context.get(key).map_or("", |text| text.as_str())
    }

    /// The path inside the source; empty when there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        self.seed.draft.provenance.path.as_ref().map_or("", |path| path.as_str())
    }
}

/// Where one of a sample's texts comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Known before the teacher is asked: ours, or the seed's own text.
    Given(String),
    /// Written by the teacher, in this field of its reply.
    Field(&'static str),
    /// Written by the teacher in this field, and then a text that is known before.
    Followed(&'static str, String),
}

/// What is shown and asked, and how a sample is made of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is shown, to be framed.
    pub material: String,
    /// What is asked, if the question is ours; empty otherwise.
    pub question: String,
    /// The sample's instruction.
    pub instruction: Part,
    /// The sample's input.
    pub input: Part,
    /// The sample's output.
    pub output: Part,
}

/// A sample's three texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What the model is asked.
    pub instruction: Instruction,
    /// The material that goes with it.
    pub input: Body,
    /// What the model should answer.
    pub output: Body,
}

impl Plan {
    /// The sample that one record of the reply makes.
    ///
    /// # Errors
    /// [`Unfit`] when one of the texts is over its limit, or instruction or output are blank.
    pub fn draft(&self, record: &Record) -> Result<Draft, Unfit> {
        let draft = Draft {
            instruction: bounded("instruction", &self.instruction.of(record))?,
            input: bounded("input", &self.input.of(record))?,
            output: bounded("output", &self.output.of(record))?,
        };
        if draft.output.trim().is_empty() {
            return Err(Unfit::new(Reason::EmptyOutput, "the output is blank"));
        }
        if draft.instruction.trim().is_empty() {
            return Err(Unfit::new(Reason::InvalidInstruction, "the instruction is blank"));
        }
        Ok(draft)
    }
}

impl Part {
    fn of<'a>(&'a self, record: &'a Record) -> Cow<'a, str> {
        match self {
            Self::Given(text) => text.into(),
            Self::Field(name) => record.text(name).trim().into(),
            Self::Followed(name, text) => format!("{}\n\n{text}", record.text(name).trim()).into(),
        }
    }
}

fn bounded<const MAX: usize>(what: &str, text: &str) -> Result<BoundedText<MAX>, Unfit> {
    BoundedText::new(text).map_err(|error| Unfit::new(Reason::TooLong, format!("{what}: {error}")))
}

impl Draft {
    /// The candidate in this slot, made by this call.
    #[must_use]
    pub fn into_candidate(self, slot: u16, call: u16) -> Candidate {
        Candidate { slot, instruction: self.instruction, input: self.input, output: self.output, call }
    }
}
