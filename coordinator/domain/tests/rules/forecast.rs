//! What a run is said to cost before it starts.

use std::collections::BTreeMap;

use hafs_domain::forecast::{Experience, PerCall, forecast};
use hafs_proto::quota::{Limits, Prices};
use hafs_proto::{MicroUsd, RunSpec, TeacherName, TeacherTerms};
use proptest::prelude::*;

use crate::given::{policy, teacher, teachers};

fn spec(target: u32, writers: &str, judges: &str) -> RunSpec {
    RunSpec {
        name: hafs_proto::BoundedText::clipped("run"),
        target,
        sources: Vec::new(),
        generators: Vec::new(),
        teachers: teachers(writers),
        judges: teachers(judges),
        policy: policy(),
        budget: None,
        batch: hafs_proto::run::Batching::Never,
        within_s: None,
        max_attempts: 3,
        max_tokens: 500,
        seed: 1,
        checkpoint_interval: 10,
    }
}

fn terms(name: &TeacherName, prices: Option<Prices>, limits: Limits) -> TeacherTerms {
    let key = hafs_proto::BoundedText::clipped("0123456789ab");
    TeacherTerms { teacher: name.clone(), key, limits, prices, batch: None, day_budget: None }
}

fn dollar() -> Prices {
    let dollar = MicroUsd(1_000_000);
    Prices { input: dollar, cached_input: MicroUsd(100_000), cache_write: dollar, output: dollar }
}

fn known(list: Vec<TeacherTerms>) -> BTreeMap<TeacherName, TeacherTerms> {
    list.into_iter().map(|terms| (terms.teacher.clone(), terms)).collect()
}

#[test]
fn experience_takes_the_place_of_guesses_and_each_class_of_tokens_has_its_price() {
    let writer = teacher("writer");
    let per_call = PerCall { input: 1_000, cached: 600, output: 200 };
    let experience = Experience {
        made: 200,
        accepted: 100,
        generate_calls: 220,
        generate: [(writer.clone(), per_call)].into_iter().collect(),
        ..Experience::default()
    };
    let limits = Limits { requests_per_minute: Some(11), ..Limits::default() };
    let terms = known(vec![terms(&writer, Some(dollar()), limits)]);
    let said = forecast(&spec(50, "writer", ""), &terms, &experience);
    let of_writer = &said.teachers[0];
    assert_eq!((said.generated, of_writer.generate_calls, of_writer.measured), (100, 110, true));
    assert_eq!(
        (of_writer.input_tokens, of_writer.cached_tokens, of_writer.output_tokens),
        (110_000, 66_000, 22_000)
    );
    assert_eq!(said.cost, Some(MicroUsd(44_000 + 6_600 + 22_000)));
    assert_eq!(said.seconds, Some(600), "110 calls at 11 a minute");
    let guessed = forecast(&spec(50, "writer", ""), &terms, &Experience::default());
    assert!(guessed.cost > said.cost && !guessed.teachers[0].measured, "a guess is careful: {guessed:?}");
    assert!(guessed.assumptions.iter().any(|text| text.contains("a guess")));
}

#[test]
fn a_price_that_nobody_has_said_makes_the_whole_unknown_and_is_named() {
    let terms = known(vec![terms(&teacher("writer"), Some(dollar()), Limits::default())]);
    let said = forecast(&spec(10, "writer other", ""), &terms, &Experience::default());
    assert_eq!((said.cost, said.seconds), (None, None));
    assert!(said.assumptions.iter().any(|text| text.contains("other is not known")), "{said:?}");
}

#[test]
fn judges_are_asked_in_their_order_and_no_more_of_them_than_the_policy_wants() {
    let said = forecast(&spec(10, "writer", "a b c d"), &BTreeMap::new(), &Experience::default());
    let asked: Vec<u64> = said.teachers.iter().map(|teacher| teacher.judge_calls).collect();
    assert_eq!(asked, [20, 20, 20, 0, 0], "three of four, each for all twenty: {said:?}");
}

proptest! {
    #[test]
    fn a_larger_target_never_costs_less(target in 1_u32..100_000, more in 0_u32..100_000, made in 0_u64..500, accepted in 0_u64..500) {
        let experience = Experience { made, accepted: accepted.min(made), generate_calls: made, ..Experience::default() };
        let terms = known(vec![terms(&teacher("writer"), Some(dollar()), Limits::default())]);
        let of = |target| forecast(&spec(target, "writer", ""), &terms, &experience).cost;
        prop_assert!(of(target) <= of(target.saturating_add(more)));
    }
}
