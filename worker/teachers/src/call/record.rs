//! From a provider's answer to the record of the call and a usable text, or the reason why it is none.

use hafs_proto::task::FailureClass;
use hafs_proto::{BoundedText, CallRecord, ContentHash, Reason, StopReason, TeacherName, Usage};
use tokio::time::Instant;

use super::failure::CallFailure;
use super::pricing::Pricing;
use super::request::ChatRequest;
use super::served::is_same_model;

/// What a call came to. The record is stored whatever the outcome was: the call was paid for.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The record.
    pub record: CallRecord,
    /// The whole text, or why there is none that can be used.
    pub outcome: Result<String, CallFailure>,
}

/// What a provider answered, before anyone judged it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) served_model: Option<String>,
    /// The provider's own id of the call.
    pub(crate) request_id: Option<String>,
    pub(crate) stop: Stop,
    pub(crate) usage: Usage,
    /// Prompt tokens that were written into a cache, which some providers charge more for; part of `usage.input`.
    pub(crate) cache_write: u64,
    /// Whether there was reasoning beside the text.
    pub(crate) reasoned: bool,
}

/// Why the answer ended, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Stop {
    #[default]
    Complete,
    Length,
    Refusal,
    Filter,
    /// Broken off, or never begun.
    Failed(CallFailure),
}

impl Answer {
    /// An answer that is nothing but a failure.
    pub(crate) fn failed(failure: CallFailure) -> Self {
        Self { request_id: failure.request_id.clone(), stop: Stop::Failed(failure), ..Self::default() }
    }

    /// The answer with `redact` applied to everything in it that may be stored.
    pub(crate) fn redacted(mut self, redact: impl Fn(String) -> String) -> Self {
        self.text = redact(self.text);
        if let Stop::Failed(failure) = &mut self.stop {
            failure.message = redact(std::mem::take(&mut failure.message));
        }
        self
    }
}

/// A teacher as its records name it.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) name: TeacherName,
    pub(crate) aliases: Vec<String>,
    pub(crate) pricing: Pricing,
}

impl Identity {
    /// Turns an answer into a reply. `started` is when the call was made.
    pub(crate) fn reply(&self, request: &ChatRequest, started: Instant, mut answer: Answer) -> Reply {
        answer.usage = estimated(answer.usage, request, &answer.text);
        let outcome = self.judge(&answer);
        let failure = outcome.as_ref().err();
        let has_text = !answer.text.is_empty();
        let record = CallRecord {
            teacher: self.name.clone(),
            served_model: answer.served_model.as_deref().map(BoundedText::clipped),
            request_id: answer.request_id.as_deref().map(BoundedText::clipped),
            stop: stop_reason(&answer.stop),
            usage: answer.usage,
            latency_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            cost: self.pricing.cost(&answer.usage, answer.cache_write),
            prompt_hash: request.prompt_hash(&self.name),
            reply_hash: has_text.then(|| ContentHash::of(answer.text.as_bytes())),
            reply_excerpt: (has_text && failure.is_some()).then(|| BoundedText::clipped(&answer.text)),
            error: failure.map(CallFailure::to_call_error),
        };
        Reply { record, outcome: outcome.map(|()| answer.text) }
    }

    fn judge(&self, answer: &Answer) -> Result<(), CallFailure> {
        if let Stop::Failed(failure) = &answer.stop {
            return Err(failure.clone());
        }
        self.check_served(answer.served_model.as_deref())?;
        stopped_well(&self.name, answer)
    }

    /// Refuses the answer of a model that was not asked for. A provider that does not say is believed.
    pub(crate) fn check_served(&self, served: Option<&str>) -> Result<(), CallFailure> {
        let Some(served) = served.filter(|served| !served.is_empty()) else { return Ok(()) };
        if is_same_model(self.name.model(), served, &self.aliases) {
            return Ok(());
        }
        Err(CallFailure::invalid(format!(
            "{} answered as model `{}`, which is not the one asked for; if it is the same model, add that name to \
             the teacher's `served_as`",
            self.name,
            BoundedText::<256>::clipped(served)
        )))
    }
}

/// Bytes of text that are taken for a token where the provider did not count.
const BYTES_PER_TOKEN: usize = 4;

/// The usage of an answer that broke off before its tokens were counted is estimated: it is paid for all the same.
fn estimated(usage: Usage, request: &ChatRequest, text: &str) -> Usage {
    if usage.reported || text.is_empty() {
        return usage;
    }
    let tokens = |bytes: usize| u64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX);
    let input = if usage.input == 0 { tokens(request.prompt_bytes()) } else { usage.input };
    Usage { input, output: usage.output.max(tokens(text.len())), ..usage }
}

