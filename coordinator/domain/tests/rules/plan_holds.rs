//! The planner against a small world in which tasks come to good or bad ends at random.

use std::collections::{BTreeMap, BTreeSet};

use hafs_domain::generator::takes;
use hafs_domain::plan::{Campaign, Failure, RunVerdict, SeedView, SourceState, View, Work, plan};
use hafs_proto::{ContentHash, MicroUsd, Reason, RunSpec, SeedKind};
use proptest::prelude::*;

use crate::given::{id, score, spec, teachers, text};

const PAGE: u128 = 7;
const PRICE: u64 = 10;

struct World {
    spec: RunSpec,
    window: u32,
    pages: u128,
    view: View,
    open: Vec<Work>,
    keys: BTreeSet<ContentHash>,
}

impl World {
    fn new(spec: RunSpec, window: u32, pages: u128) -> Self {
        let view = View { price: MicroUsd(PRICE), ..View::default() };
        Self { spec, window, pages, view, open: Vec::new(), keys: BTreeSet::new() }
    }

    /// One pass of the planner; says whether the run goes on.
    fn pass(&mut self) -> Result<bool, TestCaseError> {
        let campaign = Campaign { run: id(1), spec: &self.spec, window: self.window, takes };
        let planned = plan(&campaign, &self.view);
        prop_assert_eq!(&planned, &plan(&campaign, &self.view), "the same view gives the same plan");
        for task in planned.tasks {
            prop_assert!(self.keys.insert(task.key), "planned twice: {:?}", task.work);
            self.begin(task.work);
        }
        let busy = self.view.open.generate + self.view.open.augment;
        prop_assert!(busy <= u64::from(self.window), "{busy} open");
        let most = self.view.accepted + busy;
        prop_assert!(most <= u64::from(self.spec.target + self.window), "{most} samples at most");
        if let Some(budget) = self.spec.budget {
            prop_assert!((self.view.spent + self.view.reserved) <= budget);
        }
        Ok(planned.verdict == RunVerdict::Continue)
    }

    fn begin(&mut self, work: Work) {
        match &work {
            Work::Harvest { source, .. } => {
                self.view.open.harvest += 1;
                self.view.sources.insert(source.clone(), SourceState::UnderWay);
            }
            Work::Generate { seed, generator, teacher, round, .. } => {
                self.view.open.generate += 1;
                self.view.reserved = self.view.reserved + MicroUsd(PRICE);
                self.view.failures.retain(|it| (it.seed, &it.generator) != (*seed, generator));
                if *round == 0 {
                    *self.view.planned.entry((generator.clone(), teacher.clone())).or_default() += 1;
                }
                for it in self.view.seeds.iter_mut().filter(|it| it.id == *seed) {
                    it.tried.insert(generator.clone());
                    self.view.groups.entry(it.group.clone()).or_default().planned += 1;
                }
            }
            Work::Augment { sample, .. } => {
                self.view.open.augment += 1;
                self.view.reserved = self.view.reserved + MicroUsd(PRICE);
                self.view.parents.retain(|parent| parent.sample != *sample);
            }
        }
        self.open.push(work);
    }

    /// The oldest open task ends; a generation gives one sample.
    fn end_one(&mut self, good: bool) {
        if self.open.is_empty() {
            return;
        }
        match self.open.remove(0) {
            Work::Harvest { source, cursor } => {
                self.view.open.harvest -= 1;
                let page: u128 = cursor.map_or(0, |cursor| cursor.parse().expect("a number"));
                self.mine(page);
                let more = page + 1 < self.pages;
                let next = SourceState::Next(text(&(page + 1).to_string()));
                self.view.sources.insert(source, if more { next } else { SourceState::Ended });
            }
            Work::Generate { seed, generator, teacher, round, .. } => {
                self.view.open.generate -= 1;
                self.settle(good);
                if !good {
                    let reasons = vec![Reason::Hedge];
                    self.view.failures.push(Failure {
                        seed,
                        generator,
                        teacher,
                        round,
                        reasons,
                        findings: Vec::new(),
                    });
                }
            }
            Work::Augment { .. } => {
                self.view.open.augment -= 1;
                self.view.augmented += u64::from(good);
                self.settle(good);
            }
        }
    }

