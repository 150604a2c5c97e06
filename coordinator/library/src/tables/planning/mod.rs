//! A run as the planner sees it, in numbers and in choices: read in one transaction, so that the parts agree.

mod choices;
mod numbers;

pub use choices::{Fixable, PlanSeed, SeedsWanted, fixable, harvest_tasks, parents, seeds};
pub use numbers::{Numbers, TopReason, accepted_per_group, numbers, planned, planned_per_group, top_reasons};
