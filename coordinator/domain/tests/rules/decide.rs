use std::collections::BTreeMap;

use hafs_domain::decide::{Block, Evidence, RULE, Ruling, Step, decide};
use hafs_proto::run::Policy;
use hafs_proto::{Check, CheckName, CheckedBy, Outcome, Reason, TeacherName, Verdict};

use crate::given::{at, check, fail, id, policy, teacher, teachers, unchecked, verdict};

/// A sample of `writer` that passed its check, before judges `a b c`, with 2 of 3 to agree.
struct Case {
    policy: Policy,
    needed: Vec<CheckName>,
    checks: Vec<Check>,
    author: TeacherName,
    judges: Vec<TeacherName>,
    families: BTreeMap<TeacherName, String>,
    given_up: Vec<TeacherName>,
    verdicts: Vec<Verdict>,
}

fn case() -> Case {
    Case {
        policy: policy(),
        needed: Vec::new(),
        checks: vec![check("limits", Outcome::Pass)],
        author: teacher("writer"),
        judges: teachers("a b c"),
        families: BTreeMap::new(),
        given_up: Vec::new(),
        verdicts: Vec::new(),
    }
}

impl Case {
    fn ruling(&self) -> Ruling {
        decide(&Evidence {
            policy: &self.policy,
            needed: &self.needed,
            checks: &self.checks,
            author: &self.author,
            judges: &self.judges,
            families: &self.families,
            given_up: &self.given_up,
            verdicts: &self.verdicts,
        })
    }

    fn step(&self) -> Step {
        self.ruling().step
    }
}

#[test]
fn judges_of_the_authors_family_are_asked_last_and_a_teacher_has_one_voice_whoever_was_asked() {
    let named = |text: &str| text.parse::<TeacherName>().expect("a teacher");
    let [kin, other] = [named("near/qwen3:8b"), named("near/llama3.1:8b")];
    let mut case = Case {
        author: named("cloud/Qwen/qwen2.5-coder-7b"),
        judges: vec![kin.clone(), other.clone()],
        ..case()
    };
    assert_eq!(case.step(), Step::Ask(other.clone()));
    // The second was asked and the first stood in for it: its one voice is given, and the second will give none.
    case.verdicts = vec![Verdict { judge: kin.clone(), ..verdict("x", 1.0, &[]) }];
    case.given_up = vec![other];
    assert!(
        matches!(case.step(), Step::Blocked(Block::TooFewJudges { agree: 2, available: 1 })),
        "{:?}",
        case.step()
    );
}

#[test]
fn a_fine_tune_is_of_the_family_that_was_told_and_of_its_names_where_nobody_has_told_one() {
    let named = |text: &str| text.parse::<TeacherName>().expect("a teacher");
    let [tune, like_author, other] =
        [named("near/house-coder:7b"), named("near/qwen-imitation:7b"), named("near/llama3.1:8b")];
    let mut case = Case {
        author: named("near/qwen2.5-coder:14b"),
        judges: vec![tune.clone(), like_author.clone(), other],
        ..case()
    };
    assert_eq!(case.step(), Step::Ask(tune.clone()), "its name says nothing of where it comes from");
    let told = |teacher: &TeacherName, family: &str| (teacher.clone(), family.to_owned());
    case.families = [told(&tune, "Qwen"), told(&case.author, "qwen")].into();
    assert_eq!(case.step(), Step::Ask(named("near/llama3.1:8b")), "whose name is alike counts as kin too");
    case.families.extend([told(&like_author, "imitation")]);
    assert_eq!(case.step(), Step::Ask(like_author));
}

#[test]
fn without_judges_the_checks_alone_decide() {
    let mut case = Case { judges: Vec::new(), ..case() };
    assert_eq!(case.step(), Step::Accept);
    case.checks.push(check("syntax", fail(&[Reason::SyntaxError])));
    assert_eq!(case.step(), Step::Reject(vec![Reason::SyntaxError]));
}

#[test]
fn every_reason_of_every_check_is_given_once_and_the_most_telling_first() {
    let case = Case {
        checks: vec![
            check("z", fail(&[Reason::OffTopic, Reason::SourceEcho])),
            check("a", fail(&[Reason::TooShort, Reason::JsonMissingField, Reason::SourceEcho])),
            check("limits", Outcome::Pass),
            check("duplicates", fail(&[Reason::ExactDuplicate])),
        ],
        ..case()
    };
    let expected = [
        Reason::JsonMissingField,
        Reason::TooShort,
        Reason::SourceEcho,
        Reason::ExactDuplicate,
        Reason::OffTopic,
    ];
    assert_eq!(case.step(), Step::Reject(expected.to_vec()));
}

