//! Tasks as bytes: the form that `lua/record.lua` describes.

use std::borrow::Cow;

use hafs_domain::retry::Tries;
use hafs_proto::task::Priority;
use hafs_proto::{
    Attempt, BoundedText, CompletionId as ClaimId, Generation, Route, RunId, TaskId, TaskKind, TaskState,
    Timestamp, WorkerId,
};
use uuid::Uuid;

use crate::record::{Hold, Record};
use crate::{Entry, LeaseRef, Pausable};

/// Makes every time positive: the year 1 is 0. Scripts read the sum as a double without loss.
const BIAS_MS: i64 = 62_135_596_800_000;

const PRIORITIES: [Priority; 4] = [Priority::Urgent, Priority::Normal, Priority::Bulk, Priority::Filler];

pub(super) fn time(at: Timestamp) -> [u8; 8] {
    (at.as_millis() + BIAS_MS).to_be_bytes()
}

pub(super) fn read_time(bytes: [u8; 8]) -> Option<Timestamp> {
    Timestamp::from_millis(i64::from_be_bytes(bytes).checked_sub(BIAS_MS)?).ok()
}

/// A route as the beginning of a member: bytes sort as routes do, and the NUL ends it.
pub(super) fn route_key(route: &Route) -> Vec<u8> {
    let (class, name) = match route {
        Route::Source(name) => (b'0', Cow::Borrowed(name.as_str())),
        Route::Teacher(name) => (b'1', Cow::Borrowed(name.as_str())),
        Route::Embed(name) => (b'2', Cow::Borrowed(name.as_str())),
        Route::Check(name) => (b'3', Cow::Borrowed(name.as_str())),
        Route::Batch(name) => (b'4', Cow::Borrowed(name.as_str())),
        // Ids are of one length, so bytes sort as the pairs do.
        Route::Witness(worker, name) => (b'5', Cow::Owned(format!("{worker}/{name}"))),
    };
    [&[class], name.as_bytes(), b"\0"].concat()
}

pub(super) fn read_route(key: &[u8]) -> Option<Route> {
    let (class, name) = key.strip_suffix(b"\0")?.split_first()?;
    let name = str::from_utf8(name).ok()?;
    match class {
        b'0' => name.parse().ok().map(Route::Source),
        b'1' => name.parse().ok().map(Route::Teacher),
        b'2' => name.parse().ok().map(Route::Embed),
        b'3' => name.parse().ok().map(Route::Check),
        b'4' => name.parse().ok().map(Route::Batch),
        b'5' => {
            let (worker, name) = name.split_once('/')?;
            Some(Route::Witness(worker.parse().ok()?, name.parse().ok()?))
        }
        _ => None,
    }
}

pub(super) fn pausable(what: &Pausable) -> Vec<u8> {
    match what {
        Pausable::Run(run) => [b"r", &run.uuid().as_bytes()[..]].concat(),
        Pausable::Route(route) => [b"t", &route_key(route)[..]].concat(),
    }
}

pub(super) fn read_pausable(bytes: &[u8]) -> Option<Pausable> {
    match bytes.split_first()? {
        (b'r', run) => Uuid::from_slice(run).ok().map(|run| Pausable::Run(RunId::from_uuid(run))),
        (b't', route) => read_route(route).map(Pausable::Route),
        _ => None,
    }
}

/// The pair that fences a lease.
pub(super) fn pair(lease: LeaseRef) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&lease.generation.0.to_be_bytes());
    bytes[8..].copy_from_slice(&lease.attempt.0.to_be_bytes());
    bytes
}

