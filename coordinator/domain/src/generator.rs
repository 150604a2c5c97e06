//! Which generator takes which kinds of seed: the one table, for the planner and for checking a run's spec.

use hafs_proto::{GeneratorName, SeedKind};

/// What a generator can make something of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takes {
    /// The generator.
    pub generator: &'static str,
    /// Kinds of seed.
    pub kinds: &'static [SeedKind],
    /// Languages of code, as seeds name them; every one when none is named.
    pub languages: &'static [&'static str],
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
    Takes { generator: "optimise-code", kinds: &[SeedKind::CodeUnit], languages: &["asm"] },
    Takes { generator: "hook-code", kinds: &[SeedKind::CodeUnit], languages: &["asm"] },
];

const fn any(generator: &'static str, kinds: &'static [SeedKind]) -> Takes {
    Takes { generator, kinds, languages: &[] }
}

/// What a generator takes; none for a name that the factory does not know.
#[must_use]
pub fn find(generator: &GeneratorName) -> Option<&'static Takes> {
    TABLE.iter().find(|takes| takes.generator == generator.as_str())
}

/// Whether a generator takes seeds of this kind and language; the language of prose is empty.
#[must_use]
pub fn takes(generator: &GeneratorName, kind: SeedKind, language: &str) -> bool {
    find(generator).is_some_and(|takes| {
        takes.kinds.contains(&kind) && (takes.languages.is_empty() || takes.languages.contains(&language))
    })
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
    fn a_generator_for_one_language_leaves_the_others() {
        assert!(takes(&name("hook-code"), SeedKind::CodeUnit, "asm"));
        assert!(!takes(&name("hook-code"), SeedKind::CodeUnit, "cpp"));
        assert!(takes(&name("write-code"), SeedKind::CodeUnit, "cpp"));
    }
}
