//! Seeds of teachers' sampling. They depend on what is asked and on the run's seed, and on no id: two runs of one
//! configuration over the same texts ask for the same random numbers, in whatever library they run.

use hafs_proto::task::AugmentMethod;
use hafs_proto::{ContentHash, GeneratorName, TeacherName};

use super::key;

/// What tells the tries of one seed apart.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// The generator.
    pub generator: &'a GeneratorName,
    /// The teacher.
    pub teacher: &'a TeacherName,
    /// 0 for the first try, n for the n-th repair.
    pub round: u32,
}

/// For a try of a seed with this content.
#[must_use]
pub fn generate(run_seed: u64, seed: ContentHash, turn: Turn<'_>) -> u64 {
    let [seed, round] = [seed.to_string(), turn.round.to_string()];
    draw(run_seed, &["generate", &seed, turn.generator.as_str(), turn.teacher.as_str(), &round])
}

/// For a derivation from a sample with this content. It decides the teacher too, so that is no part of it.
#[must_use]
pub fn augment(run_seed: u64, sample: ContentHash, method: AugmentMethod) -> u64 {
    draw(run_seed, &["augment", &sample.to_string(), key::method(method)])
}

/// For a judge's look at a sample with this content.
#[must_use]
pub fn judge(run_seed: u64, sample: ContentHash, judge: &TeacherName) -> u64 {
    draw(run_seed, &["judge", &sample.to_string(), judge.as_str()])
}

/// Below 2^31, so that every provider takes it.
fn draw(run_seed: u64, parts: &[&str]) -> u64 {
    let run_seed = run_seed.to_string();
    let hash = ContentHash::of_parts(std::iter::once(run_seed.as_str()).chain(parts.iter().copied()));
    key::number(hash) >> 33
}
