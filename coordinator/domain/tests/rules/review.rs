//! What people may do with samples, and which want a look.

use hafs_domain::review::{Refusal, Standing, allow, doubt, in_order, overruled};
use hafs_proto::people::ReviewAct;
use hafs_proto::verdict::Decision;
use hafs_proto::{BoundedText, Check, CheckedBy, Outcome, Reason, SampleId, SampleState, Score, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

fn check(name: &str, outcome: Outcome) -> Check {
    let name = name.parse().expect("a name");
    Check { name, version: 1, by: CheckedBy::Coordinator, outcome, tool: None }
}

fn sample(n: u128) -> SampleId {
    SampleId::from_uuid(Uuid::from_u128(n))
}

fn standing(checks: &[Check]) -> Standing<'_> {
    Standing {
        held: false,
        successor: None,
        twin: None,
        unchanged: false,
        tagged: false,
        allow_unchecked: false,
        needed: &[],
        checks,
    }
}

const ACCEPT: ReviewAct = ReviewAct::Accept { despite_checks: false };
const DESPITE: ReviewAct = ReviewAct::Accept { despite_checks: true };

fn reject() -> ReviewAct {
    ReviewAct::Reject { reasons: vec![Reason::OffTopic] }
}

fn edit() -> ReviewAct {
    let (instruction, input, output) =
        (BoundedText::clipped("a"), BoundedText::default(), BoundedText::clipped("b"));
    ReviewAct::Edit { instruction, input, output }
}

fn tag() -> ReviewAct {
    ReviewAct::Tag { tag: "good".parse().expect("a tag") }
}

#[test]
fn what_checks_found_is_overruled_only_by_who_says_so() {
    let failed = [check("syntax", Outcome::Fail { findings: vec![] }), check("parse", Outcome::Pass)];
    let unchecked = [
        check("parse", Outcome::Pass),
        check("asm", Outcome::Unchecked { why: BoundedText::clipped("none") }),
    ];
    let nothing = [check("parse", Outcome::NotApplicable)];
    for checks in [&failed[..], &unchecked, &nothing, &[]] {
        let standing = standing(checks);
        assert!(matches!(allow(&ACCEPT, &standing), Err(Refusal::Checks(_))), "{checks:?}");
        assert_eq!(allow(&DESPITE, &standing), Ok(()), "{checks:?}");
        assert!(overruled(&standing).is_some());
    }
    let passed = [check("parse", Outcome::Pass)];
    assert_eq!(allow(&ACCEPT, &standing(&passed)), Ok(()));
    assert_eq!(overruled(&standing(&passed)), None);
    let needed = ["asm".parse().expect("a name")];
    let missing = Standing { needed: &needed, ..standing(&passed) };
    assert!(matches!(allow(&ACCEPT, &missing), Err(Refusal::Checks(_))));
}

#[test]
fn what_a_quarantine_holds_or_an_edit_has_replaced_is_not_decided_about() {
    let passed = [check("parse", Outcome::Pass)];
    let held = Standing { held: true, successor: Some(sample(2)), ..standing(&passed) };
    let replaced = Standing { successor: Some(sample(2)), ..standing(&passed) };
    for act in [ACCEPT, DESPITE, reject(), edit()] {
        assert_eq!(allow(&act, &held), Err(Refusal::Held), "{act:?}");
        assert_eq!(allow(&act, &replaced), Err(Refusal::Superseded(sample(2))), "{act:?}");
    }
    assert_eq!(allow(&tag(), &held), Ok(()));
}

#[test]
fn nothing_is_accepted_twice_whatever_a_person_says() {
    let passed = [check("parse", Outcome::Pass)];
    let twin = Standing { twin: Some(sample(3)), ..standing(&passed) };
    assert_eq!(allow(&DESPITE, &twin), Err(Refusal::Twin(sample(3))));
    assert_eq!(allow(&reject(), &twin), Ok(()));
}

#[test]
fn acts_that_change_nothing_are_refused() {
    let same = Standing { unchanged: true, tagged: true, ..standing(&[]) };
    assert_eq!(allow(&edit(), &same), Err(Refusal::Unchanged));
    assert_eq!(allow(&tag(), &same), Err(Refusal::Tagged));
    let untag = ReviewAct::Untag { tag: "good".parse().expect("a tag") };
    assert_eq!(allow(&untag, &same), Ok(()));
    assert_eq!(allow(&untag, &standing(&[])), Err(Refusal::NotTagged));
}

#[test]
fn reasons_stand_in_order_and_once() {
    let given = vec![Reason::LowConsensus, Reason::SyntaxError, Reason::LowConsensus];
    assert_eq!(in_order(given), [Reason::SyntaxError, Reason::LowConsensus]);
}

fn decided(agree: u32, of: u32) -> Decision {
    let at = Timestamp::EPOCH;
    Decision { sample: sample(1), rule: 2, accepted: true, agree, of, reasons: vec![], at, review: None }
}

#[test]
fn what_nothing_could_decide_is_the_most_doubtful_and_a_persons_word_is_beyond_doubt() {
    let accepted = SampleState::Accepted { at: Timestamp::EPOCH };
    let aside = SampleState::Quarantined { at: Timestamp::EPOCH, why: BoundedText::default() };
    assert_eq!(doubt(&aside, None), Some(Score::ONE));
    assert_eq!(doubt(&accepted, Some(&decided(2, 4))), Score::new(0.5));
    assert_eq!(doubt(&accepted, Some(&decided(3, 3))), None);
    let person = Decision { review: Some(Uuid::from_u128(9).into()), ..decided(1, 2) };
    assert_eq!(doubt(&accepted, Some(&person)), None);
    assert_eq!(doubt(&SampleState::Candidate, Some(&decided(1, 2))), None);
}

proptest! {
    #[test]
    fn a_vote_is_never_more_doubtful_than_an_even_one(agree in 0_u32..50, of in 0_u32..50) {
        let accepted = SampleState::Accepted { at: Timestamp::EPOCH };
        let doubt = doubt(&accepted, Some(&decided(agree.min(of), of)));
        prop_assert!(doubt.is_none_or(|doubt| doubt.get() <= 0.5));
    }
}
