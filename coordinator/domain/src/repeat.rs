//! Whether a check that a worker reported is repeated by another one, and what follows when it was.
//!
//! Host tools run on workers, so what they say is a claim. The first checks of each worker are all repeated; the more of
//! them others have confirmed, the fewer are. Who is drawn follows from the run's seed and the sample, so that a draw can be
//! replayed, and a worker cannot know it beforehand.
//! Source: Anderson, "BOINC: A Platform for Volunteer Computing", J. Grid Computing 2020, adaptive replication: below ten
//! results in a row every one is replicated, with n of them one in n.

use hafs_proto::{Check, CheckName, ContentHash, Outcome, SampleId, WorkerId};

/// Confirmed checks in a row below which each one is repeated.
pub const ALWAYS: u64 = 10;

/// Whether a check is repeated, after so many of the worker's checks were confirmed in a row.
#[must_use]
pub fn is_drawn(draw: u64, confirmed: u64) -> bool {
    confirmed < ALWAYS || draw.is_multiple_of(confirmed)
}

/// The number that decides about a check.
#[must_use]
pub fn draw(run_seed: u64, sample: SampleId, check: &CheckName, worker: WorkerId) -> u64 {
    number(["repeat", &run_seed.to_string(), &sample.to_string(), check.as_str(), &worker.to_string()])
}

/// Who of those that can repeat a check does so; none when there is nobody.
#[must_use]
pub fn witness(draw: u64, able: &[WorkerId]) -> Option<WorkerId> {
    let sorted: std::collections::BTreeSet<WorkerId> = able.iter().copied().collect();
    let count = u64::try_from(sorted.len()).ok().filter(|count| *count > 0)?;
    // Another number than the draw's own, of which the low digits are known to be zero where it was drawn.
    let turn = number(["witness", &draw.to_string()]) % count;
    sorted.into_iter().nth(usize::try_from(turn).ok()?)
}

fn number<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *ContentHash::of_parts(parts).as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// What a repetition says of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// The same tool found the same.
    Same,
    /// The tools are not the same, or the validators: they may differ honestly.
    OtherTool,
    /// One of the two could not run, in time or at all.
    NotComparable,
    /// The same tool found something else; what, for people.
    Different(String),
}

/// Compares a check with its repetition. A check says pass, fail or not applicable; time-outs and the like are no
/// outcome, so a slow machine contradicts nobody.
#[must_use]
pub fn compare(first: &Check, second: &Check) -> Comparison {
    let open = |check: &Check| matches!(check.outcome, Outcome::Unchecked { .. });
    if open(first) || open(second) {
        return Comparison::NotComparable;
    }
    let tool = |check: &Check| check.tool.as_ref().map(|tool| tool.hash);
    if first.version != second.version || tool(first) != tool(second) {
        return Comparison::OtherTool;
    }
    let (one, other) = (first.outcome.word(), second.outcome.word());
    if one == other {
        return Comparison::Same;
    }
    Comparison::Different(format!("check `{}`: it says {one}, another worker finds {other}", first.name))
}

/// How well the word of a worker stands against that of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It runs in the coordinator's own process.
    Own,
    /// It is trusted.
    Trusted,
    /// It is not trusted yet, or not any more.
    Claimant,
}

/// Whose word does not count any more after a contradiction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// That of the worker that reported first.
    First,
    /// That of the witness.
    Witness,
    /// That of both: one of them is wrong, and nothing tells which.
    Both,
}

/// Applies the rule to the worker that reported first and its witness.
#[must_use]
pub const fn doubt(first: Standing, witness: Standing) -> Doubt {
    match (first, witness) {
        (Standing::Own, Standing::Trusted | Standing::Claimant) | (Standing::Trusted, Standing::Claimant) => {
            Doubt::Witness
        }
        (Standing::Trusted | Standing::Claimant, Standing::Own) | (Standing::Claimant, Standing::Trusted) => {
            Doubt::First
        }
        (Standing::Own, Standing::Own)
        | (Standing::Trusted, Standing::Trusted)
        | (Standing::Claimant, Standing::Claimant) => Doubt::Both,
    }
}
