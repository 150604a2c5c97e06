//! Idempotency keys of tasks: the same work has the same key, whenever and however often it is planned.

use hafs_proto::task::AugmentMethod;
use hafs_proto::{
    CheckName, ContentHash, GeneratorName, RecheckId, RunId, SampleId, SeedId, SourceName, TaskId,
    TeacherName,
};

/// Of one page of a source.
#[must_use]
pub fn harvest(run: RunId, source: &SourceName, cursor: Option<&str>) -> ContentHash {
    let place = if cursor.is_some() { "after" } else { "first" };
    ContentHash::of_parts(["harvest", &run.to_string(), source.as_str(), place, cursor.unwrap_or_default()])
}

/// Of one round of a seed with a generator, whichever teacher is asked.
#[must_use]
pub fn generate(run: RunId, seed: SeedId, generator: &GeneratorName, round: u32) -> ContentHash {
    let [run, seed, round] = [run.to_string(), seed.to_string(), round.to_string()];
    ContentHash::of_parts(["generate", &run, &seed, generator.as_str(), &round])
}

/// Of one derivation from a sample.
#[must_use]
pub fn augment(run: RunId, sample: SampleId, method: AugmentMethod) -> ContentHash {
    ContentHash::of_parts(["augment", &run.to_string(), &sample.to_string(), self::method(method)])
}

/// The word of a method.
pub(super) const fn method(method: AugmentMethod) -> &'static str {
    match method {
        AugmentMethod::Paraphrase => "paraphrase",
    }
}

/// Of one judge's look at a sample.
#[must_use]
pub fn judge(run: RunId, sample: SampleId, judge: &TeacherName) -> ContentHash {
    ContentHash::of_parts(["judge", &run.to_string(), &sample.to_string(), judge.as_str()])
}

/// Of another look of a judge at a sample, after so many of its verdicts were made void.
#[must_use]
pub fn judge_again(run: RunId, sample: SampleId, judge: &TeacherName, void: usize) -> ContentHash {
    let (run, sample, void) = (run.to_string(), sample.to_string(), void.to_string());
    ContentHash::of_parts(["judge again", &run, &sample, judge.as_str(), &void])
}

/// Of one check of a sample.
#[must_use]
pub fn check(run: RunId, sample: SampleId, check: &CheckName) -> ContentHash {
    ContentHash::of_parts(["check", &run.to_string(), &sample.to_string(), check.as_str()])
}

/// Of another check of a sample, after so many of its outcomes were made void.
#[must_use]
pub fn check_again(run: RunId, sample: SampleId, check: &CheckName, void: u64) -> ContentHash {
    let (run, sample, void) = (run.to_string(), sample.to_string(), void.to_string());
    ContentHash::of_parts(["check again", &run, &sample, check.as_str(), &void])
}

/// Of the repetition of a check that a task has made.
#[must_use]
pub fn repeat(task: TaskId) -> ContentHash {
    ContentHash::of_parts(["repeat", &task.to_string()])
}

/// Of a check of a sample in a recheck.
#[must_use]
pub fn recheck(recheck: RecheckId, sample: SampleId, check: &CheckName) -> ContentHash {
    ContentHash::of_parts(["recheck", &recheck.to_string(), &sample.to_string(), check.as_str()])
}

/// A number that puts things in an order that only the run's seed decides.
pub(super) fn shuffle(run_seed: u64, what: &str) -> u64 {
    number(ContentHash::of_parts([run_seed.to_string().as_str(), what]))
}

/// The first bytes of a hash as a number.
pub(super) fn number(hash: ContentHash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
