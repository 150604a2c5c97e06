//! Handing tasks out, or saying why not.

use hafs_proto::{Attempt, BoundedText, Generation, TaskId, Timestamp, limits};
use redis::Value;

use super::RedisQueue;
use super::bytes::{Reader, route_key, time};
use super::look::{self, RawSurvey};
use super::script::Verb;
use crate::error::bounded;
use crate::{Ask, Claimed, Grant, QueueError, idle};

impl RedisQueue {
    pub(super) async fn lease_next(&self, ask: &Ask, now: Timestamp) -> Result<Claimed, QueueError> {
        bounded("claim", ask.holding.len())?;
        let expires_at = now.plus(ask.lease);
        let mut call = self.server.verb(Verb::Claim);
        call.arg(&time(now)).arg(&time(expires_at));
        call.arg(ask.worker.uuid().as_bytes()).arg(ask.claim.uuid().as_bytes());
        let holding: Vec<u8> = ask.holding.iter().flat_map(|task| *task.uuid().as_bytes()).collect();
        call.arg(holding).arg(limits::CLAIM_TASKS).arg(ask.promotions());
        call.arg(ask.at_most).arg(ask.handicaps.len());
        for (route, handicap) in &ask.handicaps {
            call.arg(route_key(route)).arg(u64::try_from(handicap.as_millis()).unwrap_or(u64::MAX));
        }
        for vacancy in &ask.vacancies {
            call.arg(vacancy.pool.as_str()).arg(vacancy.free).arg(vacancy.routes.len());
            for route in &vacancy.routes {
                call.arg(route_key(route));
            }
        }
        let (given, payload): (bool, Value) = self.server.call("claim", &call).await?;
        if !given {
            let (held, survey): (u64, RawSurvey) = self.server.read("claim", payload)?;
            let survey = look::survey(survey);
            let survey = survey.ok_or_else(|| self.server.foreign("claim", "a line of no route"))?;
            return Ok(idle::nothing(&ask.within(held), &survey));
        }
        let grants: Vec<Vec<u8>> = self.server.read("claim", payload)?;
        let grants = grants.iter().map(|bytes| grant(bytes, expires_at)).collect::<Option<Vec<_>>>();
        let grants = grants.ok_or_else(|| self.server.foreign("claim", "a lease of no pool"))?;
        Ok(Claimed { grants, ..Claimed::default() })
    }
}

fn grant(bytes: &[u8], expires_at: Timestamp) -> Option<Grant> {
    let mut rest = Reader(bytes);
    Some(Grant {
        task: TaskId::from_uuid(rest.uuid()?),
        attempt: Attempt(rest.u32()?),
        generation: Generation(rest.u64()?),
        pool: BoundedText::new(str::from_utf8(rest.0).ok()?).ok()?,
        expires_at,
    })
}
