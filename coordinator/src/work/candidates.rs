//! From a worker's candidates to samples that can be stored: checks, canonical form and signature. Pure; runs
//! outside the transaction, because it is the expensive part.

use hafs_domain::generator;
use hafs_library::tables::duplicates::Signature;
use hafs_proto::run::Policy;
use hafs_proto::task::TaskOutput;
use hafs_proto::{Candidate, Check, CheckedBy, ContentHash, Domain, TaskSpec};
use hafs_quality::gates::{self, GatePolicy, SampleView};

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
            let draft = &spec.seed.draft;
            let seed = (!generator::output_is_seed(&spec.generator)).then_some(draft.text.as_str());
            let routine = draft.context.get("routine").map(|id| id.as_str());
            (candidates, About { domain: &draft.domain, seed, routine })
        }
        (TaskSpec::Augment(spec), TaskOutput::Augment { candidates, .. }) => {
            // The answer is that of the parent, which was checked against its seed.
            (candidates, About { domain: &spec.sample.domain, seed: None, routine: None })
        }
        _ => return Vec::new(),
    };
    candidates.iter().map(|candidate| examine_one(candidate, about, policy, rules)).collect()
}

/// What candidates were made from.
#[derive(Debug, Clone, Copy)]
struct About<'a> {
    domain: &'a Domain,
    seed: Option<&'a str>,
    routine: Option<&'a str>,
}

fn examine_one(candidate: &Candidate, about: About<'_>, policy: &Policy, rules: &Rules) -> Examined {
    let About { domain, seed, routine } = about;
    let view = SampleView {
        instruction: &candidate.instruction,
        input: &candidate.input,
        output: &candidate.output,
        domain: domain.as_str(),
        seed,
        routine,
    };
    let validated = !policy.needed(domain).is_empty();
    let gate_policy = GatePolicy { validated, ..GatePolicy::from(policy) };
    let signature = hafs_quality::near::Signature::of(&candidate.instruction, &candidate.output);
    let mut checks = gates::run_all(&view, &gate_policy, CheckedBy::Coordinator);
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
