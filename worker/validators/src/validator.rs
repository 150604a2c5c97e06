//! What every validator is.

use std::fmt::Debug;

use hafs_proto::task::CheckSpec;
use hafs_proto::{BoundedText, Check, CheckName, CheckedBy, Domain, Outcome, ToolUse};
use hafs_sandbox::{Level, Stop, Tool};

/// Notes of one check; more help nobody.
const MAX_NOTES: usize = 16;

/// A check of samples that needs more than their texts.
pub trait Validator: Debug + Send + Sync {
    /// Its name: the route `check/NAME`, and the name of its checks.
    fn name(&self) -> &CheckName;

    /// The version of its rules; raised whenever an outcome can change.
    fn version(&self) -> u32;

    /// The domains that it knows something about.
    fn domains(&self) -> &[Domain];

    /// Looks at a sample. Blocks for as long as its tool runs, and ends soon after `stop`.
    fn examine(&self, asked: &CheckSpec, stop: &Stop) -> Examined;

    /// The check of a sample, as a worker reports it. A sample of another domain is not looked at.
    fn check(&self, asked: &CheckSpec, stop: &Stop) -> Check {
        let Examined { outcome, tool } = if self.domains().contains(&asked.sample.domain) {
            self.examine(asked, stop)
        } else {
            Examined { outcome: Outcome::NotApplicable, tool: None }
        };
        Check { name: self.name().clone(), version: self.version(), by: CheckedBy::Worker, outcome, tool }
    }
}

/// What a validator found, and what it asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What it found.
    pub outcome: Outcome,
    /// The program that it asked, when it asked one.
    pub tool: Option<ToolUse>,
}

/// An outcome of a check that could not be made.
pub(crate) fn unchecked(why: &str) -> Outcome {
    Outcome::Unchecked { why: BoundedText::clipped(why) }
}

/// The record of a tool's use.
pub(crate) fn used(tool: &Tool, level: Level, notes: &[String]) -> ToolUse {
    ToolUse {
        version: BoundedText::clipped(&tool.version),
        hash: tool.hash,
        sandbox: BoundedText::clipped(level.word()),
        notes: notes.iter().take(MAX_NOTES).map(|note| BoundedText::clipped(note)).collect(),
    }
}
