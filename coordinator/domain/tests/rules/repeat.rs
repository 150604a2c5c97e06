//! Which checks are repeated, and what a repetition means.

use hafs_domain::repeat::{self, ALWAYS, Comparison, Doubt, Standing, compare, doubt, is_drawn, witness};
use hafs_proto::check::Field;
use hafs_proto::{
    BoundedText, Check, CheckName, CheckedBy, ContentHash, Finding, Outcome, Reason, SampleId, ToolUse,
    WorkerId,
};
use proptest::prelude::*;
use uuid::Uuid;

fn worker(number: u128) -> WorkerId {
    WorkerId::from_uuid(Uuid::from_u128(number))
}

fn draw(seed: u64, number: u128) -> u64 {
    let name: CheckName = "ca65".parse().expect("a name");
    repeat::draw(seed, SampleId::from_uuid(Uuid::from_u128(number)), &name, worker(1))
}

fn check(outcome: Outcome, version: u32, tool: &str) -> Check {
    let tool = ToolUse {
        version: BoundedText::clipped(tool),
        hash: ContentHash::of(tool.as_bytes()),
        sandbox: BoundedText::clipped("landlock"),
        notes: Vec::new(),
    };
    Check { name: "ca65".parse().expect("a name"), version, by: CheckedBy::Worker, outcome, tool: Some(tool) }
}

fn fails() -> Outcome {
    Outcome::Fail { findings: vec![Finding::new(Reason::SyntaxError, Field::Output, "wrong")] }
}

fn unchecked() -> Outcome {
    Outcome::Unchecked { why: BoundedText::clipped("it took too long") }
}

/// How many checks a worker makes until its first lie is found, when it lies always after so many honest ones.
fn found_after(seed: u64, honest: u64) -> u64 {
    let mut confirmed = 0;
    for number in 1.. {
        if is_drawn(draw(seed, u128::from(number)), confirmed) {
            if number > honest {
                return number - honest;
            }
            confirmed += 1;
        }
    }
    unreachable!("the range has no end")
}

#[test]
fn the_first_ten_are_all_repeated_and_then_about_one_in_n() {
    assert!((0..ALWAYS).all(|confirmed| is_drawn(u64::MAX, confirmed)));
    for confirmed in [10, 20, 100] {
        let drawn = (0..20_000).filter(|number| is_drawn(draw(7, *number), confirmed)).count();
        let wanted = 20_000 / usize::try_from(confirmed).expect("small");
        assert!(drawn.abs_diff(wanted) < wanted / 4, "{drawn} of {wanted}");
    }
}

#[test]
fn a_liar_is_found_soon_after_its_first_lie_however_long_it_behaved() {
    // At once among the first ten; then within a few times n lies, where n grows with the root of what was honest.
    assert!((0..200).all(|seed| found_after(seed, 5) == 1));
    let mut after: Vec<u64> = (0..200).map(|seed| found_after(seed, 100)).collect();
    after.sort_unstable();
    assert!(after[100] <= 20, "half of them within 20 lies: {}", after[100]);
    assert!(after[199] <= 150, "all of them within 150 lies: {}", after[199]);
}

#[test]
fn a_draw_follows_from_seed_sample_check_and_worker_alone() {
    assert_eq!(draw(1, 2), draw(1, 2));
    assert_ne!(draw(1, 2), draw(2, 2));
    assert_ne!(draw(1, 2), draw(1, 3));
}

#[test]
fn only_the_same_tool_can_confirm_or_contradict() {
    let first = check(Outcome::Pass, 1, "tool 1");
    assert_eq!(compare(&first, &check(Outcome::Pass, 1, "tool 1")), Comparison::Same);
    assert!(matches!(compare(&first, &check(fails(), 1, "tool 1")), Comparison::Different(_)));
    assert!(matches!(compare(&first, &check(Outcome::NotApplicable, 1, "tool 1")), Comparison::Different(_)));
    assert_eq!(compare(&first, &check(fails(), 1, "tool 2")), Comparison::OtherTool);
    assert_eq!(compare(&first, &check(fails(), 2, "tool 1")), Comparison::OtherTool);
}

#[test]
fn what_could_not_run_contradicts_nobody() {
    for outcome in [Outcome::Pass, fails(), Outcome::NotApplicable, unchecked()] {
        let (done, open) = (check(outcome, 1, "tool 1"), check(unchecked(), 1, "tool 1"));
        assert_eq!(compare(&done, &open), Comparison::NotComparable);
        assert_eq!(compare(&open, &done), Comparison::NotComparable);
    }
}

#[test]
fn the_one_that_is_believed_less_is_doubted_and_of_equals_both() {
    let [own, trusted, claimant] = [Standing::Own, Standing::Trusted, Standing::Claimant];
    assert_eq!(doubt(claimant, trusted), Doubt::First);
    assert_eq!(doubt(trusted, own), Doubt::First);
    assert_eq!(doubt(own, trusted), Doubt::Witness);
    assert_eq!(doubt(trusted, claimant), Doubt::Witness);
    assert_eq!(doubt(trusted, trusted), Doubt::Both);
}

proptest! {
    #[test]
    fn a_witness_is_one_of_those_that_can_and_everyone_gets_a_turn(draws in any::<u64>(), count in 1..8_u128) {
        let able: Vec<WorkerId> = (0..count).map(worker).collect();
        let chosen = witness(draws, &able).expect("somebody can");
        prop_assert!(able.contains(&chosen));
        let reversed: Vec<WorkerId> = able.iter().rev().copied().collect();
        prop_assert_eq!(witness(draws, &reversed), Some(chosen));
        prop_assert_eq!(witness(draws, &[]), None);
    }
}
