//! Failures of leases: read, decided by the retry rule, applied to what has not changed meanwhile.

use std::collections::BTreeMap;

use hafs_proto::{TaskId, Timestamp, WorkerId};

use super::RedisQueue;
use super::settle::{Decision, Seen};
use crate::error::bounded;
use crate::{FailAnswer, FailedLease, QueueError, Trouble};

/// Rounds of deciding about tasks that others change meanwhile.
const ROUNDS: usize = 16;

/// What is to be answered about the failures of one task, if its decision can be applied.
struct Verdict {
    answers: Vec<(usize, FailAnswer)>,
    decision: Option<Decision>,
}

impl RedisQueue {
    pub(super) async fn settle_failures(
        &self,
        worker: WorkerId,
        failures: &[FailedLease],
        now: Timestamp,
    ) -> Result<Vec<FailAnswer>, QueueError> {
        bounded("fail", failures.len())?;
        let mut answers: Vec<Option<FailAnswer>> = vec![None; failures.len()];
        for _ in 0..ROUNDS {
            let open = unanswered(failures, &answers);
            let tasks: Vec<TaskId> = open.keys().copied().collect();
            let found = self.peek("fail", &tasks).await?;
            let judge = |(nths, seen): (&Vec<usize>, Option<Seen>)| {
                self.judge(worker, nths.iter().map(|nth| (*nth, &failures[*nth])), seen, now)
            };
            let verdicts: Vec<Verdict> = open.values().zip(found).map(judge).collect();
            for (nth, answer) in self.apply(verdicts, now).await? {
                answers[nth] = Some(answer);
            }
            if answers.iter().all(Option::is_some) {
                return Ok(answers.into_iter().flatten().collect());
            }
        }
        Err(self.server.unavailable("fail", Trouble::Contended))
    }

    /// Decides about the failures of one task in their order, each seeing what the one before it led to.
    fn judge<'a>(
        &self,
        worker: WorkerId,
        failures: impl Iterator<Item = (usize, &'a FailedLease)>,
        mut seen: Option<Seen>,
        now: Timestamp,
    ) -> Verdict {
        let mut verdict = Verdict { answers: Vec::new(), decision: None };
        for (nth, failure) in failures {
            let failed = |(_, record): &Seen| record.failed(worker, failure, &self.retry, now);
            let answer = match (&verdict.decision, seen.as_ref().map(failed)) {
                // A task fails once: then it is not leased any more, or gone.
                (Some(decision), _) if decision.is_final() => FailAnswer::Closed,
                (Some(_), _) | (None, Some(None)) => FailAnswer::Stale,
                (None, None) => FailAnswer::Closed,
                (None, Some(Some((state, after)))) => {
                    verdict.decision = seen.take().map(|seen| Decision::new(seen, state, &after));
                    after.into()
                }
            };
            verdict.answers.push((nth, answer));
        }
        verdict
    }

    /// The answers that hold: where a task has changed meanwhile, there are none yet.
    async fn apply(
        &self,
        verdicts: Vec<Verdict>,
        now: Timestamp,
    ) -> Result<impl Iterator<Item = (usize, FailAnswer)>, QueueError> {
        let decisions: Vec<&Decision> = verdicts.iter().filter_map(|it| it.decision.as_ref()).collect();
        let mut done = self.settle("fail", decisions.into_iter(), now).await?.into_iter();
        let holds = move |verdict: &Verdict| verdict.decision.is_none() || done.next() == Some(true);
        Ok(verdicts.into_iter().filter(holds).flat_map(|verdict| verdict.answers))
    }
}

/// Failures without an answer, by task, in their order.
fn unanswered(failures: &[FailedLease], answers: &[Option<FailAnswer>]) -> BTreeMap<TaskId, Vec<usize>> {
    let mut open: BTreeMap<TaskId, Vec<usize>> = BTreeMap::new();
    for (nth, failure) in failures.iter().enumerate().filter(|(nth, _)| answers[*nth].is_none()) {
        open.entry(failure.lease.task).or_default().push(nth);
    }
    open
}
