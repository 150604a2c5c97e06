use std::collections::{BTreeMap, BTreeSet};

use hafs_domain::generator::takes;
use hafs_domain::plan::sampling::{self, Turn};
use hafs_domain::plan::{
    Campaign, Ending, Failure, GroupView, OpenTasks, Parent, Plan, Planned, RunVerdict, SeedView,
    SourceState, View, Work, pace, plan,
};
use hafs_proto::check::Field;
use hafs_proto::{ContentHash, Finding, MicroUsd, Reason, RunSpec, SeedKind};

use crate::given::{id, score, spec, teacher, teachers, text};

fn planned(spec: &RunSpec, view: &View) -> Plan {
    plan(&Campaign { run: id(1), spec, window: 8, takes }, view)
}

fn seed(number: u128, kind: SeedKind, group: &str) -> SeedView {
    SeedView { id: id(number), kind, rewrites: String::new(), group: text(group), tried: BTreeSet::new() }
}

/// A mined source with `count` commits in groups of two.
fn stocked(count: u128) -> View {
    View {
        seeds: (0..count).map(|n| seed(n, SeedKind::Commit, &format!("file-{}", n / 2))).collect(),
        sources: BTreeMap::from([("repo".parse().expect("a source"), SourceState::Ended)]),
        ..View::default()
    }
}

/// An accepted sample that nothing was derived from.
fn parent(number: u128) -> Parent {
    Parent { sample: id(number), content: ContentHash::of(&number.to_le_bytes()) }
}

fn works(plan: &Plan) -> Vec<&Work> {
    plan.tasks.iter().map(|task: &Planned| &task.work).collect()
}

#[test]
fn a_new_run_mines_the_first_page_of_every_source() {
    let spec = RunSpec { sources: vec!["a".parse().expect("a"), "b".parse().expect("b")], ..spec() };
    let plan = planned(&spec, &View::default());
    let expected: Vec<Work> =
        spec.sources.iter().map(|source| Work::Harvest { source: source.clone(), cursor: None }).collect();
    assert_eq!(works(&plan), expected.iter().collect::<Vec<_>>());
    assert_eq!(plan.verdict, RunVerdict::Continue);
}

#[test]
fn a_further_page_is_mined_only_while_the_stock_of_seeds_is_low() {
    let next = |count| View {
        sources: BTreeMap::from([("repo".parse().expect("a source"), SourceState::Next(text("p2")))]),
        ..stocked(count)
    };
    let mines =
        |view: &View| works(&planned(&spec(), view)).iter().any(|it| matches!(it, Work::Harvest { .. }));
    assert!(mines(&next(31)));
    assert!(!mines(&next(32)));
}

#[test]
fn as_many_tasks_are_open_as_the_target_needs_and_never_more_than_the_window() {
    for (target, accepted, finished, open, candidates, expected) in [
        (5, 0, 0, 0, 0, 5),
        (100, 0, 0, 0, 0, 8),
        (5, 0, 0, 3, 0, 2),
        (5, 0, 2, 0, 2, 3),
        (5, 4, 4, 0, 0, 1),
        (5, 4, 4, 1, 0, 0),
        (5, 4, 9, 0, 0, 2),
        (5, 4, 5, 0, 1, 0),
    ] {
        let view = View {
            accepted,
            finished,
            decided: finished - candidates,
            candidates,
            open: OpenTasks { generate: open, ..OpenTasks::default() },
            ..stocked(50)
        };
        let count = planned(&RunSpec { target, ..spec() }, &view).tasks.len();
        assert_eq!(count, expected, "target {target}, accepted {accepted} of {finished}, open {open}");
    }
}

#[test]
fn groups_generators_and_teachers_take_turns() {
    let spec = RunSpec {
        target: 8,
        generators: ["explain-change", "write-change"].map(|name| name.parse().expect("a name")).to_vec(),
        teachers: teachers("x y"),
        ..spec()
    };
    let mut pairs: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut groups: BTreeMap<u128, u32> = BTreeMap::new();
    for work in works(&planned(&spec, &stocked(40))) {
        let Work::Generate { seed, generator, teacher, .. } = work else { panic!("{work:?}") };
        *pairs.entry((generator.to_string(), teacher.to_string())).or_default() += 1;
        *groups.entry(seed.uuid().as_u128() / 2).or_default() += 1;
    }
    assert_eq!(pairs.values().copied().collect::<Vec<_>>(), [2, 2, 2, 2]);
    assert!(groups.values().all(|count| *count == 1), "{groups:?}");
}

