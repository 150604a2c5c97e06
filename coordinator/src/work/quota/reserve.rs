//! Holding back limits and money for tasks that the queue has granted, before they are handed out.

use std::collections::BTreeMap;
use std::sync::Arc;

use hafs_domain::lane;
use hafs_domain::quota::{Quota, need};
use hafs_library::tables::quota::{self, Hold};
use hafs_library::{StoreError, Tx};
use hafs_proto::task::Lane;
use hafs_proto::{MicroUsd, Task, TaskId, TeacherName, TeacherTerms};

use super::books;
use super::gates::{Closed, Gates, code};
use super::money::{self, Purse};
use crate::app::{App, Core};
use crate::http::problem::ProblemResponse;
use crate::work::effects::Effects;
use crate::work::fail;

/// A task that is not handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The task.
    pub task: TaskId,
    /// Why its teacher is not asked; nothing if the task was given up, because nothing will ever pay for it.
    pub closed: Option<(TeacherName, Closed)>,
}

/// Holds back what the tasks will use; those that are not to be handed out now are named.
///
/// # Errors
/// A problem of the library; nothing is held back then.
pub async fn reserve(app: &App, gates: &Gates, tasks: &[Task]) -> Result<Vec<Refused>, ProblemResponse> {
    let terms = gates.terms.clone();
    let asks = |task: &&Task| need::of(&task.spec).is_some_and(|(teacher, _)| terms.contains_key(teacher));
    let counted: Vec<Task> = tasks.iter().filter(asks).cloned().collect();
    if counted.is_empty() {
        return Ok(Vec::new());
    }
    let mut runs = BTreeMap::new();
    for task in &counted {
        runs.insert(task.run, app.runs.get(&app.library, task.run).await?);
    }
    let core = Arc::clone(app);
    let (refused, effects) = app
        .library
        .write(move |tx| {
            let mut clerk = Clerk { app: &core, terms: &terms, states: BTreeMap::new() };
            let (mut refused, mut effects) = (Vec::new(), Effects::default());
            for task in &counted {
                let Some(why) = clerk.reserve(tx, task)? else { continue };
                if let (Why::Never(reason), Some(run)) = (&why, runs.get(&task.run)) {
                    fail::bury(tx, &core, run, (task, reason), &mut effects)?;
                }
                refused.push(why.into_refused(task.id));
            }
            clerk.close(tx)?;
            Ok((refused, effects))
        })
        .await?;
    effects.apply(app).await;
    for refused in &refused {
        let why = refused.closed.as_ref().map_or("budget_spent", |(_, closed)| closed.code.word());
        app.metrics.put_back.with_label_values(&[why]).inc();
    }
    Ok(refused)
}

enum Why {
    Closed(TeacherName, Closed),
    Never(hafs_proto::task::DeadReason),
}

impl Why {
    fn into_refused(self, task: TaskId) -> Refused {
        match self {
            Self::Closed(teacher, closed) => Refused { task, closed: Some((teacher, closed)) },
            Self::Never(_) => Refused { task, closed: None },
        }
    }
}

/// The states of one claim's teachers.
struct Clerk<'a> {
    app: &'a Core,
    terms: &'a BTreeMap<TeacherName, TeacherTerms>,
    states: BTreeMap<TeacherName, Quota>,
}

impl Clerk<'_> {
    fn reserve(&mut self, tx: &mut dyn Tx, task: &Task) -> Result<Option<Why>, StoreError> {
        let Some((teacher, most)) = need::of(&task.spec) else { return Ok(None) };
        let lane = task.spec.lane();
        let Some(terms) = self.terms.get(teacher).map(|terms| lane::terms_in(lane, terms)) else {
            return Ok(None);
        };
        // A claim that is repeated gets the tasks that it got, and pays for them once.
        if let Some(hold) = quota::take_hold(tx, task.id)?
            && (&hold.teacher, &hold.key) == (teacher, &terms.key)
        {
            quota::hold(tx, &hold)?;
            return Ok(None);
        }
        let now = self.app.clock.now();
        let state = match self.states.entry(teacher.clone()) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(books::load(tx, (teacher, &terms.key))?)
            }
        };
        let expected = state.meter.expected(most);
        let amount =
            terms.prices.map_or(MicroUsd::ZERO, |prices| prices.most(expected.input, expected.output));
        match money::look(tx, task.run, &terms, (amount, state.day_budget), now)? {
            Purse::Enough => {}
            Purse::Wait(closed) => return Ok(Some(Why::Closed(teacher.clone(), closed))),
            Purse::Never(reason) => return Ok(Some(Why::Never(reason))),
        }
        let admitted = match lane {
            Lane::Now => state.admit(task.id, most, self.app.settings.lease * 2, now),
            Lane::Batch => state.admit_batch(now),
        };
        let held = match admitted {
            Ok(held) => held,
            Err(shut) => {
                return Ok(Some(Why::Closed(teacher.clone(), Closed { code: code(shut.standing), shut })));
            }
        };
        let hold = Hold {
            task: task.id,
            run: task.run,
            teacher: teacher.clone(),
            key: terms.key.clone(),
            input_tokens: held.input,
            output_tokens: held.output,
            amount,
            at: now,
        };
        quota::hold(tx, &hold)?;
        Ok(None)
    }

    fn close(self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        for (teacher, state) in &self.states {
            if let Some(terms) = self.terms.get(teacher) {
                books::save(tx, (teacher, &terms.key), state, self.app.clock.now())?;
            }
        }
        Ok(())
    }
}
