//! From the configuration to what a run is asked to do.

use hafs_proto::run::{Needed, Policy};
use hafs_proto::{GeneratorName, RunSpec};

use super::cast::{Cast, cast, list};
use super::{Config, Mistake, Mistakes, Validator};

impl Config {
    /// The run that this configuration asks for. `generators` are all that exist: `run.generators` must be
    /// among them, and when it is empty they are all used.
    ///
    /// `multi_teacher`, or else `teacher_provider` with `teacher_tier`, says who generates: of a provider its
    /// first model that has the role `generate` and the tier. `gates.judges` says who judges; when empty, every
    /// model with the role `judge` that does not generate here, or else the teachers (each other, and
    /// themselves if `self_judge`). Without any judge the policy is 0 of 0: checks alone decide.
    ///
    /// # Errors
    /// All [`Mistakes`] that keep the run from being started.
    pub fn run_spec(&self, generators: &[GeneratorName]) -> Result<RunSpec, Mistakes> {
        let mut mistakes = Vec::new();
        if !self.training.enabled {
            mistakes.push(self.mistake(
                "training.enabled",
                "keeps runs from being started",
                "set it to true",
            ));
        }
        mistakes.extend(self.unknown_generators(generators));
        if self.sources.is_empty() {
            let remedy = "add a section `[[sources]]` with name, kind and path";
            mistakes.push(self.mistake("sources", "is empty: there is nothing to mine", remedy));
        }
        match cast(self) {
            Ok(cast) if mistakes.is_empty() => Ok(self.spec(cast, generators)),
            Ok(_) => Err(Mistakes(mistakes)),
            Err(Mistakes(more)) => Err(Mistakes(mistakes.into_iter().chain(more).collect())),
        }
    }

    fn unknown_generators(&self, known: &[GeneratorName]) -> Vec<Mistake> {
        let unknown = self.run.generators.iter().filter(|name| !known.contains(name));
        let mistake = |name: &GeneratorName| {
            let reason = format!("names `{name}`, which is no generator");
            self.mistake("run.generators", reason, format!("there are {}", list(known)))
        };
        unknown.map(mistake).collect()
    }

    fn spec(&self, cast: Cast, known: &[GeneratorName]) -> RunSpec {
        let run = &self.run;
        RunSpec {
            name: run.name.clone(),
            target: run.target,
            sources: self.sources.iter().map(|source| source.name.clone()).collect(),
            generators: if run.generators.is_empty() { known.to_vec() } else { run.generators.clone() },
            policy: self.policy(!cast.judges.is_empty()),
            teachers: cast.teachers,
            judges: cast.judges,
            budget: run.budget_usd,
            batch: run.batch,
            within_s: run.within_h.map(|hours| u64::from(hours) * 3_600),
            max_attempts: run.max_attempts,
            max_tokens: run.max_tokens,
            seed: run.seed,
            checkpoint_interval: self.training.checkpoint_interval,
        }
    }

    fn policy(&self, judged: bool) -> Policy {
        let (gates, training) = (&self.gates, &self.training);
        let (agree, of) = if judged { (gates.agree, gates.of) } else { (0, 0) };
        Policy {
            agree,
            of,
            min_quality_score: training.min_quality_score,
            diversity_threshold: training.diversity_threshold,
            self_judge: gates.self_judge,
            allow_unchecked: gates.allow_unchecked,
            min_output_chars: gates.min_output_chars,
            max_output_chars: gates.max_output_chars,
            repairs: gates.repairs,
            feedback: training.feedback_enabled,
            active_learning: training.active_learning,
            augmentation_ratio: training.augmentation_ratio,
            validators: self.validators.iter().flat_map(needed).collect(),
        }
    }

    /// A mistake that keeps a run from being started, although the value itself is sound.
    pub(super) fn mistake(&self, key: &str, reason: impl Into<String>, remedy: impl Into<String>) -> Mistake {
        let (reason, remedy) = (reason.into(), remedy.into());
        Mistake { origin: self.origin(key), key: key.to_owned(), value: None, reason, remedy }
    }
}

/// What a validator's domains need.
fn needed(validator: &Validator) -> impl Iterator<Item = Needed> {
    validator.domains.iter().map(|domain| Needed { check: validator.name.clone(), domain: domain.clone() })
}
