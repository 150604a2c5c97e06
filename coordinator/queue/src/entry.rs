//! What the queue keeps of a task.

use hafs_domain::retry::Tries;
use hafs_proto::task::Priority;
use hafs_proto::{Route, RunId, Task, TaskId, TaskKind, Timestamp};

/// An open task, without its payload: the claimer reads that from the library.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The task.
    pub task: TaskId,
    /// Its campaign.
    pub run: RunId,
    /// What kind of work it is.
    pub kind: TaskKind,
    /// What it needs of a worker.
    pub route: Route,
    /// How urgent it is.
    pub priority: Priority,
    /// When it was planned.
    pub created_at: Timestamp,
    /// Not handed out before this time.
    pub not_before: Timestamp,
    /// What was tried so far.
    pub tries: Tries,
    /// Failed attempts before it is dead-lettered.
    pub max_attempts: u32,
}

impl Entry {
    /// The entry of a new task: not tried, and due at once.
    #[must_use]
    pub fn new(task: &Task) -> Self {
        Self {
            task: task.id,
            run: task.run,
            kind: task.kind(),
            route: task.route(),
            priority: task.priority,
            created_at: task.created_at,
            not_before: task.created_at,
            tries: Tries::default(),
            max_attempts: task.max_attempts,
        }
    }

    /// Its turn: tasks are handed out by ascending deadline, and by id where deadlines are equal. A retry
    /// keeps its deadline, so retried work does not go to the back, and nothing starves.
    #[must_use]
    pub fn deadline(&self) -> Timestamp {
        self.created_at.plus(std::time::Duration::from_millis(u64::from(self.priority.offset_ms())))
    }
}

/// What people can hold back: its tasks stay in the queue and are not handed out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pausable {
    /// A campaign.
    Run(RunId),
    /// Everything that needs this of a worker.
    Route(Route),
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::task::HarvestSpec;
    use hafs_proto::{ContentHash, TaskSpec};
    use uuid::Uuid;

    #[test]
    fn a_new_task_is_due_when_it_was_planned_and_its_turn_is_its_priority_later() {
        let source = "repo".parse().expect("a source");
        let task = Task {
            id: TaskId::from_uuid(Uuid::from_u128(1)),
            run: RunId::from_uuid(Uuid::from_u128(2)),
            spec: TaskSpec::Harvest(HarvestSpec { source, cursor: None, limit: 9 }),
            priority: Priority::Bulk,
            key: ContentHash::of(b"key"),
            max_attempts: 5,
            created_at: Timestamp::EPOCH,
        };
        let entry = Entry::new(&task);
        assert_eq!((entry.kind, entry.route.to_string()), (TaskKind::Harvest, "source/repo".to_owned()));
        assert_eq!(
            (entry.not_before, entry.tries, entry.max_attempts),
            (Timestamp::EPOCH, Tries::default(), 5)
        );
        assert_eq!(entry.deadline().as_millis(), 600_000);
    }
}
