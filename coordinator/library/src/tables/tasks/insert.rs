//! Planning a task.

use hafs_proto::task::GenerateSpec;
use hafs_proto::{GeneratorName, SampleId, SeedId, Task, TaskId, TaskSpec, TeacherName};

use crate::db::{Tx, args, json, one, word};
use crate::error::StoreError;
use crate::seal::seal;

/// What became of a task that was planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// It is new.
    New(TaskId),
    /// The same thing was planned before, as this task.
    Known(TaskId),
}

/// What a task is about, in columns that can be searched.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject<'t> {
    pub(crate) seed: Option<SeedId>,
    pub(crate) sample: Option<SampleId>,
    pub(crate) generator: Option<&'t GeneratorName>,
    pub(crate) teacher: Option<&'t TeacherName>,
    pub(crate) round: Option<u32>,
}

impl<'t> Subject<'t> {
    pub(crate) fn of(spec: &'t TaskSpec) -> Self {
        let sample = |sample: SampleId, teacher| Self { sample: Some(sample), teacher, ..Self::default() };
        match spec {
            TaskSpec::Harvest(_) => Self::default(),
            TaskSpec::Generate(spec) => Self::of_generate(spec),
            TaskSpec::Check(spec) => sample(spec.sample.id, None),
            TaskSpec::Judge(spec) => sample(spec.sample.id, Some(&spec.judge)),
            TaskSpec::Embed(spec) => Self { teacher: Some(&spec.model), ..Self::default() },
            TaskSpec::Augment(spec) => {
                Self { seed: Some(spec.seed), ..sample(spec.sample.id, Some(&spec.teacher)) }
            }
        }
    }

    fn of_generate(spec: &'t GenerateSpec) -> Self {
        Self {
            seed: Some(spec.seed.id),
            sample: None,
            generator: Some(&spec.generator),
            teacher: Some(&spec.teacher),
            round: Some(spec.round),
        }
    }
}

/// Stores a task, open from its `created_at` on, unless its key is known.
///
/// # Errors
/// [`StoreError::Constraint`] when its run or seed is not in the library.
pub fn insert(tx: &mut dyn Tx, task: &Task) -> Result<Planned, StoreError> {
    let subject = Subject::of(&task.spec);
    let sql = "INSERT INTO task (id, key, run, kind, route, priority, max_attempts, created_at, state, failures, \
               not_before, seed, sample, generator, teacher, round, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, \
               'open', 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (key) DO NOTHING";
    let args = args![
        task.id,
        task.key,
        task.run,
        task.kind().word(),
        task.route().to_string(),
        word(&task.priority)?,
        task.max_attempts,
        task.created_at,
        subject.seed,
        subject.sample,
        subject.generator,
        subject.teacher,
        subject.round,
        seal(task)?,
    ];
    if tx.exec(sql, args)? == 0 {
        let row = one(tx, "SELECT id FROM task WHERE key = ?1", args![task.key])?;
        return row.ok_or_else(|| StoreError::missing("task", task.key))?.get("id").map(Planned::Known);
    }
    tx.exec("INSERT INTO task_spec (task, spec) VALUES (?1, ?2)", args![task.id, json(&task.spec)?])?;
    Ok(Planned::New(task.id))
}
