//! Which generator takes which kinds of seed: the one table, for the planner and for checking a run's spec.

use hafs_proto::{GeneratorName, SeedKind};

/// Every generator that the factory comes with, and the kinds of seed that it takes.
pub const TABLE: &[(&str, &[SeedKind])] = &[
    ("explain-change", &[SeedKind::Commit]),
    ("write-change", &[SeedKind::Commit]),
    ("doc-qa", &[SeedKind::DocSection]),
    ("explain-code", &[SeedKind::CodeUnit, SeedKind::Todo]),
    ("complete-code", &[SeedKind::CodeUnit]),
    ("write-code", &[SeedKind::CodeUnit]),
    ("find-bug", &[SeedKind::CodeUnit]),
    ("write-routine", &[SeedKind::Routine]),
];

/// The kinds that a generator takes; none for a name that the factory does not know.
#[must_use]
pub fn kinds_of(generator: &GeneratorName) -> &'static [SeedKind] {
    TABLE.iter().find(|(name, _)| *name == generator.as_str()).map_or(&[], |(_, kinds)| kinds)
}

/// Whether a generator takes seeds of this kind.
#[must_use]
pub fn takes(generator: &GeneratorName, kind: SeedKind) -> bool {
    kinds_of(generator).contains(&kind)
}

/// Whether the output of a generator's samples is meant to hold the seed's own text (real code or a real change, of
/// which the teacher writes the description, or the code behind the explanation of a bug), so that repeating it is no
/// echo.
#[must_use]
pub fn output_is_seed(generator: &GeneratorName) -> bool {
    matches!(generator.as_str(), "write-change" | "complete-code" | "write-code" | "find-bug")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_seed_is_taken_and_every_name_is_a_name() {
        for kind in SeedKind::ALL {
            assert!(TABLE.iter().any(|(_, kinds)| kinds.contains(kind)), "{kind:?}");
        }
        for (name, kinds) in TABLE {
            assert_eq!(kinds_of(&name.parse().expect("a name")), *kinds);
        }
        assert!(!takes(&"unknown".parse().expect("a name"), SeedKind::Commit));
    }
}