#[test]
fn a_generator_that_was_planned_less_goes_first_and_a_seed_is_never_tried_twice_with_one() {
    let generators = ["explain-change", "write-change"].map(|name| name.parse().expect("a name"));
    let spec = RunSpec { target: 3, generators: generators.to_vec(), ..spec() };
    let mut view = stocked(2);
    view.planned.insert((generators[0].clone(), teacher("writer")), 5);
    view.seeds[0].tried.insert(generators[1].clone());
    let plan = planned(&spec, &view);
    let picked: Vec<_> = works(&plan)
        .into_iter()
        .map(|work| match work {
            Work::Generate { seed, generator, .. } => (seed.uuid().as_u128(), generator.as_str()),
            Work::Harvest { .. } | Work::Augment { .. } => panic!("{work:?}"),
        })
        .collect();
    assert_eq!(picked[0], (1, "write-change"));
    assert_eq!(picked.len(), 3);
    assert!(!picked.contains(&(0, "write-change")));
}

#[test]
fn active_learning_prefers_the_groups_with_the_fewest_accepted_samples() {
    let mut spec = RunSpec { target: 30, ..spec() };
    let mut view = View { accepted: 28, finished: 28, decided: 28, ..stocked(6) };
    let group = |planned, accepted| GroupView { planned, accepted };
    view.groups = BTreeMap::from([
        (text("file-0"), group(1, 9)),
        (text("file-1"), group(9, 0)),
        (text("file-2"), group(2, 9)),
    ]);
    let first_group = |spec: &RunSpec| match works(&planned(spec, &view))[0] {
        Work::Generate { seed, .. } => seed.uuid().as_u128() / 2,
        Work::Harvest { .. } | Work::Augment { .. } => panic!("no generation"),
    };
    assert_eq!(first_group(&spec), 0);
    spec.policy.active_learning = true;
    assert_eq!(first_group(&spec), 1);
}

#[test]
fn a_fixable_failure_is_repaired_by_the_next_teacher_who_is_told_what_was_wrong() {
    let spec = RunSpec { target: 4, teachers: teachers("x y"), ..spec() };
    let failure = |seed, round, reasons: &[Reason]| Failure {
        seed: id(seed),
        generator: spec.generators[0].clone(),
        teacher: teacher("x"),
        round,
        reasons: reasons.to_vec(),
        findings: vec![Finding::new(Reason::Hedge, Field::Output, "line 1:\n\t\u{1b}[2J`I am sorry`")],
    };
    let mut view = stocked(4);
    view.failures = vec![
        failure(90, 0, &[Reason::Hedge, Reason::ExactDuplicate]),
        failure(91, 1, &[Reason::Hedge]),
        failure(92, 0, &[Reason::Hedge, Reason::ProviderError]),
        failure(93, 0, &[]),
    ];
    view.top_reasons.insert(spec.generators[0].clone(), vec![Reason::TooShort, Reason::Hedge]);
    let plan = planned(&spec, &view);
    let mut repairs = works(&plan);
    repairs.retain(|work| !matches!(work, Work::Generate { round: 0, .. }));
    let [Work::Generate { seed, teacher: by, round, hints, .. }] = repairs[..] else { panic!("{plan:?}") };
    assert_eq!((*seed, by, *round), (id(92), &teacher("y"), 1));
    let hints: Vec<&str> = hints.iter().map(|hint| hint.as_str()).collect();
    assert_eq!(
        hints,
        [
            "An earlier answer was turned down: the output excuses itself instead of answering \
             (line 1: [2J`I am sorry`). Avoid that.",
            "An earlier answer was turned down: shorter than the policy allows. Avoid that.",
        ]
    );
}

#[test]
fn feedback_is_told_only_if_the_policy_wants_it() {
    let mut spec = RunSpec { target: 1, ..spec() };
    let mut view = stocked(4);
    view.top_reasons.insert(spec.generators[0].clone(), vec![Reason::Hedge]);
    let hints = |spec: &RunSpec| match works(&planned(spec, &view))[0] {
        Work::Generate { hints, .. } => hints.len(),
        Work::Harvest { .. } | Work::Augment { .. } => panic!("no generation"),
    };
    assert_eq!(hints(&spec), 1);
    spec.policy.feedback = false;
    assert_eq!(hints(&spec), 0);
}

#[test]
fn augmentations_keep_to_their_share_of_the_accepted_samples() {
    let mut spec = RunSpec { target: 100, ..spec() };
    spec.policy.augmentation_ratio = score(0.25);
    let mut view = View { accepted: 12, augmented: 1, finished: 12, decided: 12, ..stocked(50) };
    view.parents = (0..10).map(parent).collect();
    view.open.augment = 1;
    let derived = |view: &View| {
        works(&planned(&spec, view)).iter().filter(|work| matches!(work, Work::Augment { .. })).count()
    };
    assert_eq!(derived(&view), 1);
    view.augmented = 2;
    assert_eq!(derived(&view), 0);
}

