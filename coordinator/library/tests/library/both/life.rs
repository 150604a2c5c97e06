//! A random life of a library, after which every row must agree with the others.

use hafs_library::tables::{audit, budget, decisions, duplicates, progress, runs, samples, tasks};
use hafs_library::verify::{integrity, verify};
use hafs_library::{StoreError, Tx};
use hafs_proto::{MicroUsd, Reason, RunState, SampleId};
use proptest::prelude::*;

use super::given::library;
use crate::operations::*;
use crate::world::*;

/// One step of a random life of a library.
#[derive(Debug, Clone)]
enum Step {
    Plan,
    Generate(u16),
    Fail,
    Bury,
    Cancel,
    Redrive,
    Judge,
    Accept,
    Reject,
    Quarantine,
    Reserve(u64),
    Settle,
    Audit,
    Pause,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Plan),
        4 => (1_u16..4).prop_map(Step::Generate),
        1 => Just(Step::Fail),
        1 => Just(Step::Bury),
        1 => Just(Step::Cancel),
        1 => Just(Step::Redrive),
        3 => Just(Step::Judge),
        3 => Just(Step::Accept),
        3 => Just(Step::Reject),
        1 => Just(Step::Quarantine),
        2 => (0_u64..90).prop_map(Step::Reserve),
        1 => Just(Step::Settle),
        1 => Just(Step::Audit),
        1 => Just(Step::Pause),
    ]
}

/// What the random life has made so far.
#[derive(Default)]
struct Life {
    next: u128,
    tasks: Vec<u128>,
    samples: Vec<SampleId>,
}

impl Life {
    fn number(&mut self) -> u128 {
        self.next += 1;
        self.next
    }

    fn take(&mut self, tx: &mut dyn Tx, step: &Step, pick: usize) -> Result<(), StoreError> {
        let task = self.tasks.get(pick % self.tasks.len().max(1)).copied();
        let sample = self.samples.get(pick % self.samples.len().max(1)).copied();
        match (step, task, sample) {
            (Step::Plan, _, _) => {
                let n = self.number();
                self.tasks.push(n);
                plan(tx, n)
            }
            (Step::Generate(slots), Some(n), _) => self.generate(tx, n, *slots),
            (Step::Fail, Some(n), _) => tasks::record_tries(tx, id(n), tried(1), at(9)).map(drop),
            (Step::Bury, Some(n), _) => {
                let dead = hafs_proto::task::DeadReason { reason: Reason::Refused, detail: text("no") };
                tasks::bury(tx, id(n), &dead, at(9)).map(drop)
            }
            (Step::Cancel, Some(n), _) => tasks::cancel(tx, id(n), at(9)).map(drop),
            (Step::Redrive, Some(n), _) => tasks::redrive(tx, id(n), at(9)).map(drop),
            (Step::Judge, _, Some(sample)) => {
                let n = self.number();
                judged(tx, n, sample)
            }
            (Step::Accept, _, Some(sample)) => accept(tx, sample),
            (Step::Reject, _, Some(sample)) => {
                decisions::insert(tx, &decision(sample, vec![Reason::Hedge, Reason::OffTopic]))
            }
            (Step::Quarantine, _, Some(sample)) => samples::quarantine(tx, sample, &text("licence"), at(9)),
            (Step::Reserve(amount), Some(n), _) => {
                budget::reserve(tx, id(1), id(n), MicroUsd(*amount), at(9)).map(drop)
            }
            (Step::Settle, Some(n), _) => budget::settle(tx, id(n)),
            (Step::Audit, _, _) => {
                let entry = audit::Entry { at: at(9), actor: "a", action: "b", object: "c", detail: "" };
                audit::append(tx, &entry).map(drop)
            }
            (Step::Pause, _, _) => runs::set_state(tx, id(1), RunState::Cancelled, &text("enough"), at(9)),
            (_, _, _) => Ok(()),
        }
    }

    fn generate(&mut self, tx: &mut dyn Tx, n: u128, slots: u16) -> Result<(), StoreError> {
        if !matches!(tasks::get(tx, id(n))?.state, tasks::StoredState::Open { .. }) {
            return Ok(());
        }
        self.samples.extend((0..u128::from(slots)).map(|slot| id::<SampleId>(n * 100 + slot)));
        generated(tx, n, slots)
    }
}

fn accept(tx: &mut dyn Tx, sample: SampleId) -> Result<(), StoreError> {
    let hash = samples::get(tx, sample)?.canon_hash;
    let twin = duplicates::exact(tx, hash, sample)?;
    let reasons = twin.map(|_| Reason::ExactDuplicate).into_iter().collect();
    decisions::insert(tx, &decision(sample, reasons))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_in_a_life_of_the_library_no_row_is_broken_and_the_numbers_add_up(
        steps in proptest::collection::vec((step(), any::<prop::sample::Index>()), 1..120)
    ) {
        let Some((_place, library)) = library() else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (report, progress, money, broken) = runtime.block_on(library.write(move |tx| {
            begin(tx, Some(300))?;
            let mut life = Life::default();
            for (step, pick) in &steps {
                life.take(tx, step, pick.index(1_000))?;
            }
            let numbers = (progress::of_run(tx, id(1))?, budget::get(tx, id(1))?);
            Ok((verify(tx, Some(canon))?, numbers.0, numbers.1, integrity(tx)?))
        })).expect("the life's statements work");
        prop_assert_eq!(report.broken, vec![]);
        prop_assert_eq!(broken, vec![]);
        let states = progress.accepted + progress.rejected + progress.quarantined + progress.candidates;
        prop_assert_eq!(progress.generated, states);
        prop_assert_eq!(progress.rejected, progress.rejections.iter().map(|count| count.first).sum::<u64>());
        prop_assert_eq!(progress.cost, money.spent);
    }
}
