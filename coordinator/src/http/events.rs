//! Live events over SSE. A stream ends when the coordinator drains or the token is revoked, so that neither
//! waits for a client to hang up.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as SseStream};
use futures_util::Stream;
use hafs_proto::Problem;
use hafs_proto::people::Event;
use tokio::sync::broadcast::error::RecvError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::MayRead;
use crate::app::App;

/// The route of live events.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Follow what happens. Each event's id is its sequence number; an event `missed` says how many were lost
/// because the client was too slow.
#[utoipa::path(
    get, path = "/v1/events", tag = "people",
    security(("bearer" = ["read"])),
    responses(
        (status = 200, description = "Events, one JSON object each.", body = Event, content_type = "text/event-stream"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn events(
    State(app): State<App>,
    caller: MayRead,
) -> SseStream<impl Stream<Item = Result<Sse, Infallible>>> {
    let listener = app.events.listen();
    let revocations = app.auth.revocations();
    let state = (app, caller.0.id, listener, revocations);
    let stream = futures_util::stream::unfold(state, |(app, id, mut listener, mut revocations)| async move {
        loop {
            let received = tokio::select! {
                received = listener.recv() => received,
                () = app.shutdown.drain.cancelled() => return None,
                _ = revocations.changed() => {
                    if app.auth.holds(id, app.clock.now()) { continue }
                    return None;
                }
            };
            let event = match received {
                Ok(event) => frame(&event),
                Err(RecvError::Lagged(missed)) => Sse::default().event("missed").data(missed.to_string()),
                Err(RecvError::Closed) => return None,
            };
            return Some((Ok(event), (app, id, listener, revocations)));
        }
    });
    SseStream::new(stream).keep_alive(KeepAlive::default())
}

/// Sent as one line of JSON, in which line breaks are escaped, so no field can forge another event.
fn frame(event: &Event) -> Sse {
    let data = serde_json::to_string(event).unwrap_or_default();
    Sse::default().id(event.sequence.to_string()).data(data)
}