#[test]
fn a_failing_check_rejects_before_any_judge_is_paid_and_whatever_judges_said() {
    let mut case = case();
    case.checks.push(check("secrets", fail(&[Reason::SecretFound])));
    assert_eq!(case.step(), Step::Reject(vec![Reason::SecretFound]));
    case.verdicts = vec![verdict("a", 1.0, &[]), verdict("b", 1.0, &[])];
    assert_eq!(case.ruling(), Ruling { step: Step::Reject(vec![Reason::SecretFound]), agree: 2, of: 2 });
}

#[test]
fn a_failure_without_findings_is_still_a_failure() {
    let mut case = case();
    case.checks.push(check("odd", fail(&[])));
    assert_eq!(case.step(), Step::Reject(vec![Reason::ValidationFailed]));
}

#[test]
fn an_unchecked_check_blocks_until_the_policy_allows_it() {
    let mut case = case();
    case.checks.push(check("syntax", unchecked()));
    case.checks.push(check("assemble", unchecked()));
    let Step::Blocked(block) = case.step() else { panic!("not blocked") };
    assert_eq!(
        block.to_string(),
        "check `assemble` could not run (no parser), nor could 1 more; mend that, or set policy.allow_unchecked = true"
    );
    case.policy.allow_unchecked = true;
    assert_eq!(case.step(), Step::Ask(teacher("a")));
}

#[test]
fn a_check_that_ran_later_settles_its_unchecked_but_a_workers_word_does_not_settle_the_coordinators() {
    let mut case = Case { judges: Vec::new(), ..case() };
    case.checks.push(check("syntax", unchecked()));
    case.checks.push(Check { by: CheckedBy::Worker, ..check("syntax", Outcome::Pass) });
    assert!(matches!(case.step(), Step::Blocked(Block::Unchecked { .. })));
    case.checks.push(check("syntax", Outcome::Pass));
    assert_eq!(case.step(), Step::Accept);
}

#[test]
fn validators_are_asked_after_the_gates_and_before_the_judges_each_once() {
    let mut case = case();
    case.needed = vec!["ca65".parse().expect("a check"), "lint".parse().expect("a check")];
    assert_eq!(case.step(), Step::Check("ca65".parse().expect("a check")));
    let by_worker = |outcome| Check { by: CheckedBy::Worker, ..check("ca65", outcome) };
    case.checks.push(by_worker(Outcome::Pass));
    assert_eq!(case.step(), Step::Check("lint".parse().expect("a check")));
    case.checks.push(check("lint", Outcome::NotApplicable));
    assert_eq!(case.step(), Step::Ask(teacher("a")));
    case.checks.truncate(1);
    case.checks.push(check("syntax", fail(&[Reason::SyntaxError])));
    assert_eq!(case.step(), Step::Reject(vec![Reason::SyntaxError]), "no tool runs for what is broken");
}

#[test]
fn a_validator_that_nobody_could_run_blocks_unless_the_policy_allows_it() {
    let mut case = Case { judges: Vec::new(), ..case() };
    case.needed = vec!["ca65".parse().expect("a check")];
    case.checks.push(check("ca65", unchecked()));
    assert!(matches!(case.step(), Step::Blocked(Block::Unchecked { .. })));
    case.policy.allow_unchecked = true;
    assert_eq!(case.step(), Step::Accept);
}

#[test]
fn a_validator_may_be_the_only_one_that_speaks_for_a_sample() {
    let mut case = Case { judges: Vec::new(), checks: Vec::new(), ..case() };
    case.needed = vec!["ca65".parse().expect("a check")];
    assert_eq!(case.step(), Step::Check("ca65".parse().expect("a check")));
    case.checks.push(Check { by: CheckedBy::Worker, ..check("ca65", Outcome::Pass) });
    assert_eq!(case.step(), Step::Accept);
}

#[test]
fn the_newest_version_of_a_check_speaks() {
    let mut case = Case { judges: Vec::new(), ..case() };
    case.checks.push(Check { version: 2, ..check("hedge", Outcome::Pass) });
    case.checks.push(check("hedge", fail(&[Reason::Hedge])));
    assert_eq!(case.step(), Step::Accept);
}

#[test]
fn nothing_is_accepted_that_no_check_has_passed() {
    let mut case = Case { checks: Vec::new(), judges: Vec::new(), ..case() };
    assert_eq!(case.step(), Step::Blocked(Block::NothingPassed));
    case.checks = vec![check("syntax", Outcome::NotApplicable)];
    assert_eq!(case.step(), Step::Blocked(Block::NothingPassed));
    case.policy.allow_unchecked = true;
    case.checks.push(check("assemble", unchecked()));
    assert_eq!(case.step(), Step::Blocked(Block::NothingPassed));
}

