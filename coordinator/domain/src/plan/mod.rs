//! What is made next: a view of the library's counts goes in, tasks to enqueue and a verdict on the run come
//! out. The same view gives the same plan, and each task has a key, so planning twice makes nothing twice.

mod augment;
mod generate;
mod harvest;
mod hint;
pub mod key;
mod need;
mod pace;
mod repair;
pub mod sampling;
mod view;

use hafs_proto::task::{AugmentMethod, Priority};
use hafs_proto::{
    BoundedText, ContentHash, GeneratorName, RunId, RunSpec, SampleId, SeedId, SeedKind, SourceName,
    TeacherName,
};
use thiserror::Error;

use need::Need;
pub use pace::pace;
pub use view::{Failure, Group, GroupView, OpenTasks, Parent, SeedView, SourceState, View};

/// A run, as the planner needs it.
#[derive(Clone, Copy)]
pub struct Campaign<'a> {
    /// Its id.
    pub run: RunId,
    /// What was asked for.
    pub spec: &'a RunSpec,
    /// Generate and augment tasks that may be open at once; 0 counts as 1. Enough to keep all slots busy between two
    /// passes of the planner.
    pub window: u32,
    /// Which generator takes which seed, by its kind and what it can be rewritten for: [`crate::generator::takes`].
    pub takes: fn(&GeneratorName, SeedKind, &str) -> bool,
}

/// A task to enqueue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Idempotency key: two plans of the same work have the same.
    pub key: ContentHash,
    /// How urgent it is.
    pub priority: Priority,
    /// What to do.
    pub work: Work,
}

/// What a planned task does. The caller adds what stands in the library: the seed's or the sample's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Mine one page of a source.
    Harvest {
        /// The source.
        source: SourceName,
        /// Where the page before ended.
        cursor: Option<BoundedText<1024>>,
    },
    /// Ask a teacher for candidates from a seed.
    Generate {
        /// The seed.
        seed: SeedId,
        /// The generator.
        generator: GeneratorName,
        /// The teacher.
        teacher: TeacherName,
        /// 0 for the first try, n for the n-th repair.
        round: u32,
        /// What went wrong before, for the teacher.
        hints: Vec<BoundedText<512>>,
    },
    /// Derive candidates from an accepted sample.
    Augment {
        /// The sample.
        sample: SampleId,
        /// How.
        method: AugmentMethod,
        /// The teacher.
        teacher: TeacherName,
    },
}

/// Why a run is over. The texts are what people read in `ended_because`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Ending {
    /// As many samples were accepted as were asked for.
    #[error("target reached")]
    TargetReached,
    /// Every seed was tried with every generator that takes it.
    #[error("no seeds left")]
    NoSeedsLeft,
    /// The sources gave nothing that could be tried.
    #[error(
        "no seeds found: the sources are empty, cannot be read, or hold nothing that the generators take"
    )]
    NoSeedsFound,
    /// No further task can be paid.
    #[error("budget spent")]
    BudgetSpent,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunVerdict {
    /// Something is planned or under way.
    Continue,
    /// It is over; nothing is planned.
    Finish(Ending),
}

/// The planner's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Tasks to enqueue.
    pub tasks: Vec<Planned>,
    /// Whether the run goes on.
    pub verdict: RunVerdict,
}

/// Plans the next tasks of a running run.
#[must_use]
pub fn plan(campaign: &Campaign<'_>, view: &View) -> Plan {
    if view.accepted >= u64::from(campaign.spec.target) {
        return Plan { tasks: Vec::new(), verdict: RunVerdict::Finish(Ending::TargetReached) };
    }
    let need = Need::of(campaign, view);
    let mut tasks = harvest::plan(campaign, view, &need);
    let mut room = need.room;
    for fill in [repair::plan, augment::plan] {
        let more = fill(campaign, view, room);
        room = room.saturating_sub(more.len());
        tasks.extend(more);
    }
    // First tries leave room for augmentations, unless waiting for these would be in vain.
    let stuck = need.first_tries == 0 && tasks.is_empty() && view.under_way() == 0;
    let first_tries = if stuck { room } else { room.min(need.first_tries) };
    tasks.extend(generate::plan(campaign, view, first_tries));
    let verdict = if tasks.is_empty() && view.under_way() == 0 {
        RunVerdict::Finish(ending(view, &need))
    } else {
        RunVerdict::Continue
    };
    Plan { tasks, verdict }
}

fn ending(view: &View, need: &Need) -> Ending {
    if need.broke {
        Ending::BudgetSpent
    } else if view.planned.values().sum::<u64>() == 0 {
        Ending::NoSeedsFound
    } else {
        Ending::NoSeedsLeft
    }
}
