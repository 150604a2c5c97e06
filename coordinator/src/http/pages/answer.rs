//! Pages as responses, and problems as pages.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hafs_library::StoreError;
use hafs_pages::Markup;
use hafs_pages::layout::{Viewer, part};
use hafs_proto::ProblemType;

use crate::http::problem::ProblemResponse;
use crate::http::problems_page::remedy;

/// A page.
pub struct PageOf(pub Markup);

impl IntoResponse for PageOf {
    fn into_response(self) -> Response {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        ([(header::CONTENT_TYPE, html)], self.0.into_string()).into_response()
    }
}

/// Why there is no page.
pub enum Refused {
    /// Nobody is logged in: back to this address afterwards.
    Stranger {
        /// Where the person wanted to go.
        next: String,
    },
    /// Something else is wrong.
    Problem(Viewer, ProblemResponse),
}

impl From<ProblemResponse> for Refused {
    fn from(problem: ProblemResponse) -> Self {
        Self::Problem(Viewer::default(), problem)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::from(ProblemResponse::from(error))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Stranger { next } => {
                Redirect::to(&format!("/web/login?next={}", part(&next))).into_response()
            }
            Self::Problem(viewer, ProblemResponse(problem)) => {
                let status =
                    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let remedy = problem.kind().map_or("", remedy_of);
                let page = hafs_pages::problem::problem(&viewer, &problem, remedy);
                (status, PageOf(page)).into_response()
            }
        }
    }
}

/// What a person at a browser can do about it: some remedies are for programs.
const fn remedy_of(kind: ProblemType) -> &'static str {
    match kind {
        ProblemType::Unauthenticated => "Log in again.",
        ProblemType::Forbidden => "Log in with a token that has the scope.",
        ProblemType::NotFound => "It may be in another library, or the address may have a slip of the pen.",
        ProblemType::MalformedRequest
        | ProblemType::MethodNotAllowed
        | ProblemType::RequestTimeout
        | ProblemType::StaleLease
        | ProblemType::Conflict
        | ProblemType::Superseded
        | ProblemType::TooLarge
        | ProblemType::UnsupportedMediaType
        | ProblemType::Invalid
        | ProblemType::Misdirected
        | ProblemType::KeyReused
        | ProblemType::UpgradeNeeded
        | ProblemType::TooManyRequests
        | ProblemType::Internal
        | ProblemType::Draining
        | ProblemType::Rebuilding
        | ProblemType::Overloaded
        | ProblemType::DiskFull => remedy(kind),
    }
}