    fn mine(&mut self, page: u128) {
        let kinds = SeedKind::ALL.iter().copied().cycle();
        let seeds = (page * PAGE..(page + 1) * PAGE).zip(kinds).map(|(n, kind)| SeedView {
            id: id(n),
            kind,
            rewrites: String::new(),
            group: text(&format!("file-{}", n % 5)),
            tried: BTreeSet::new(),
        });
        self.view.seeds.extend(seeds);
    }

    fn settle(&mut self, good: bool) {
        self.view.finished += 1;
        self.view.decided += 1;
        self.view.accepted += u64::from(good);
        self.view.reserved = MicroUsd(self.view.reserved.0 - PRICE);
        self.view.spent = self.view.spent + MicroUsd(PRICE);
    }
}

fn specs() -> impl Strategy<Value = RunSpec> {
    let generators = proptest::sample::subsequence(
        vec!["explain-change", "write-change", "doc-qa", "explain-code", "complete-code"],
        1..=5,
    );
    let budget = proptest::option::of(0..600_u64);
    (1..30_u32, generators, 1..4_usize, budget, any::<u64>(), (0..3_u32, any::<bool>(), 0..=4_u32)).prop_map(
        |(target, generators, count, budget, seed, (repairs, active_learning, quarters))| {
            let mut spec = spec();
            spec.policy.repairs = repairs;
            spec.policy.active_learning = active_learning;
            spec.policy.augmentation_ratio = score(f64::from(quarters) / 4.0);
            RunSpec {
                target,
                generators: generators.iter().map(|name| name.parse().expect("a name")).collect(),
                teachers: teachers("x y z")[..count].to_vec(),
                budget: budget.map(MicroUsd),
                seed,
                ..spec
            }
        },
    )
}

proptest! {
    #[test]
    fn every_run_ends_and_is_never_planned_beyond_its_target_window_or_budget(
        (spec, window, pages) in (specs(), 1..12_u32, 0..4_u128),
        luck in proptest::collection::vec((any::<bool>(), 1..5_usize), 60),
    ) {
        let mut world = World::new(spec, window, pages);
        let mut luck = luck.into_iter().cycle();
        let mut passes = 0;
        while world.pass()? {
            let (good, ends) = luck.next().expect("endless");
            for _ in 0..ends {
                world.end_one(good);
            }
            passes += 1;
            prop_assert!(passes < 2_000, "the run does not end: {:?}", world.view.open);
        }
        let tried: usize = world.view.seeds.iter().map(|seed| seed.tried.len()).sum();
        let first_tries: u64 = world.view.planned.values().sum();
        prop_assert_eq!(u64::try_from(tried).expect("small"), first_tries);
    }

    #[test]
    fn teachers_are_planned_evenly_for_each_generator(
        (mut spec, window) in (specs(), 1..12_u32), luck in proptest::collection::vec(any::<bool>(), 40),
    ) {
        spec.budget = None;
        let mut world = World::new(spec, window, 3);
        for good in luck {
            if !world.pass()? {
                break;
            }
            world.end_one(good);
        }
        let mut counts: BTreeMap<_, Vec<u64>> = BTreeMap::new();
        for generator in &world.spec.generators {
            for teacher in &world.spec.teachers {
                let count = world.view.planned.get(&(generator.clone(), teacher.clone()));
                counts.entry(generator).or_default().push(count.copied().unwrap_or_default());
            }
        }
        for (generator, counts) in counts {
            let (least, most) = (counts.iter().min(), counts.iter().max());
            prop_assert!(most.zip(least).is_none_or(|(most, least)| most - least <= 1), "{generator}: {counts:?}");
        }
    }
}
