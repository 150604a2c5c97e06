//! Why a claim gives nothing, in words.

use std::time::Duration;

use hafs_proto::worker::{IdleCode, IdleReason};
use hafs_proto::{BoundedText, Route, TeacherName, Timestamp};

/// Routes named in one message; the rest are counted.
const NAMED: usize = 3;

/// The reason of this code for `tasks` tasks that it keeps back.
#[must_use]
pub fn reason(code: IdleCode, tasks: u64) -> IdleReason {
    let message = match code {
        IdleCode::QueueEmpty => "there are no open tasks".to_owned(),
        IdleCode::NoMatchingRoute => {
            format!("{} something that this worker does not offer", verb(tasks, "needs", "need"))
        }
        IdleCode::Delayed => {
            format!("{} for the delay after a failure to pass", verb(tasks, "waits", "wait"))
        }
        IdleCode::AllLeased => format!("{} held by workers", verb(tasks, "is", "are")),
        IdleCode::Paused => format!("{} paused by a person", verb(tasks, "is", "are")),
        IdleCode::Draining => "no new work is handed out, because of a shutdown".to_owned(),
        IdleCode::NoFreeSlot => format!("no slot is free for {}", count(tasks)),
        IdleCode::AlreadyHeld => format!("{} with this worker already", verb(tasks, "is", "are")),
        IdleCode::BucketEmpty => {
            format!("{} until the limits of the teacher allow more", verb(tasks, "waits", "wait"))
        }
        IdleCode::BudgetSpent => format!("{} for money: the budget is spent", verb(tasks, "waits", "wait")),
        IdleCode::CircuitOpen => {
            format!("{} because the teacher's provider is not asked", verb(tasks, "waits", "wait"))
        }
        IdleCode::ModelNotLoaded => {
            format!("{} for a model that is not loaded here", verb(tasks, "waits", "wait"))
        }
    };
    IdleReason { code, tasks, message: BoundedText::clipped(&message) }
}

/// The reason [`IdleCode::NoMatchingRoute`], naming some of what the tasks need.
#[must_use]
pub fn no_matching_route<'a>(tasks: u64, needed: impl IntoIterator<Item = &'a Route>) -> IdleReason {
    let mut needed = needed.into_iter();
    let named: Vec<String> = needed.by_ref().take(NAMED).map(ToString::to_string).collect();
    let more = match needed.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "{} {}{more}, which this worker does not offer",
        verb(tasks, "needs", "need"),
        named.join(", ")
    );
    IdleReason { message: BoundedText::clipped(&message), ..reason(IdleCode::NoMatchingRoute, tasks) }
}

/// The reason for `tasks` tasks of a teacher that is not asked now: why, and until when.
#[must_use]
pub fn of_teacher(
    code: IdleCode,
    tasks: u64,
    teacher: &TeacherName,
    (why, until): (&str, Option<Timestamp>),
) -> IdleReason {
    let until = until.map_or_else(|| "until someone acts".to_owned(), |until| format!("until {until}"));
    let message = format!("{} {until}: {teacher} is not asked, {why}", verb(tasks, "waits", "wait"));
    IdleReason { code, tasks, message: BoundedText::clipped(&message) }
}

/// The reason for `tasks` tasks of a model that another worker has loaded: not worth a swap yet.
#[must_use]
pub fn not_worth_a_swap(tasks: u64, route: &Route, waited: Duration, handicap: Duration) -> IdleReason {
    let message = format!(
        "{} for {route}: not loaded here and not worth a swap yet (penalty {} s, oldest waits {} s), another worker has it \
         loaded",
        verb(tasks, "waits", "wait"),
        handicap.as_secs(),
        waited.as_secs()
    );
    IdleReason { code: IdleCode::ModelNotLoaded, tasks, message: BoundedText::clipped(&message) }
}

/// The reason for `tasks` tasks of a model that does not run as it should on the worker that asks. Workers of every release
/// know its code.
#[must_use]
pub fn unfit(tasks: u64, route: &Route, why: &str) -> IdleReason {
    let message = format!("{} {route}, which is unfit: {why}", verb(tasks, "needs", "need"));
    IdleReason { code: IdleCode::NoMatchingRoute, tasks, message: BoundedText::clipped(&message) }
}

fn count(tasks: u64) -> String {
    if tasks == 1 { "1 task".to_owned() } else { format!("{tasks} tasks") }
}

fn verb(tasks: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(tasks), if tasks == 1 { one } else { many })
}
