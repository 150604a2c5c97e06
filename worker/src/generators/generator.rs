//! The generators by name.

use hafs_proto::SeedKind;
use hafs_quality::reply::{FieldSpec, ReplyShape};

use super::error::Unfit;
use super::plan::{Ask, Plan};
use super::{
    complete_code, doc_qa, explain_change, explain_code, find_bug, hook_code, optimise_code, write_change,
    write_code, write_routine,
};

/// Whether a reply may hold several samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yield {
    /// Exactly one.
    One,
    /// One or more.
    Some,
}

/// What turns a seed into a prompt and a reply into candidates.
#[derive(Debug, Clone, Copy)]
pub struct Generator {
    /// Its name, which is that of its prompt template, too.
    pub name: &'static str,
    /// Kinds of seed that it takes.
    pub seeds: &'static [SeedKind],
    /// Texts that the teacher writes.
    pub fields: &'static [&'static str],
    /// How many samples a reply may hold.
    pub yields: Yield,
    /// What to show and ask for a seed of one of these kinds.
    pub plan: fn(&Ask<'_>) -> Result<Plan, Unfit>,
}

impl Generator {
    /// Every generator.
    pub const ALL: &'static [Self] = &[
        explain_change::GENERATOR,
        write_change::GENERATOR,
        doc_qa::GENERATOR,
        explain_code::GENERATOR,
        complete_code::GENERATOR,
        write_code::GENERATOR,
        find_bug::GENERATOR,
        write_routine::GENERATOR,
        optimise_code::GENERATOR,
        hook_code::GENERATOR,
    ];

    /// What a reply must hold.
    #[must_use]
    pub fn shape(&self) -> ReplyShape {
        ReplyShape::new(self.fields.iter().map(|name| FieldSpec::text(name)).collect())
    }
}

/// The generator of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Generator> {
    Generator::ALL.iter().find(|generator| generator.name == name)
}
