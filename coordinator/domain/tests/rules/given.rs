//! What the tests start from.

use hafs_proto::check::Field;
use hafs_proto::run::Policy;
use hafs_proto::verdict::{Criterion, CriterionVerdict, Opinion, RubricRef};
use hafs_proto::{
    BoundedText, Check, CheckedBy, Finding, Outcome, Reason, RunSpec, Score, TeacherName, Timestamp, Verdict,
};
use uuid::Uuid;

/// A time, in milliseconds.
pub fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms).expect("in range")
}

/// An id of any kind.
pub fn id<T: From<Uuid>>(number: u128) -> T {
    T::from(Uuid::from_u128(number))
}

pub fn text<const MAX: usize>(text: &str) -> BoundedText<MAX> {
    BoundedText::new(text).expect("fits")
}

pub fn score(value: f64) -> Score {
    Score::new(value).expect("a score")
}

pub fn teacher(name: &str) -> TeacherName {
    format!("test/{name}").parse().expect("a teacher")
}

pub fn teachers(names: &str) -> Vec<TeacherName> {
    names.split_whitespace().map(teacher).collect()
}

pub fn policy() -> Policy {
    Policy {
        agree: 2,
        of: 3,
        min_quality_score: score(0.7),
        diversity_threshold: score(0.8),
        self_judge: false,
        allow_unchecked: false,
        min_output_chars: 1,
        max_output_chars: 10_000,
        repairs: 1,
        feedback: true,
        active_learning: false,
        augmentation_ratio: Score::ZERO,
        validators: Vec::new(),
    }
}

pub fn spec() -> RunSpec {
    RunSpec {
        name: text("test"),
        target: 10,
        sources: vec!["repo".parse().expect("a source")],
        generators: vec!["explain-change".parse().expect("a name")],
        teachers: teachers("writer"),
        judges: Vec::new(),
        policy: policy(),
        budget: None,
        batch: hafs_proto::run::Batching::Never,
        within_s: None,
        max_attempts: 3,
        max_tokens: 512,
        seed: 7,
        checkpoint_interval: 100,
    }
}

pub fn check(name: &str, outcome: Outcome) -> Check {
    Check {
        name: name.parse().expect("a check"),
        version: 1,
        by: CheckedBy::Coordinator,
        outcome,
        tool: None,
    }
}

pub fn fail(reasons: &[Reason]) -> Outcome {
    let finding = |reason: &Reason| Finding::new(*reason, Field::Output, "found");
    Outcome::Fail { findings: reasons.iter().map(finding).collect() }
}

pub fn unchecked() -> Outcome {
    Outcome::Unchecked { why: text("no parser") }
}

/// A verdict of `judge`; `unmet` are the criteria that it found not met.
pub fn verdict(judge: &str, value: f64, unmet: &[&str]) -> Verdict {
    let criteria = unmet.iter().map(|id| Criterion {
        id: text(id),
        verdict: CriterionVerdict::Fail,
        why: BoundedText::default(),
    });
    Verdict {
        id: id(1),
        sample: id(1),
        task: id(1),
        attempt: id(1),
        worker: id(1),
        judge: teacher(judge),
        opinion: Opinion {
            rubric: RubricRef { name: "quality".parse().expect("a name"), version: 1 },
            score: score(value),
            criteria: criteria.collect(),
        },
        created_at: at(0),
    }
}
