//! Asking a teacher, reading the reply, and asking once more when it cannot be read.
//!
//! The first reply is kept on disk before the second call is made: it was paid for, and the process may end.

use hafs_proto::task::FailureClass;
use hafs_proto::teacher::CallError;
use hafs_proto::{BoundedText, CallRecord, Reason, TaskId};
use hafs_quality::reply::{Parsed, ReplyError, ReplyShape, parse_object};
use hafs_teachers::{CallFailure, ChatRequest, Message, Teacher};
use tokio_util::sync::CancellationToken;

use super::{EquippedTeacher, Executors};
use crate::agent::{Fault, Work};
use crate::generators::{RubricError, Unfit, clip};
use crate::spool::Journal;

/// Bytes of an unreadable reply that the teacher is shown again.
const SHOWN_AGAIN: usize = 2_000;

/// Why a reply that came cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) reason: Reason,
    pub(super) why: String,
}

impl From<ReplyError> for Unusable {
    fn from(error: ReplyError) -> Self {
        Self { reason: error.reason(), why: error.to_string() }
    }
}

impl From<Unfit> for Unusable {
    fn from(unfit: Unfit) -> Self {
        Self { reason: unfit.reason, why: unfit.message }
    }
}

impl From<RubricError> for Unusable {
    fn from(error: RubricError) -> Self {
        Self { reason: Reason::JsonMissingField, why: error.to_string() }
    }
}

/// A conversation with one teacher about one task.
pub(super) struct Exchange<'a> {
    teacher: &'a dyn Teacher,
    shape: ReplyShape,
    task: TaskId,
    journal: &'a Journal,
    cancel: &'a CancellationToken,
}

impl Executors {
    pub(super) fn exchange<'a>(
        &'a self,
        teacher: &'a EquippedTeacher,
        shape: ReplyShape,
        task: TaskId,
        cancel: &'a CancellationToken,
    ) -> Exchange<'a> {
        Exchange { teacher: teacher.teacher.as_ref(), shape, task, journal: &self.journal, cancel }
    }
}

/// What came of it.
pub(super) struct Outcome<T> {
    /// Every call, in order.
    pub(super) calls: Vec<CallRecord>,
    /// What the last reply said, or why there is none that can be used.
    pub(super) answer: Result<T, Ended>,
}

/// Why a conversation ended without an answer.
pub(super) enum Ended {
    Failed(Fault),
    Stopped,
}

impl Exchange<'_> {
    /// Asks; when the reply cannot be read or `read` cannot use it, asks once more with less randomness, saying what
    /// was wrong. The constant beginning of the prompt stays the same.
    pub(super) async fn run<T>(
        &self,
        mut request: ChatRequest,
        read: impl Fn(Parsed) -> Result<T, Unusable> + Send + Sync,
    ) -> Outcome<T> {
        let mut calls = Vec::new();
        let reply = match self.first(&request, &mut calls).await {
            Ok(reply) => reply,
            Err(ended) => return Outcome { calls, answer: Err(ended) },
        };
        let unusable = match self.read(&reply, &read) {
            Ok(answer) => return Outcome { calls, answer: Ok(answer) },
            Err(unusable) => unusable,
        };
        if let Some(call) = calls.last() {
            self.journal.keep(self.task, call.clone(), &reply).await;
        }
        note(&mut calls, &reply, &unusable);
        repair(&mut request, &reply, &unusable);
        let reply = match self.ask(&request, &mut calls).await {
            Ok(reply) => reply,
            Err(ended) => return Outcome { calls, answer: Err(ended) },
        };
        let answer = self.read(&reply, &read).map_err(|unusable| {
            note(&mut calls, &reply, &unusable);
            let detail = format!("two replies could not be used; the second: {}", unusable.why);
            Ended::Failed(Fault::new(class(unusable.reason), unusable.reason, detail))
        });
        Outcome { calls, answer }
    }

    /// The first reply: what an earlier process got and could not finish with, or what the teacher says now.
    async fn first(&self, request: &ChatRequest, calls: &mut Vec<CallRecord>) -> Result<String, Ended> {
        let asked = request.prompt_hash(self.teacher.name());
        match self.journal.recall(self.task, asked).await {
            Some(paid) => {
                calls.push(paid.record);
                Ok(paid.reply)
            }
            None => self.ask(request, calls).await,
        }
    }

    async fn ask(&self, request: &ChatRequest, calls: &mut Vec<CallRecord>) -> Result<String, Ended> {
        let reply = self.teacher.chat(request, self.cancel).await;
        calls.push(reply.record);
        match reply.outcome {
            Ok(text) => Ok(text),
            Err(_) if self.cancel.is_cancelled() => Err(Ended::Stopped),
            Err(failure) => Err(Ended::Failed(fault(failure))),
        }
    }

    fn read<T>(&self, reply: &str, read: &impl Fn(Parsed) -> Result<T, Unusable>) -> Result<T, Unusable> {
        read(parse_object(reply, &self.shape)?)
    }
}

impl<T> Outcome<T> {
    /// The end of the work: a result made of the answer, or the failure.
    pub(super) fn into_work(
        self,
        finish: impl FnOnce(T, &[CallRecord]) -> hafs_proto::task::TaskOutput,
    ) -> Work {
        let calls = self.calls;
        match self.answer {
            Ok(answer) => Work::Done { output: Box::new(finish(answer, &calls)), calls },
            Err(Ended::Failed(fault)) => Work::Failed { calls, fault },
            Err(Ended::Stopped) => Work::Stopped { calls },
        }
    }
}

/// A refusal is final for this teacher; anything else may come out better at another attempt.
fn class(reason: Reason) -> FailureClass {
    if reason == Reason::Refused { FailureClass::Refused } else { FailureClass::Invalid }
}

/// The fault of a call that gave no reply.
pub(super) fn fault(failure: CallFailure) -> Fault {
    Fault {
        class: failure.class,
        reason: failure.reason,
        detail: failure.message,
        retry_after: failure.retry_after,
    }
}

/// Keeps what the teacher said with the record of the call: it was paid for and can be looked at.
fn note(calls: &mut [CallRecord], reply: &str, unusable: &Unusable) {
    if let Some(call) = calls.last_mut() {
        call.reply_excerpt = Some(BoundedText::clipped(reply));
        let message = BoundedText::clipped(&unusable.why);
        call.error = Some(CallError { reason: unusable.reason, status: None, message });
    }
}

fn repair(request: &mut ChatRequest, reply: &str, unusable: &Unusable) {
    request.messages.push(Message::assistant(clip(reply, SHOWN_AGAIN)));
    request.messages.push(Message::user(format!(
        "That cannot be used: {}. Answer again with the one JSON object that was asked for and nothing else.",
        unusable.why
    )));
    request.temperature *= 0.25;
}
