//! What the tests of the agent share.

use std::time::Duration;

use hafs_proto::lease::{Attempt, Generation, LeaseKey, LeaseToken};
use hafs_proto::task::{CheckSpec, SampleTexts, TaskOutput};
use hafs_proto::worker::{ClaimReply, ClaimedTask, Intervals, Pool, RenewReply};
use hafs_proto::{
    BoundedText, Check, CompletionId, ContentHash, Outcome, Problem, ProblemType, RunId, SampleId, Task,
    TaskId, TaskSpec, Timestamp, WorkerId,
};
use uuid::Uuid;

use super::*;

/// An agent with a made-up clock and made-up ids.
pub(super) struct Rig {
    pub(super) state: State,
    pub(super) now: Duration,
    next_id: u128,
}

pub(super) fn rules() -> Rules {
    Rules {
        intervals: Intervals { heartbeat_ms: 10_000, lease_ms: 40_000, claim_wait_ms: 20_000 },
        claim_wait: Duration::from_secs(20),
        drain_timeout: Duration::from_secs(30),
        release_grace: Duration::from_secs(5),
        spool: SpoolCaps { results: 10, bytes: 1_000_000 },
        batch: BatchCaps { items: 4, bytes: 10_000 },
    }
}

pub(super) fn pool(name: &str, slots: u32) -> Pool {
    Pool { name: BoundedText::clipped(name), slots, routes: Vec::new() }
}

pub(super) fn task_id(number: u128) -> TaskId {
    TaskId::from_uuid(Uuid::from_u128(number))
}

pub(super) fn key(number: u128) -> CompletionId {
    CompletionId::from_uuid(Uuid::from_u128(number))
}

pub(super) fn token(number: u128, attempt: u32) -> LeaseToken {
    let worker = WorkerId::from_uuid(Uuid::from_u128(1));
    LeaseKey::new([1; 32]).sign(task_id(number), worker, Generation(1), Attempt(attempt))
}

pub(super) fn claimed(number: u128, pool: &str) -> ClaimedTask {
    let sample = SampleTexts {
        id: SampleId::from_uuid(Uuid::from_u128(1)),
        domain: "rust".parse().expect("a domain"),
        instruction: BoundedText::default(),
        input: BoundedText::default(),
        output: BoundedText::default(),
    };
    let task = Task {
        id: task_id(number),
        run: RunId::from_uuid(Uuid::from_u128(1)),
        spec: TaskSpec::Check(CheckSpec {
            check: "ca65".parse().expect("a check"),
            sample,
            origin: None,
            witness: None,
        }),
        priority: hafs_proto::task::Priority::Normal,
        key: ContentHash::of(b"key"),
        max_attempts: 3,
        created_at: Timestamp::EPOCH,
    };
    let pool = BoundedText::clipped(pool);
    ClaimedTask { task, pool, token: token(number, 1), attempt: Attempt(1), lease_ms: 40_000 }
}

pub(super) fn tasks(tasks: Vec<ClaimedTask>) -> Answered<ClaimReply> {
    Ok(ClaimReply { tasks, reasons: Vec::new(), retry_after_ms: 1_000, backlog: Vec::new() })
}

pub(super) fn renewal() -> Answered<RenewReply> {
    Ok(RenewReply {
        renewed: Vec::new(),
        lost: Vec::new(),
        cancelled: Vec::new(),
        paused: false,
        drain: false,
        rotate: false,
        superseded: false,
    })
}

pub(super) fn away<T>() -> Answered<T> {
    Err(CallTrouble::Away("connection refused".to_owned()))
}

pub(super) fn problem<T>(kind: ProblemType) -> Answered<T> {
    Err(CallTrouble::Problem(Box::new(Problem::new(kind, "no"))))
}

pub(super) fn done() -> Work {
    let outcome = Outcome::NotApplicable;
    let check = Check {
        name: "ca65".parse().expect("a check"),
        version: 1,
        by: hafs_proto::CheckedBy::Worker,
        outcome,
        tool: None,
    };
    Work::Done { calls: Vec::new(), output: Box::new(TaskOutput::Check { check }) }
}

pub(super) fn spooled(number: u128, kind: ParcelKind) -> Spooled {
    Spooled {
        key: key(number),
        task: task_id(number),
        token: token(number, 1),
        kind,
        bytes: 100,
        kept: Kept::OnDisk,
    }
}

impl Rig {
    pub(super) fn new(pools: &[Pool], found: Vec<Spooled>) -> Self {
        Self { state: State::new(rules(), pools, found), now: Duration::ZERO, next_id: 1_000_000 }
    }

    /// An agent whose line is up and whose first claim is out.
    pub(super) fn up(slots: u32) -> (Self, CompletionId) {
        let mut rig = Self::new(&[pool("p", slots)], Vec::new());
        rig.send(Event::Tick);
        let effects = rig.send(Event::Renewed(renewal()));
        let claim = claims(&effects).first().expect("a claim").claim;
        (rig, claim)
    }

    pub(super) fn send(&mut self, event: Event) -> Vec<Effect> {
        self.next_id += 1;
        handle(
            &mut self.state,
            event,
            Moment { now: self.now, fresh: key(self.next_id), random: u64::MAX / 2 },
        )
    }

    pub(super) fn wait(&mut self, seconds: u64) -> Vec<Effect> {
        self.now += Duration::from_secs(seconds);
        self.send(Event::Tick)
    }

    pub(super) fn work_ends(&mut self, number: u128, work: Work) -> Vec<Effect> {
        self.next_id += 1;
        self.send(Event::Worked { task: task_id(number), key: key(self.next_id), work })
    }
}

pub(super) fn claims(effects: &[Effect]) -> Vec<hafs_proto::worker::ClaimRequest> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Claim(request) = effect { Some(request.clone()) } else { None })
        .collect()
}

pub(super) fn started(effects: &[Effect]) -> Vec<TaskId> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Start(task) = effect { Some(task.task.id) } else { None })
        .collect()
}

pub(super) fn renewals(effects: &[Effect]) -> Vec<hafs_proto::worker::RenewRequest> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Renew(request) = effect { Some(request.clone()) } else { None })
        .collect()
}

pub(super) fn deliveries(effects: &[Effect]) -> Vec<Vec<CompletionId>> {
    effects
        .iter()
        .filter_map(
            |effect| if let Effect::Deliver { keys, .. } = effect { Some(keys.clone()) } else { None },
        )
        .collect()
}

pub(super) fn released(effects: &[Effect]) -> Vec<TaskId> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Release(request) = effect { Some(&request.leases) } else { None })
        .flatten()
        .map(|lease| lease.task)
        .collect()
}

pub(super) fn exit(effects: &[Effect]) -> Option<Ending> {
    effects
        .iter()
        .find_map(|effect| if let Effect::Exit(ending) = effect { Some(ending.clone()) } else { None })
}
