//! Pages as responses, and problems as pages.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use hafs_library::StoreError;
use hafs_pages::Markup;
use hafs_pages::layout::{Viewer, part};
use hafs_proto::ProblemType;

use super::session::{stranger, theme_of};
use crate::http::problem::{ProblemResponse, Told};
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
    Problem(ProblemResponse),
}

impl From<ProblemResponse> for Refused {
    fn from(problem: ProblemResponse) -> Self {
        Self::Problem(problem)
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
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// Who looks at the page of a request, as soon as that is known.
#[derive(Debug, Clone, Default)]
pub struct Known(Arc<OnceLock<Viewer>>);

impl Known {
    /// Notes who it is.
    pub fn note(&self, viewer: &Viewer) {
        // Who looks does not change within a request.
        let _ = self.0.set(viewer.clone());
    }
}

/// Draws every problem as a page for the person who looks, with the ways on that are theirs.
pub async fn drawn(mut request: Request, next: Next) -> Response {
    let (known, theme) = (Known::default(), theme_of(request.headers()));
    request.extensions_mut().insert(known.clone());
    let response = next.run(request).await;
    let Some(Told(problem)) = response.extensions().get::<Told>().cloned() else { return response };
    let viewer = known.0.get().cloned().unwrap_or_else(|| stranger(theme));
    let remedy = problem.kind().map_or("", remedy_of);
    let page = PageOf(hafs_pages::problem::problem(&viewer, &problem, remedy));
    let mut drawn = (response.status(), page).into_response();
    if let Some(wait) = response.headers().get(header::RETRY_AFTER) {
        drawn.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    drawn
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
