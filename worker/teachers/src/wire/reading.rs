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
    let mut named = Named::<R>::default();
    let read = if opened.is_stream() {
        events(&mut opened, &mut named).await
    } else {
        let what = opened.what().to_owned();
        opened.whole().await.and_then(|body| named.whole(&what, body))
    };
    named.finish(read)
}

/// The answer of a body that came whole.
pub(crate) fn read_whole<R: Reading>(what: &str, body: Value) -> Answer {
    let mut named = Named::<R>::default();
    let read = named.whole(what, body);
    named.finish(read)
}

/// A reading, and the id that the answer gives itself.
#[derive(Default)]
struct Named<R> {
    reading: R,
    id: Option<String>,
}

/// Letters of a call's id that are kept.
const ID_LETTERS: usize = 128;

/// Where the wires say the id of an answer, in its body or in an event of it.
const ID_PLACES: [&str; 4] = ["/id", "/responseId", "/message/id", "/response/id"];

impl<R: Reading> Named<R> {
    fn event(&mut self, what: &str, event: Value) -> Result<(), CallFailure> {
        self.look(&event);
        self.reading.event(what, event)
    }

    fn whole(&mut self, what: &str, body: Value) -> Result<(), CallFailure> {
        self.look(&body);
        self.reading.whole(what, body)
    }

    fn look(&mut self, said: &Value) {
        if self.id.is_none() {
            let id = ID_PLACES.iter().find_map(|place| said.pointer(place)?.as_str());
            self.id = id.filter(|id| !id.is_empty()).map(|id| id.chars().take(ID_LETTERS).collect());
        }
    }

    fn finish(self, read: Result<(), CallFailure>) -> Answer {
        let answer = Answer { request_id: self.id, ..self.reading.finish() };
        match read {
            Ok(()) => answer,
            Err(failure) => Answer { stop: Stop::Failed(failure), ..answer },
        }
    }
}

async fn events<R: Reading>(opened: &mut Opened<'_>, named: &mut Named<R>) -> Result<(), CallFailure> {
    let what = opened.what().to_owned();
    let mut events = EventReader::default();
    let too_long = || CallFailure::invalid(format!("{what} sent an event longer than any"));
    while let Some(chunk) = opened.chunk().await? {
        for data in events.push(&chunk).ok_or_else(too_long)? {
            take(named, &what, &data)?;
        }
        if named.reading.is_done() {
            let _either_way = timeout(LINGER, opened.chunk()).await;
            return Ok(());
        }
    }
    events.finish().map_or(Ok(()), |data| take(named, &what, &data))
}

fn take<R: Reading>(named: &mut Named<R>, what: &str, data: &[u8]) -> Result<(), CallFailure> {
    if data.trim_ascii() == b"[DONE]" {
        named.reading.mark_done();
        return Ok(());
    }
    let event = serde_json::from_slice(data)
        .map_err(|error| CallFailure::invalid(format!("{what} sent an event that is not JSON: {error}")))?;
    named.event(what, event)
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
