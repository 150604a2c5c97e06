//! What went wrong, and what to do.

use hafs_proto::Problem;
use maud::{Markup, html};

use crate::assets::ROOT;
use crate::layout::{Viewer, page};
use crate::words::{LONGEST, text};

/// A problem document as a page, with the remedy of its kind.
#[must_use]
pub fn problem(viewer: &Viewer, problem: &Problem, remedy: &str) -> Markup {
    let content = html! {
        section.panel {
            h1 { (problem.title) }
            p { (text(&problem.detail, LONGEST)) }
            @if !problem.errors.is_empty() {
                ul { @for error in &problem.errors { li { code { (error.field) } ": " (text(&error.message, LONGEST)) } } }
            }
            p { (remedy) }
            @if let Some(id) = &problem.request_id { p.soft.small { "In the coordinator's log: " code { (id.to_string()) } } }
            p { a href=(format!("{ROOT}/")) { "Overview" } }
        }
    };
    page(viewer, None, &problem.title, &content)
}