#[test]
fn judges_are_asked_in_order_and_asking_stops_as_soon_as_it_is_decided() {
    let ask = |name| Step::Ask(teacher(name));
    let low = || Step::Reject(vec![Reason::LowConsensus]);
    for (verdicts, step) in [
        (vec![], ask("a")),
        (vec![("a", 0.9)], ask("b")),
        (vec![("a", 0.9), ("b", 0.7)], Step::Accept),
        (vec![("a", 0.9), ("b", 0.6)], ask("c")),
        (vec![("a", 0.9), ("b", 0.6), ("c", 0.7)], Step::Accept),
        (vec![("a", 0.9), ("b", 0.6), ("c", 0.1)], low()),
        (vec![("a", 0.1), ("b", 0.6)], low()),
        (vec![("c", 0.9)], ask("a")),
    ] {
        let said = verdicts.iter().map(|(judge, value)| verdict(judge, *value, &[])).collect();
        assert_eq!(Case { verdicts: said, ..case() }.step(), step, "{verdicts:?}");
    }
}

#[test]
fn what_disagreeing_judges_found_unmet_becomes_a_reason() {
    let verdicts = vec![
        verdict("a", 0.2, &["coherent", "unknown"]),
        verdict("b", 0.1, &["on_topic", "grounded"]),
        verdict("c", 0.9, &["relevance"]),
    ];
    let reasons = [Reason::HighHallucination, Reason::LowCoherence, Reason::OffTopic, Reason::LowConsensus];
    assert_eq!(Case { verdicts, ..case() }.step(), Step::Reject(reasons.to_vec()));
}

#[test]
fn the_author_judges_itself_only_if_it_may_and_nobody_else_is_left() {
    let mut case = Case { author: teacher("a"), judges: teachers("a b"), ..case() };
    case.policy.of = 2;
    assert_eq!(case.step(), Step::Blocked(Block::TooFewJudges { agree: 2, available: 1 }));
    case.policy.self_judge = true;
    assert_eq!(case.step(), Step::Ask(teacher("b")));
    case.verdicts = vec![verdict("b", 0.9, &[])];
    assert_eq!(case.step(), Step::Ask(teacher("a")));

    let alone = Case { author: teacher("a"), judges: teachers("a"), ..self::case() };
    assert_eq!(alone.step(), Step::Blocked(Block::NoJudge { author: "test/a".to_owned() }));
}

#[test]
fn the_authors_verdict_does_not_count_where_it_may_not_judge() {
    let verdicts = vec![verdict("a", 1.0, &[]), verdict("b", 1.0, &[])];
    let case = Case { author: teacher("a"), verdicts, ..case() };
    assert_eq!(case.ruling(), Ruling { step: Step::Ask(teacher("c")), agree: 1, of: 1 });
}

#[test]
fn a_judge_named_twice_or_heard_twice_votes_once_and_its_first_verdict_stands() {
    let mut late = verdict("a", 1.0, &[]);
    late.created_at = at(5);
    let case = Case { judges: teachers("a a b"), verdicts: vec![late, verdict("a", 0.1, &[])], ..case() };
    assert_eq!(case.ruling(), Ruling { step: Step::Reject(vec![Reason::LowConsensus]), agree: 0, of: 1 });
}

#[test]
fn a_judge_that_gave_up_is_replaced_by_the_next_one() {
    let mut case = Case { judges: teachers("a b c d"), given_up: teachers("a"), ..case() };
    assert_eq!(case.step(), Step::Ask(teacher("b")));
    case.given_up = teachers("a b c");
    assert_eq!(case.step(), Step::Blocked(Block::TooFewJudges { agree: 2, available: 1 }));
    case.given_up = teachers("a b c d");
    assert!(matches!(case.step(), Step::Blocked(Block::NoJudge { .. })));
}

#[test]
fn a_policy_that_cannot_be_met_or_asks_for_nothing_blocks_and_says_so() {
    let mut case = case();
    case.policy.agree = 4;
    case.policy.of = 9;
    assert_eq!(case.step(), Step::Blocked(Block::TooFewJudges { agree: 4, available: 3 }));
    case.policy.agree = 0;
    assert_eq!(case.step(), Step::Blocked(Block::NoAgreementAsked));
}

#[test]
fn only_an_acceptance_or_a_rejection_is_a_decision() {
    let mut case = case();
    assert_eq!(case.ruling().decision(id(1), at(9)), None);
    case.verdicts = vec![verdict("a", 0.9, &[]), verdict("b", 0.9, &[])];
    let decision = case.ruling().decision(id(1), at(9)).expect("decided");
    assert_eq!((decision.rule, decision.accepted, decision.agree, decision.of), (RULE, true, 2, 2));
    assert!(decision.reasons.is_empty());
}
