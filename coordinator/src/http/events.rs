//! Live events over SSE. A stream ends when the coordinator drains or the token is revoked, so that neither
//! waits for a client to hang up. A client that comes back, to whichever coordinator, says which event was its last
//! and goes on after it.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as SseStream};
use futures_util::Stream;
use hafs_proto::people::Event;
use hafs_proto::{CredentialId, Problem, ProblemType};
use http::{HeaderMap, HeaderName};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::MayRead;
use super::problem::ProblemResponse;
use crate::app::App;
use crate::events::Listening;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The route of live events.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Follow what happens, at all coordinators. Each event's id is its sequence number; an event `missed` says how many
/// were lost because the client was too slow, or away for too long.
#[utoipa::path(
    get, path = "/v1/events", tag = "people",
    params(("Last-Event-ID" = Option<u64>, Header, description = "The last event that was seen: what came after it is told first.")),
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Events, one JSON object each.", body = Event, content_type = "text/event-stream"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn events(
    State(app): State<App>,
    caller: MayRead,
    headers: HeaderMap,
) -> Result<SseStream<impl Stream<Item = Result<Sse, Infallible>>>, ProblemResponse> {
    follow(app, &caller, &headers)
}

/// The stream of events for somebody who may read.
///
/// # Errors
/// The number of the last event that was seen is none.
pub fn follow(
    app: App,
    caller: &MayRead,
    headers: &HeaderMap,
) -> Result<SseStream<impl Stream<Item = Result<Sse, Infallible>> + use<>>, ProblemResponse> {
    let telling = Telling::begin(app, caller.0.id, last_seen(headers)?);
    let stream = futures_util::stream::unfold(telling, |mut telling| async move {
        let frame = telling.next().await?;
        Some((Ok(frame), telling))
    });
    Ok(SseStream::new(stream).keep_alive(KeepAlive::default()))
}

fn last_seen(headers: &HeaderMap) -> Result<Option<u64>, ProblemResponse> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    let wrong = || {
        let problem = Problem::new(ProblemType::Invalid, "the header `Last-Event-ID` is wrong");
        ProblemResponse::from(problem.field("Last-Event-ID", "expected the id of an event, a number"))
    };
    number.map(Some).ok_or_else(wrong)
}

/// One client's stream.
struct Telling {
    app: App,
    caller: CredentialId,
    revocations: watch::Receiver<u64>,
    ready: VecDeque<Event>,
    next: Receiver<Event>,
    /// Number of the last event that the client was told of, or was told to have missed.
    told: u64,
}

impl Telling {
    fn begin(app: App, caller: CredentialId, last_seen: Option<u64>) -> Self {
        let Listening { after, before, next } = app.events.listen(last_seen);
        let revocations = app.auth.revocations();
        Self { app, caller, revocations, ready: before.into(), next, told: after }
    }

    /// What the client is sent next; nothing when it is sent away.
    async fn next(&mut self) -> Option<Sse> {
        let event = match self.ready.pop_front() {
            Some(event) => event,
            None => self.hear().await?,
        };
        let missed = event.sequence.saturating_sub(self.told + 1);
        self.told = event.sequence;
        if missed == 0 {
            return Some(frame(&event));
        }
        self.ready.push_front(event);
        self.told -= 1;
        Some(Sse::default().event("missed").data(missed.to_string()))
    }

    async fn hear(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                received = self.next.recv() => match received {
                    Ok(event) => return Some(event),
                    // The number of the next one tells how many.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                () = self.app.shutdown.drain.cancelled() => return None,
                _ = self.revocations.changed() => {
                    if !self.app.auth.holds(self.caller, self.app.clock.now()) {
                        return None;
                    }
                }
            }
        }
    }
}

/// Sent as one line of JSON, in which line breaks are escaped, so no field can forge another event.
fn frame(event: &Event) -> Sse {
    let data = serde_json::to_string(event).unwrap_or_default();
    Sse::default().id(event.sequence.to_string()).data(data)
}
