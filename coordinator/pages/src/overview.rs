//! The factory at a glance.

use std::time::Duration;

use hafs_proto::Timestamp;
use hafs_proto::people::{Overview, Pace, RunView};
use maud::{Markup, html};

use crate::chart::{Column, Tone, columns, meter};
use crate::layout::{Room, Viewer, page, tag};
use crate::words::{SHORT, count, line, money, percent, span};

/// Flow, targets, money, and what stands still.
#[must_use]
pub fn overview(viewer: &Viewer, overview: &Overview) -> Markup {
    let status = &overview.status;
    let content = html! {
        h1 { "Overview" }
        div data-live {
            @for trouble in &overview.troubles {
                section.panel.trouble {
                    strong { (line(&trouble.summary, 400)) } " "
                    span.soft.small { (trouble.code) }
                    @if !trouble.next.is_empty() { div.small { (line(&trouble.next, 400)) } }
                }
            }
            section.panel { h2 { "From seed to sample" } (flow(&status.runs)) }
            div.beside {
                section.panel { h2 { "Queue" } dl {
                    dt { "ready" } dd { (count(status.ready)) }
                    dt { "delayed" } dd { (count(status.delayed)) }
                    dt { "with workers" } dd { (count(status.leased)) }
                    dt { "oldest ready" } dd { (span(Duration::from_millis(status.oldest_ready_ms))) }
                    dt { "workers" } dd { a href="/web/workers" { (count(status.workers)) } }
                } }
                section.panel { h2 { "Samples by the hour, UTC" } (hours(overview)) }
            }
            section.panel { h2 { "Runs" }
                @if status.runs.is_empty() { p.soft { "There is no run yet: " code { "hafs-factory run" } " or " code { "hafs-factory start" } " begins one." } }
                @for run in &status.runs { (target(run, pace(overview, run))) }
            }
        }
        p.soft.small { "Version " (status.version) ", queue generation " (status.generation.0) "." }
    };
    page(viewer, Some(Room::Overview), "Overview", &content)
}

fn flow(runs: &[RunView]) -> Markup {
    let sum = |of: fn(&RunView) -> u64| runs.iter().map(of).sum::<u64>();
    let steps = [
        ("seeds", runs.iter().map(|run| run.progress.seeds).max().unwrap_or(0), "/web/runs"),
        ("samples made", sum(|run| run.progress.generated), "/web/samples"),
        ("not decided yet", sum(|run| run.progress.candidates), "/web/samples?state=candidate"),
        ("accepted", sum(|run| run.progress.accepted), "/web/samples?state=accepted"),
        ("rejected", sum(|run| run.progress.rejected), "/web/reasons"),
        ("set aside", sum(|run| run.progress.quarantined), "/web/samples?state=quarantined"),
        ("given up", sum(|run| run.progress.failed), "/web/tasks?state=dead"),
    ];
    html! {
        ol.flow { @for (name, number, path) in steps {
            li { a href=(path) { span.big { (count(number)) } (name) } }
        } }
    }
}

fn hours(overview: &Overview) -> Markup {
    let clock = |at: Timestamp| at.to_string().get(11..16).unwrap_or_default().to_owned();
    let series: Vec<Column> = overview
        .hours
        .iter()
        .map(|hour| Column { label: clock(hour.from), good: hour.accepted, bad: hour.rejected })
        .collect();
    columns("Samples made in the last 24 hours", ("accepted", "rejected"), &series)
}

fn pace<'a>(overview: &'a Overview, run: &RunView) -> Option<&'a Pace> {
    overview.paces.iter().find(|pace| pace.run == run.run.id)
}

/// One run: how far, at what cost, and when it will be done.
#[must_use]
pub fn target(view: &RunView, pace: Option<&Pace>) -> Markup {
    let (run, progress) = (&view.run, &view.progress);
    let target = u64::from(progress.target);
    let decided = progress.accepted + progress.rejected;
    html! {
        article {
            h3 { a href=(format!("/web/runs/{}", run.id)) { (line(&run.spec.name, SHORT)) } " " (tag(run.state.word())) }
            (meter(progress.accepted, target, Tone::Good, "samples accepted"))
            p.small {
                strong { (count(progress.accepted)) } " of " (count(target)) " accepted, "
                (percent(progress.accepted, decided)) " of those decided; "
                (money(progress.cost)) " spent"
                @if let Some(budget) = run.spec.budget { " of " (money(budget)) " (" (percent(progress.cost.0, budget.0)) ")" }
                @if let Some(pace) = pace { ". " (eta(pace)) }
            }
        }
    }
}

/// When a run will be done, and what that rests on.
fn eta(pace: &Pace) -> String {
    match pace.left_s {
        Some(seconds) => format!(
            "At {} an hour, as of late, it is done in {}",
            count(pace.per_hour),
            span(Duration::from_secs(seconds))
        ),
        None => "When it is done cannot be said: nothing was accepted in the last hour".to_owned(),
    }
}
