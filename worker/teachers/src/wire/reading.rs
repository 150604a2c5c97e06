//! Reading an answer, whole or event by event.

use std::time::Duration;

use hafs_proto::Usage;
use serde_json::Value;
use tokio::time::timeout;

use crate::call::{Answer, CallFailure, Stop};
use crate::http::{EventReader, Opened};

/// How long the end of a body is waited for once everything is said, so that its connection can serve the next call.
const LINGER: Duration = Duration::from_millis(100);

/// What one wire makes of an answer.
pub(crate) trait Reading: Default + Send {
    /// Takes the next event. `what` names the call in messages.
    ///
    /// # Errors
    /// The failure that the event reports, or that it is.
    fn event(&mut self, what: &str, event: Value) -> Result<(), CallFailure>;

    /// Takes the answer of a server that answers in one piece.
    ///
    /// # Errors
    /// As for an event.
    fn whole(&mut self, what: &str, body: Value) -> Result<(), CallFailure>;

    /// Takes the mark `[DONE]`, with which some streams end.
    fn mark_done(&mut self) {}

    /// Whether nothing more is to come.
    fn is_done(&self) -> bool;

    /// The answer, or what there is of it.
    fn finish(self) -> Answer;
}

/// Reads the body of a success to its end.
pub(crate) async fn read<R: Reading>(mut opened: Opened<'_>) -> Answer {
    let mut reading = R::default();
    let read = if opened.is_stream() {
        events(&mut opened, &mut reading).await
    } else {
        let what = opened.what().to_owned();
        opened.whole().await.and_then(|body| reading.whole(&what, body))
    };
    let mut answer = reading.finish();
    if let Err(failure) = read {
        answer.stop = Stop::Failed(failure);
    }
    answer
}

async fn events<R: Reading>(opened: &mut Opened<'_>, reading: &mut R) -> Result<(), CallFailure> {
    let what = opened.what().to_owned();
    let mut events = EventReader::default();
    let too_long = || CallFailure::invalid(format!("{what} sent an event longer than any"));
    while let Some(chunk) = opened.chunk().await? {
        for data in events.push(&chunk).ok_or_else(too_long)? {
            take(reading, &what, &data)?;
        }
        if reading.is_done() {
            let _either_way = timeout(LINGER, opened.chunk()).await;
            return Ok(());
        }
    }
    events.finish().map_or(Ok(()), |data| take(reading, &what, &data))
}

fn take<R: Reading>(reading: &mut R, what: &str, data: &[u8]) -> Result<(), CallFailure> {
    if data.trim_ascii() == b"[DONE]" {
        reading.mark_done();
        return Ok(());
    }
    let event = serde_json::from_slice(data)
        .map_err(|error| CallFailure::invalid(format!("{what} sent an event that is not JSON: {error}")))?;
    reading.event(what, event)
}

/// The end of an answer: the reason that was given, or the failure that none was.
pub(crate) fn usual_end(stop: Option<Stop>) -> Stop {
    stop.unwrap_or_else(|| Stop::Failed(CallFailure::transient("the answer ended before it said why")))
}

/// The end of an answer whose refusal comes in words of its own: they are its text where there is no other.
pub(crate) fn end_or_refusal(mut answer: Answer, stop: Option<Stop>, refusal: String) -> Answer {
    let refused = !refusal.is_empty();
    if answer.text.is_empty() {
        answer.text = refusal;
    }
    let stop = usual_end(stop);
    answer.stop = if refused && stop == Stop::Complete { Stop::Refusal } else { stop };
    answer
}

/// Counts of which one is part of another, where a server got its sums wrong too.
pub(crate) fn within(usage: Usage) -> Usage {
    Usage {
        cached_input: usage.cached_input.min(usage.input),
        reasoning: usage.reasoning.min(usage.output),
        ..usage
    }
}