fn stopped_well(name: &TeacherName, answer: &Answer) -> Result<(), CallFailure> {
    let refused = |message| Err(CallFailure::new(Reason::Refused, FailureClass::Refused, message));
    match &answer.stop {
        Stop::Failed(failure) => Err(failure.clone()),
        Stop::Refusal => refused(format!("{name} refused to answer")),
        Stop::Filter => refused(format!("the provider's filter stopped the reply of {name}")),
        Stop::Length => Err(CallFailure::new(
            Reason::Truncated,
            FailureClass::Invalid,
            format!(
                "{name} reached its token limit after {} tokens; raise `max_tokens` or `num_ctx`",
                answer.usage.output
            ),
        )),
        Stop::Complete if answer.text.trim().is_empty() => {
            let why = if answer.reasoned {
                " (it only reasoned; turn thinking off or raise `max_tokens`)"
            } else {
                ""
            };
            let message = format!("{name} answered with nothing{why}");
            Err(CallFailure::new(Reason::EmptyReply, FailureClass::Invalid, message))
        }
        Stop::Complete => Ok(()),
    }
}

fn stop_reason(stop: &Stop) -> StopReason {
    match stop {
        Stop::Complete => StopReason::Complete,
        Stop::Length => StopReason::Length,
        Stop::Refusal => StopReason::Refusal,
        Stop::Filter => StopReason::Filter,
        Stop::Failed(_) => StopReason::Error,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hafs_proto::MicroUsd;

    use super::*;

    fn reply_to(answer: Answer) -> Reply {
        let identity = Identity {
            name: "openai/gpt-4o".parse().expect("a teacher"),
            aliases: vec![],
            pricing: Pricing { output: MicroUsd(1_000_000), ..Pricing::default() },
        };
        let request = ChatRequest {
            system: String::new(),
            messages: vec![],
            schema: None,
            max_tokens: 1,
            temperature: 0.0,
            seed: 0,
            num_ctx: None,
            deadline: Duration::from_secs(1),
        };
        identity.reply(&request, Instant::now(), answer)
    }

    fn answer(text: &str, stop: Stop) -> Answer {
        let usage = Usage { output: 7, reported: true, ..Usage::default() };
        Answer { text: text.to_owned(), stop, usage, ..Answer::default() }
    }

    #[test]
    fn every_unusable_answer_has_its_own_code_and_is_still_paid_for() {
        for (answer, reason) in [
            (answer(" \n", Stop::Complete), Reason::EmptyReply),
            (answer("half", Stop::Length), Reason::Truncated),
            (answer("no", Stop::Refusal), Reason::Refused),
            (answer("", Stop::Filter), Reason::Refused),
            (answer("", Stop::Failed(CallFailure::timeout("late"))), Reason::Timeout),
        ] {
            let reply = reply_to(answer);
            assert_eq!(reply.outcome.expect_err("unusable").reason, reason);
            assert_eq!(reply.record.error.expect("recorded").reason, reason);
            assert_eq!(reply.record.cost, MicroUsd(7));
        }
    }

    #[test]
    fn what_broke_off_uncounted_is_estimated_and_paid() {
        let uncounted = Usage { input: 5, output: 1, ..Usage::default() };
        let stop = Stop::Failed(CallFailure::timeout("late"));
        let reply = reply_to(Answer { usage: uncounted, ..answer("eight by", stop) });
        assert_eq!((reply.record.usage.input, reply.record.usage.output), (5, 2));
        assert_eq!((reply.record.cost, reply.record.usage.reported), (MicroUsd(2), false));
    }

    #[test]
    fn a_good_answer_is_its_text_and_carries_no_excerpt() {
        let reply = reply_to(answer("fine", Stop::Complete));
        assert_eq!(reply.outcome.as_deref(), Ok("fine"));
        assert_eq!(reply.record.request_id, None, "a provider that names no call is not made up for");
        assert_eq!((reply.record.error, reply.record.reply_excerpt), (None, None));
    }

    #[test]
    fn the_providers_id_of_a_call_is_recorded_also_when_it_was_refused() {
        let request_id = Some("req_1".to_owned());
        let named = Answer { request_id: request_id.clone(), ..answer("fine", Stop::Complete) };
        assert_eq!(reply_to(named).record.request_id.as_deref(), Some("req_1"));
        let refusal = CallFailure { request_id, ..CallFailure::invalid("no such field") };
        assert_eq!(reply_to(Answer::failed(refusal)).record.request_id.as_deref(), Some("req_1"));
    }

    #[test]
    fn another_models_answer_is_recorded_under_its_name_and_refused() {
        let reply = reply_to(Answer {
            served_model: Some("gpt-4o-mini".to_owned()),
            ..answer("fine", Stop::Complete)
        });
        let failure = reply.outcome.expect_err("another model");
        assert_eq!((failure.reason, failure.class), (Reason::ProviderError, FailureClass::Invalid));
        assert_eq!(reply.record.served_model.as_deref(), Some("gpt-4o-mini"));
        assert_eq!(reply.record.reply_excerpt.as_deref(), Some("fine"), "a paid answer can be looked at");
    }
}