#[test]
fn sampling_seeds_follow_from_what_is_asked_and_the_runs_seed_and_fit_every_provider() {
    let (first, second) = (ContentHash::of(b"first"), ContentHash::of(b"second"));
    let (explain, complete) = ("explain".parse().expect("a name"), "complete".parse().expect("a name"));
    let (writer, other) = (teacher("writer"), teacher("other"));
    let seed_of = |run_seed, content, generator, teacher, round| {
        sampling::generate(run_seed, content, Turn { generator, teacher, round })
    };
    let one = seed_of(1, first, &explain, &writer, 0);
    assert_eq!(one, seed_of(1, first, &explain, &writer, 0), "no id of a run or a seed is in it");
    for another in [
        seed_of(2, first, &explain, &writer, 0),
        seed_of(1, second, &explain, &writer, 0),
        seed_of(1, first, &complete, &writer, 0),
        seed_of(1, first, &explain, &other, 0),
        seed_of(1, first, &explain, &writer, 1),
        sampling::judge(1, first, &writer),
        sampling::augment(1, first, hafs_proto::task::AugmentMethod::Paraphrase),
    ] {
        assert_ne!(one, another);
        assert!(another < 1 << 31, "{another}");
    }
}

#[test]
fn a_derivation_of_the_same_text_goes_to_the_same_teacher_in_every_library() {
    let mut spec = RunSpec { target: 100, teachers: vec![teacher("writer"), teacher("other")], ..spec() };
    spec.policy.augmentation_ratio = score(1.0);
    let chosen = |ids: u128| {
        let mut view = View { accepted: 12, finished: 12, decided: 12, ..stocked(0) };
        view.parents = vec![Parent { sample: id(ids), ..parent(1) }];
        let plan = planned(&spec, &view);
        let teacher = works(&plan).into_iter().find_map(|work| match work {
            Work::Augment { teacher, .. } => Some(teacher.clone()),
            Work::Harvest { .. } | Work::Generate { .. } => None,
        });
        teacher.expect("a derivation is planned")
    };
    assert!((2..20).all(|ids| chosen(ids) == chosen(1)));
}

#[test]
fn nothing_is_planned_that_the_budget_does_not_pay_for() {
    let spec = RunSpec { budget: Some(MicroUsd(100)), ..spec() };
    let view = View { spent: MicroUsd(60), reserved: MicroUsd(10), price: MicroUsd(12), ..stocked(50) };
    assert_eq!(planned(&spec, &view).tasks.len(), 2);
    let mut spent = View { spent: MicroUsd(90), ..view };
    spent.open.generate = 1;
    assert_eq!(planned(&spec, &spent), Plan { tasks: Vec::new(), verdict: RunVerdict::Continue });
    spent.open.generate = 0;
    assert_eq!(planned(&spec, &spent).verdict, RunVerdict::Finish(Ending::BudgetSpent));
}

#[test]
fn a_run_ends_at_its_target_or_when_nothing_is_left_and_nothing_under_way() {
    let verdict = |view: &View| planned(&spec(), view).verdict;
    let reached =
        View { accepted: 10, open: OpenTasks { generate: 3, ..OpenTasks::default() }, ..stocked(9) };
    assert_eq!(planned(&spec(), &reached).tasks, []);
    assert_eq!(verdict(&reached), RunVerdict::Finish(Ending::TargetReached));

    let mut dry = stocked(0);
    assert_eq!(verdict(&dry), RunVerdict::Finish(Ending::NoSeedsFound));
    dry.planned.insert((spec().generators[0].clone(), teacher("writer")), 1);
    assert_eq!(verdict(&dry), RunVerdict::Finish(Ending::NoSeedsLeft));
    dry.candidates = 1;
    assert_eq!(verdict(&dry), RunVerdict::Continue);

    let mut foreign = stocked(0);
    foreign.seeds.push(seed(1, SeedKind::DocSection, "guide"));
    assert_eq!(verdict(&foreign), RunVerdict::Finish(Ending::NoSeedsFound), "no generator takes it");
    assert_eq!(Ending::NoSeedsLeft.to_string(), "no seeds left");
}

#[test]
fn spending_half_of_the_budget_for_a_quarter_of_the_target_is_twice_as_fast_as_planned() {
    let spec = RunSpec { budget: Some(MicroUsd(1_000_000)), target: 100, ..spec() };
    let of = |spent, accepted, candidates| {
        let view =
            View { spent: MicroUsd(spent), accepted, decided: accepted, candidates, ..View::default() };
        pace(&spec, &view).map(|pace| format!("{pace:.2}"))
    };
    assert_eq!(of(500_000, 25, 0).as_deref(), Some("2.00"));
    assert_eq!(of(500_000, 25, 25).as_deref(), Some("1.00"), "what waits for its judges counts");
    assert_eq!(of(500_000, 0, 0).as_deref(), Some("50.00"));
    assert_eq!(of(90_000, 0, 0), None, "the first calls tell little");
    assert_eq!(pace(&RunSpec { budget: None, ..spec.clone() }, &View::default()), None);
}
