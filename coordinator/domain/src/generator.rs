//! Which generator takes which kinds of seed: the one table, for the planner and for checking a run's spec.

use hafs_proto::{GeneratorName, SeedKind};

/// What a generator can make something of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takes {
    /// The generator.
    pub generator: &'static str,
    /// Kinds of seed.
    pub kinds: &'static [SeedKind],
    /// What the seed's routine must be fit to be rewritten for, if that is what the generator asks.
    pub rewrite: Option<&'static str>,
}

/// Every generator that the factory comes with.
pub const TABLE: &[Takes] = &[
    any("explain-change", &[SeedKind::Commit]),
    any("write-change", &[SeedKind::Commit]),
    any("doc-qa", &[SeedKind::DocSection]),
    any("explain-code", &[SeedKind::CodeUnit, SeedKind::Todo]),
    any("complete-code", &[SeedKind::CodeUnit]),
    any("write-code", &[SeedKind::CodeUnit]),
    any("find-bug", &[SeedKind::CodeUnit]),
    any("write-routine", &[SeedKind::Routine]),
    Takes { generator: "optimise-code", kinds: &[SeedKind::CodeUnit], rewrite: Some("faster") },
    Takes { generator: "hook-code", kinds: &[SeedKind::CodeUnit], rewrite: Some("hooked") },
];

const fn any(generator: &'static str, kinds: &'static [SeedKind]) -> Takes {
    Takes { generator, kinds, rewrite: None }
}

/// What a generator takes; none for a name that the factory does not know.
#[must_use]
pub fn find(generator: &GeneratorName) -> Option<&'static Takes> {
    TABLE.iter().find(|takes| takes.generator == generator.as_str())
}

/// Whether a generator takes seeds of this kind. `rewrites` are the words for what the seed's routine can be rewritten
/// for; none for all that is no routine.
#[must_use]
pub fn takes(generator: &GeneratorName, kind: SeedKind, rewrites: &str) -> bool {
    let fits = |rewrite: Option<&str>| {
        rewrite.is_none_or(|wanted| rewrites.split_whitespace().any(|word| word == wanted))
    };
    find(generator).is_some_and(|takes| takes.kinds.contains(&kind) && fits(takes.rewrite))
}

/// Whether the output of a generator's samples is meant to hold the seed's own text (real code or a real change, of
/// which the teacher writes the description, or the code behind the explanation of a bug), so that repeating it is no
/// echo.
#[must_use]
pub fn output_is_seed(generator: &GeneratorName) -> bool {
    matches!(
        generator.as_str(),
        "write-change" | "complete-code" | "write-code" | "find-bug" | "optimise-code" | "hook-code"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> GeneratorName {
        name.parse().expect("a name")
    }

    #[test]
    fn every_kind_of_seed_is_taken_and_every_name_is_a_name() {
        for kind in SeedKind::ALL {
            assert!(TABLE.iter().any(|takes| takes.kinds.contains(kind)), "{kind:?}");
        }
        for takes in TABLE {
            assert_eq!(find(&name(takes.generator)), Some(takes));
        }
        assert!(!takes(&name("unknown"), SeedKind::Commit, ""));
    }

    #[test]
    fn a_routine_is_rewritten_only_for_what_it_is_fit_for() {
        assert!(takes(&name("hook-code"), SeedKind::CodeUnit, "faster hooked"));
        assert!(!takes(&name("optimise-code"), SeedKind::CodeUnit, "hooked"));
        assert!(!takes(&name("hook-code"), SeedKind::CodeUnit, ""));
        assert!(takes(&name("write-code"), SeedKind::CodeUnit, ""));
    }
}
