//! What the planner sees of the library: counts of one run, and the things that it chooses from.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::{
    BoundedText, ContentHash, Finding, GeneratorName, MicroUsd, Reason, SampleId, SeedId, SeedKind,
    SourceName, TeacherName,
};

/// A split group: what samples of one file have in common.
pub type Group = BoundedText<1024>;

/// How far a source is mined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// A harvest task of it is open.
    UnderWay,
    /// Its next page begins here.
    Next(BoundedText<1024>),
    /// It has no further page, or its harvest was given up.
    Ended,
}

/// A seed that some generator of the run has not tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedView {
    /// The seed.
    pub id: SeedId,
    /// What it is.
    pub kind: SeedKind,
    /// What its routine can be rewritten for, in words; empty for all that is no routine.
    pub rewrites: String,
    /// Its split group.
    pub group: Group,
    /// Generators that have a task of this run for it, in whatever state.
    pub tried: BTreeSet<GeneratorName>,
}

/// What the run has made of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupView {
    /// Generate tasks made from its seeds.
    pub planned: u64,
    /// Samples accepted.
    pub accepted: u64,
}

/// The last try of a seed with a generator, of which no sample was accepted and none is undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: SeedId,
    /// The generator.
    pub generator: GeneratorName,
    /// The teacher that tried.
    pub teacher: TeacherName,
    /// Which round it was.
    pub round: u32,
    /// Every reason of every sample of that round.
    pub reasons: Vec<Reason>,
    /// What the checks that failed found.
    pub findings: Vec<Finding>,
}

/// An accepted sample that is no augmentation and was not augmented yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// The sample.
    pub sample: SampleId,
    /// Identity of its content.
    pub content: ContentHash,
}

/// Tasks of the run that are not done, dead or cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenTasks {
    /// Harvest tasks.
    pub harvest: u64,
    /// Generate tasks.
    pub generate: u64,
    /// Augment tasks.
    pub augment: u64,
    /// Check, judge and embed tasks.
    pub other: u64,
}

/// The run in numbers, and what can be chosen from. The lists may be pages of longer ones, in any order, as
/// long as a list is empty only if there is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Samples accepted.
    pub accepted: u64,
    /// Of these, augmentations.
    pub augmented: u64,
    /// Samples accepted, rejected or quarantined.
    pub decided: u64,
    /// Samples not decided yet.
    pub candidates: u64,
    /// Generate and augment tasks that are done or dead.
    pub finished: u64,
    /// Tasks under way.
    pub open: OpenTasks,
    /// Money spent.
    pub spent: MicroUsd,
    /// Money that the open tasks may still cost.
    pub reserved: MicroUsd,
    /// What one further task may cost; zero where teachers are free.
    pub price: MicroUsd,
    /// Sources that were begun; one that is missing was not.
    pub sources: BTreeMap<SourceName, SourceState>,
    /// Seeds to choose from.
    pub seeds: Vec<SeedView>,
    /// What was made of their groups; a missing one is new.
    pub groups: BTreeMap<Group, GroupView>,
    /// First-round generate tasks ever made, in whatever state.
    pub planned: BTreeMap<(GeneratorName, TeacherName), u64>,
    /// Failed tries without a later round.
    pub failures: Vec<Failure>,
    /// Samples to derive from.
    pub parents: Vec<Parent>,
    /// The commonest rejection reasons of each generator, commonest first.
    pub top_reasons: BTreeMap<GeneratorName, Vec<Reason>>,
}

impl View {
    /// Tasks and samples of which something may still come.
    #[must_use]
    pub const fn under_way(&self) -> u64 {
        let OpenTasks { harvest, generate, augment, other } = self.open;
        harvest + generate + augment + other + self.candidates
    }
}
