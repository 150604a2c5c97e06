//! Leases after the claim: extended and handed back.

use hafs_proto::{Attempt, Generation, Timestamp, WorkerId};
use redis::Cmd;

use super::RedisQueue;
use super::bytes::{Reader, pair, time};
use super::script::Verb;
use crate::error::bounded;
use crate::{LeaseRef, QueueError, ReleaseAnswer, Renewal};

impl RedisQueue {
    pub(super) async fn extend(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        expires_at: Timestamp,
    ) -> Result<Vec<Renewal>, QueueError> {
        bounded("renew", leases.len())?;
        let mut call = self.server.verb(Verb::Renew);
        call.arg(&time(expires_at)).arg(worker.uuid().as_bytes());
        name(&mut call, leases);
        let answers: Vec<Vec<u8>> = self.server.call("renew", &call).await?;
        let read = |bytes: &Vec<u8>| match bytes.split_first()? {
            (b'R', held) => {
                let mut rest = Reader(held);
                let (generation, attempt) = (Generation(rest.u64()?), Attempt(rest.u32()?));
                Some(Renewal::Renewed { generation, attempt, expires_at })
            }
            (b'L', _) => Some(Renewal::Lost),
            (b'C', _) => Some(Renewal::Closed),
            _ => None,
        };
        let answers = answers.iter().map(read).collect::<Option<Vec<_>>>();
        answers.ok_or_else(|| self.server.foreign("renew", "an answer of no kind"))
    }

    pub(super) async fn hand_back(
        &self,
        worker: WorkerId,
        leases: &[LeaseRef],
        now: Timestamp,
    ) -> Result<Vec<ReleaseAnswer>, QueueError> {
        bounded("release", leases.len())?;
        let mut call = self.server.verb(Verb::Release);
        call.arg(&time(now)).arg(worker.uuid().as_bytes());
        name(&mut call, leases);
        let answers: Vec<String> = self.server.call("release", &call).await?;
        let read = |answer: &String| match answer.as_str() {
            "R" => Some(ReleaseAnswer::Released),
            "S" => Some(ReleaseAnswer::Stale),
            "C" => Some(ReleaseAnswer::Closed),
            _ => None,
        };
        let answers = answers.iter().map(read).collect::<Option<Vec<_>>>();
        answers.ok_or_else(|| self.server.foreign("release", "an answer of no kind"))
    }
}

fn name(call: &mut Cmd, leases: &[LeaseRef]) {
    for lease in leases {
        call.arg(lease.task.uuid().as_bytes()).arg(&pair(*lease));
    }
}
