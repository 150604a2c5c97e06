//! Makes a routine faster: the teacher rewrites real assembly, and both versions are run side by side.

use hafs_proto::SeedKind;
use hafs_quality::rewrites::Goal;

use super::error::Unfit;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Plan};
use super::rewritten::{Rewritten, widths};

pub(super) const GENERATOR: Generator = Generator {
    name: "optimise-code",
    seeds: &[SeedKind::CodeUnit],
    fields: &["code"],
    yields: Yield::One,
    plan,
};

const REQUESTS: &[&str] = &[
    "Make this 65816 routine faster without changing what it does.",
    "Optimise this 65816 routine: it must take fewer cycles and do exactly the same.",
    "Rewrite this routine for the 65816 so that it needs less time and has the same effects.",
    "This routine is called every frame. Save cycles in it, and change nothing else about it.",
];

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let routine = Rewritten::of(ask, Goal::Faster)?;
    let instruction = format!(
        "{} {} A, X, Y and the carry, memory, the stack and every access to a device must be the same as before; \
         N, V and Z may differ when it returns.",
        ask.choose(REQUESTS),
        widths(&routine.original)
    );
    Ok(routine.plan(instruction))
}
