//! Why samples were turned down.

use hafs_proto::RunId;
use hafs_proto::people::{ReasonCount, RunView};
use maud::{Markup, html};

use crate::chart::{Tone, meter};
use crate::layout::{Room, Viewer, page, tag};
use crate::words::{SHORT, count, line};

/// The reasons of each run.
#[must_use]
pub fn reasons(viewer: &Viewer, runs: &[RunView]) -> Markup {
    let content = html! {
        h1 { "Why samples were rejected" }
        div data-live { @for view in runs {
            section.panel {
                h2 { a href=(format!("/web/runs/{}", view.run.id)) { (line(&view.run.spec.name, SHORT)) } " " (tag(view.run.state.word())) }
                (reasons_table(&view.progress.rejections, Some(view.run.id)))
            }
        } }
        @if runs.is_empty() { p.soft { "There is no run yet." } }
    };
    page(viewer, Some(Room::Reasons), "Reasons", &content)
}

/// Reasons with how often each came first and at all, and the samples that have it.
#[must_use]
pub fn reasons_table(reasons: &[ReasonCount], run: Option<RunId>) -> Markup {
    let all: u64 = reasons.iter().map(|reason| reason.first).sum();
    html! {
        @if reasons.is_empty() { p.soft { "None was." } }
        @else { div.scroll tabindex="0" { table {
            thead { tr { th { "reason" } th.number { "first" } th.number { "at all" } th { "share" } } }
            tbody { @for reason in reasons { tr data-row {
                td { a href=(samples(reason, run)) { (reason.reason.describe()) } div.small.soft { (reason.reason.code()) } }
                td.number { (count(reason.first)) }
                td.number { (count(reason.any)) }
                td { (meter(reason.first, all, Tone::Bad, "rejections")) }
            } } }
        } } }
    }
}

fn samples(reason: &ReasonCount, run: Option<RunId>) -> String {
    let run = run.map(|run| format!("&run={run}")).unwrap_or_default();
    format!("/web/samples?state=rejected&reason={}{run}", reason.reason.code())
}
