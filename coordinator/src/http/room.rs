//! Calls that are refused while the disk of the library is nearly full: new work first, results never.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hafs_domain::room::Use;
use http::Method;

use super::problem::ProblemResponse;
use crate::app::App;
use crate::disk;

/// Lets a call through if there is room for it, or answers 507.
pub async fn enough(State(app): State<App>, request: Request, next: Next) -> Response {
    let wanted = wanted(request.method(), request.uri().path());
    let room = disk::room(&app.settings);
    if room.admits(wanted) { next.run(request).await } else { ProblemResponse::no_room(room).into_response() }
}

/// What a call makes of the room.
fn wanted(method: &Method, path: &str) -> Use {
    if *method != Method::POST {
        return Use::Always;
    }
    let mut words = path.trim_matches('/').split('/').skip(1);
    match (words.next().unwrap_or_default(), words.last().unwrap_or_default()) {
        ("workers", "claim") | ("runs" | "exports" | "graphs" | "rechecks", "") => Use::Work,
        (_, "resume" | "redrive") => Use::Work,
        // What a worker says, what holds or ends something, what changes nothing, and who comes in.
        ("workers" | "login" | "logout" | "theme", _)
        | (_, "pause" | "cancel" | "preview" | "verify" | "forecast")
        | ("forecast", _) => Use::Always,
        _ => Use::Change,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_leases_and_orders_to_stop_are_always_taken_and_new_work_is_told_apart() {
        let of = |path: &str| wanted(&Method::POST, path);
        for path in [
            "workers/complete",
            "workers/fail",
            "workers/renew",
            "workers/worker_1/revoke",
            "runs/run_1/pause",
        ] {
            assert_eq!(of(&format!("/v1/{path}")), Use::Always, "{path}");
        }
        for path in ["workers/claim", "runs", "exports", "runs/run_1/resume", "tasks/task_1/redrive"] {
            assert_eq!(of(&format!("/v1/{path}")), Use::Work, "{path}");
        }
        assert_eq!(of("/v1/quarantines"), Use::Change);
        assert_eq!(
            (wanted(&Method::GET, "/v1/runs"), wanted(&Method::DELETE, "/v1/tokens/x")),
            (Use::Always, Use::Always)
        );
    }
}
