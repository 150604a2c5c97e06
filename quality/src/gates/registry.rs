//! The table of gates.

use hafs_proto::{Check, CheckedBy, Outcome};

use super::view::{GatePolicy, SampleView};
use super::{
    assembly, echo, hidden, limits, links, phrasing, placeholder, rewrite, routine, secrecy, special_tokens,
    sql, syntax,
};

/// What a gate's failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The sample is rejected.
    Blocking,
    /// It is recorded for people and for the export.
    Advisory,
}

/// One registered gate.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    /// Its name, as in checks.
    pub name: &'static str,
    /// The version of its rules; raised whenever an outcome can change.
    pub version: u32,
    /// What its failure means.
    pub weight: Weight,
    run: fn(&SampleView<'_>, &GatePolicy) -> Outcome,
}

/// Every gate, cheapest first.
pub const GATES: &[Gate] = &[
    Gate { name: "limits", version: 1, weight: Weight::Blocking, run: limits::run },
    Gate { name: "placeholder", version: 1, weight: Weight::Blocking, run: placeholder::run },
    Gate { name: "refusal", version: 1, weight: Weight::Blocking, run: phrasing::refusal },
    Gate { name: "hedge", version: 1, weight: Weight::Blocking, run: phrasing::hedge },
    Gate { name: "prompt-leak", version: 1, weight: Weight::Blocking, run: phrasing::leak },
    Gate { name: "hidden-text", version: 1, weight: Weight::Blocking, run: hidden::run },
    Gate { name: "special-tokens", version: 1, weight: Weight::Advisory, run: special_tokens::run },
    Gate { name: "secrets", version: 1, weight: Weight::Blocking, run: secrecy::secrets },
    Gate { name: "privacy", version: 1, weight: Weight::Advisory, run: secrecy::privacy },
    Gate { name: "source-echo", version: 1, weight: Weight::Blocking, run: echo::run },
    Gate { name: "syntax", version: 3, weight: Weight::Blocking, run: syntax::run },
    Gate { name: "sql", version: 1, weight: Weight::Advisory, run: sql::run },
    Gate { name: "links", version: 1, weight: Weight::Blocking, run: links::run },
    Gate { name: "link-targets", version: 2, weight: Weight::Advisory, run: links::targets },
    Gate { name: "assembly", version: 3, weight: Weight::Blocking, run: assembly::run },
    Gate { name: "routine", version: 1, weight: Weight::Blocking, run: routine::run },
    Gate { name: "rewrite", version: 1, weight: Weight::Blocking, run: rewrite::run },
];

/// Runs every gate. The result has one check per gate, in the order of [`GATES`].
#[must_use]
pub fn run_all(sample: &SampleView<'_>, policy: &GatePolicy, by: CheckedBy) -> Vec<Check> {
    GATES
        .iter()
        .map(|gate| Check {
            // Proof: the test of the registry parses every name.
            name: gate.name.parse().expect("a gate's name is a slug"),
            version: gate.version,
            by,
            outcome: (gate.run)(sample, policy),
            tool: None,
        })
        .collect()
}
