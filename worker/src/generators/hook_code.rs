//! Puts a hook into a routine: the teacher adds a call that nothing else may notice, and both versions are run side by
//! side with a hook that spoils every register.

use hafs_proto::SeedKind;
use hafs_quality::rewrites::Goal;

use super::error::Unfit;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Plan};
use super::rewritten::{Rewritten, widths};

pub(super) const GENERATOR: Generator = Generator {
    name: "hook-code",
    seeds: &[SeedKind::CodeUnit],
    fields: &["code"],
    yields: Yield::One,
    plan,
};

const REQUESTS: &[&str] = &[
    "Change this 65816 routine so that it calls `HOOK` once with JSL before it does anything else.",
    "Add a hook to this routine: the first thing that it does is one JSL to `HOOK`.",
    "Make this routine call `HOOK` by JSL at its very beginning, once each time that it runs.",
    "A mod needs to run its own code whenever this routine begins. Add one JSL to `HOOK` in front of everything.",
];

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let routine = Rewritten::of(ask, Goal::Hooked)?;
    let (hook, widths) = (routine.original.hook(), widths(&routine.original));
    let request = ask.choose(REQUESTS).replace("HOOK", &hook);
    let instruction = format!(
        "{request} {widths} `{hook}` keeps the register widths, the direct page and the data bank, and may change A, X, \
         Y, N, V, Z and the carry; the routine must do exactly what it did without it."
    );
    Ok(routine.plan(instruction))
}
