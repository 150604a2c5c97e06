//! From a worker's candidates to samples that can be stored: checks, canonical form and signature. Pure; runs
//! outside the transaction, because it is the expensive part.

use hafs_domain::generator;
use hafs_library::tables::duplicates::Signature;
use hafs_proto::run::Policy;
use hafs_proto::task::TaskOutput;
use hafs_proto::{
    Candidate, Check, CheckedBy, ContentHash, Domain, GeneratorName, Sample, SeedDraft, TaskSpec,
};
use hafs_quality::gates::{self, Demand, GatePolicy, SampleView};
use hafs_quality::rewrites::Goal;

use super::graphs::Rules;

/// Bands of a signature that the library indexes. Every one is a row in a place of its own, so they are what a sample
/// costs most; half of the 32 propose a pair as similar as 0.8 with a chance of 0.9998, one of 0.7 with 0.99, one of
/// 0.6 with 0.9.
const INDEXED: usize = 16;

/// A candidate with all that can be said of it without the library.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The three texts.
    pub candidate: Candidate,
    /// Every gate's outcome.
    pub checks: Vec<Check>,
    /// Hash of the canonical form.
    pub canon_hash: ContentHash,
    /// The signature, unless the texts are too short to have one.
    pub signature: Option<Signature>,
}

/// Examines the candidates of a result, if it has any.
#[must_use]
pub fn examine(spec: &TaskSpec, policy: &Policy, rules: &Rules, output: &TaskOutput) -> Vec<Examined> {
    let (candidates, about) = match (spec, output) {
        (TaskSpec::Generate(spec), TaskOutput::Generate { candidates, .. }) => {
            (candidates, About::of_seed(&spec.seed.draft, &spec.generator))
        }
        (TaskSpec::Augment(spec), TaskOutput::Augment { candidates, .. }) => {
            (candidates, About::derived(&spec.sample.domain))
        }
        _ => return Vec::new(),
    };
    candidates.iter().map(|candidate| examine_one(candidate, about, policy, rules)).collect()
}

/// Examines texts that a person has put in the place of a sample's, as those were examined. Nothing when the task did
/// not make samples.
#[must_use]
pub fn examine_edit(
    spec: &TaskSpec,
    policy: &Policy,
    rules: &Rules,
    candidate: &Candidate,
) -> Option<Examined> {
    About::of_task(spec).map(|about| examine_one(candidate, about, policy, rules))
}

/// What a sample was made from.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    domain: &'a Domain,
    seed: Option<&'a str>,
    demand: Demand<'a>,
}

impl<'a> About<'a> {
    /// A seed. A sample whose output is to hold its seed is not held against it.
    #[must_use]
    pub fn of_seed(draft: &'a SeedDraft, generator: &GeneratorName) -> Self {
        let seed = (!generator::output_is_seed(generator)).then_some(draft.text.as_str());
        let routine = draft.context.get("routine").map(|id| Demand::Routine(id.as_str()));
        let demand = match generator.as_str() {
            "complete-code" => Demand::Rest,
            "optimise-code" => Demand::Rewritten(Goal::Faster),
            "hook-code" => Demand::Rewritten(Goal::Hooked),
            _ => routine.unwrap_or_default(),
        };
        Self { domain: &draft.domain, seed, demand }
    }

    /// What the samples of a task are made from; nothing when it makes none.
    #[must_use]
    pub fn of_task(spec: &'a TaskSpec) -> Option<Self> {
        match spec {
            TaskSpec::Generate(spec) => Some(Self::of_seed(&spec.seed.draft, &spec.generator)),
            TaskSpec::Augment(spec) => Some(Self::derived(&spec.sample.domain)),
            TaskSpec::Harvest(_) | TaskSpec::Check(_) | TaskSpec::Judge(_) | TaskSpec::Embed(_) => None,
        }
    }

    /// Another sample: its answer is that of its parent, which was checked against its seed.
    #[must_use]
    pub const fn derived(domain: &'a Domain) -> Self {
        Self { domain, seed: None, demand: Demand::Nothing }
    }
}

fn examine_one(candidate: &Candidate, about: About<'_>, policy: &Policy, rules: &Rules) -> Examined {
    let About { domain, seed, demand } = about;
    let view = SampleView {
        instruction: &candidate.instruction,
        input: &candidate.input,
        output: &candidate.output,
        domain: domain.as_str(),
        seed,
        demand,
    };
    let signature = hafs_quality::near::Signature::of(&candidate.instruction, &candidate.output);
    let mut checks = run_gates(&view, domain, policy);
    checks.extend(rules.checks(domain, &view));
    Examined {
        checks,
        canon_hash: hafs_quality::canon::canon_hash(
            &candidate.instruction,
            &candidate.input,
            &candidate.output,
        ),
        signature: signature.map(|signature| Signature {
            version: u32::from(hafs_quality::near::VERSION),
            bands: signature.bands().into_iter().take(INDEXED).collect(),
            bytes: signature.to_bytes(),
        }),
        candidate: candidate.clone(),
    }
}

/// What every gate says of a stored sample.
#[must_use]
pub fn gates_of(sample: &Sample, about: About<'_>, policy: &Policy) -> Vec<Check> {
    let About { domain, seed, demand } = about;
    let view = SampleView {
        instruction: &sample.instruction,
        input: &sample.input,
        output: &sample.output,
        domain: domain.as_str(),
        seed,
        demand,
    };
    run_gates(&view, domain, policy)
}

fn run_gates(view: &SampleView<'_>, domain: &Domain, policy: &Policy) -> Vec<Check> {
    let validated = !policy.needed(domain).is_empty();
    let policy = GatePolicy { validated, ..GatePolicy::from(policy) };
    gates::run_all(view, &policy, CheckedBy::Coordinator)
}