/// The record of a task without its lease: only scripts give leases.
pub(super) fn encode(record: &Record) -> Vec<u8> {
    let entry = &record.entry;
    let route = route_key(&entry.route);
    let position = |place: Option<usize>| u8::try_from(place.unwrap_or_default()).unwrap_or_default();
    let mut bytes = Vec::with_capacity(64 + route.len());
    bytes.extend(record.attempt.0.to_be_bytes());
    bytes.extend(time(entry.not_before));
    for tries in [entry.tries.failures, entry.tries.losses, entry.tries.deferrals] {
        bytes.extend(tries.to_be_bytes());
    }
    // Proof: a route's name has at most 193 bytes, see `hafs_proto::name`.
    bytes.extend(u16::try_from(route.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(entry.run.uuid().as_bytes());
    bytes.extend(time(entry.deadline()));
    bytes.extend(time(entry.created_at));
    bytes.push(position(TaskKind::ALL.iter().position(|kind| *kind == entry.kind)));
    bytes.push(position(PRIORITIES.iter().position(|priority| *priority == entry.priority)));
    bytes.extend(entry.max_attempts.to_be_bytes());
    bytes.extend(route);
    bytes
}

/// Reads a record; nothing if it is not one of ours.
pub(super) fn decode(task: TaskId, bytes: &[u8]) -> Option<Record> {
    let mut rest = Reader(bytes);
    let attempt = Attempt(rest.u32()?);
    let not_before = read_time(rest.take()?)?;
    let tries = Tries { failures: rest.u32()?, losses: rest.u32()?, deferrals: rest.u32()? };
    let route_length = usize::from(u16::from_be_bytes(rest.take()?));
    let run = RunId::from_uuid(rest.uuid()?);
    let _deadline: [u8; 8] = rest.take()?;
    let created_at = read_time(rest.take()?)?;
    let kind = *TaskKind::ALL.get(usize::from(rest.byte()?))?;
    let priority = *PRIORITIES.get(usize::from(rest.byte()?))?;
    let max_attempts = rest.u32()?;
    let route = read_route(rest.bytes(route_length)?)?;
    let entry = Entry { task, run, kind, route, priority, created_at, not_before, tries, max_attempts };
    if rest.0.is_empty() {
        return Some(Record { entry, state: TaskState::Ready { not_before }, attempt, hold: None });
    }
    let worker = WorkerId::from_uuid(rest.uuid()?);
    let generation = Generation(rest.u64()?);
    let expires_at = read_time(rest.take()?)?;
    let state = TaskState::Leased { worker, generation, attempt, expires_at };
    Some(Record { entry, state, attempt, hold: Some(Box::new(hold(&mut rest)?)) })
}

fn hold(rest: &mut Reader<'_>) -> Option<Hold> {
    match rest.byte()? {
        b'c' => {
            let claim = ClaimId::from_uuid(rest.uuid()?);
            let pool = BoundedText::new(str::from_utf8(rest.0).ok()?).ok()?;
            Some(Hold::Claimed { claim, pool })
        }
        b'a' => Some(Hold::Adopted { from: (Generation(rest.u64()?), Attempt(rest.u32()?)) }),
        _ => None,
    }
}

/// Reads fields one after the other.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    pub(super) fn uuid(&mut self) -> Option<Uuid> {
        self.take().map(Uuid::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(route: Route, (ms, tries): (i64, u32), kind: usize) -> Entry {
        let at = Timestamp::from_millis(ms).expect("in range");
        Entry {
            task: TaskId::from_uuid(Uuid::from_u128(7)),
            run: RunId::from_uuid(Uuid::from_u128(u128::MAX)),
            kind: TaskKind::ALL[kind % TaskKind::ALL.len()],
            route,
            priority: PRIORITIES[kind % 4],
            created_at: at,
            not_before: at,
            tries: Tries { failures: tries, losses: tries / 2, deferrals: 0 },
            max_attempts: tries,
        }
    }

    fn route() -> impl Strategy<Value = Route> {
        let slug = "[a-z0-9][a-z0-9._-]{0,12}";
        let model = "[A-Za-z0-9._:@+-][A-Za-z0-9._:@+/-]{0,12}";
        let teacher = (slug, model).prop_map(|(provider, model)| format!("{provider}/{model}"));
        prop_oneof![
            slug.prop_map(|name| Route::Source(name.parse().expect("a slug"))),
            slug.prop_map(|name| Route::Check(name.parse().expect("a slug"))),
            (any::<u128>(), slug).prop_map(|(worker, name)| {
                Route::Witness(WorkerId::from_uuid(Uuid::from_u128(worker)), name.parse().expect("a slug"))
            }),
            teacher.clone().prop_map(|name| Route::Teacher(name.parse().expect("a teacher"))),
            teacher.prop_map(|name| Route::Embed(name.parse().expect("a teacher"))),
        ]
    }

    proptest! {
        #[test]
        fn a_record_survives_its_bytes(
            route in route(), ms in -62_135_596_800_000_i64..=253_402_207_200_000, tries in any::<u32>(), kind in 0..24_usize
        ) {
            let record = Record::new(entry(route, (ms, tries), kind));
            prop_assert_eq!(decode(record.entry.task, &encode(&record)), Some(record));
        }

        #[test]
        fn bytes_sort_as_routes_and_times_do(a in route(), b in route(), x in any::<i32>(), y in any::<i32>()) {
            prop_assert_eq!(route_key(&a).cmp(&route_key(&b)), a.cmp(&b));
            let at = |ms: i32| Timestamp::from_millis(i64::from(ms)).expect("in range");
            prop_assert_eq!(time(at(x)).cmp(&time(at(y))), x.cmp(&y));
        }

        #[test]
        fn bytes_of_others_are_no_record_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let task = TaskId::from_uuid(Uuid::from_u128(7));
            if let Some(record) = decode(task, &bytes) {
                prop_assert_eq!(record.entry.task, task);
            }
        }
    }
}
