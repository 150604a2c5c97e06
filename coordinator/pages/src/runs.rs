//! Campaigns.

use hafs_proto::people::{ReasonCount, RunView, Scope, Yield};
use hafs_proto::{Run, RunId, RunState, Timestamp};
use maud::{Markup, html};

use crate::chart::{Tone, meter};
use crate::layout::{Room, Viewer, act, page, part, tag};
use crate::overview::target;
use crate::reasons::reasons_table;
use crate::words::{SHORT, ago, count, line, money};

/// All runs, newest first.
#[must_use]
pub fn list(viewer: &Viewer, runs: &[Run], now: Timestamp) -> Markup {
    let content = html! {
        h1 { "Runs" }
        section.panel { div.scroll tabindex="0" { table {
            thead { tr { th { "run" } th { "state" } th.number { "target" } th { "generators" } th { "teachers" } th { "begun" } } }
            tbody { @for run in runs { tr data-row {
                td { a href=(format!("/web/runs/{}", run.id)) { (line(&run.spec.name, SHORT)) } }
                td { (tag(run.state.word())) @if let Some(why) = &run.ended_because { div.small.soft { (line(why, SHORT)) } } }
                td.number { (count(u64::from(run.spec.target))) }
                td.small { (listed(run.spec.generators.iter().map(|name| name.as_str()))) }
                td.small { (listed(run.spec.teachers.iter().map(|name| name.as_str()))) }
                td { (ago(run.created_at, now)) }
            } } }
        } } @if runs.is_empty() { p.soft { "There is no run yet." } } }
    };
    page(viewer, Some(Room::Runs), "Runs", &content)
}

/// One run in numbers.
#[must_use]
pub fn run(viewer: &Viewer, view: &RunView, yields: &[Yield], now: Timestamp) -> Markup {
    let (run, progress) = (&view.run, &view.progress);
    let at = |what: &str| format!("/web/runs/{}/{what}", run.id);
    let may = viewer.may(Scope::Run);
    let (goes, rests) = (run.state == RunState::Running, run.state == RunState::Paused);
    let content = html! {
        h1 { (line(&run.spec.name, SHORT)) }
        div.acts {
            (act(may && goes, &at("pause"), "Pause", ""))
            (act(may && rests, &at("resume"), "Resume", "primary"))
            (act(may && (goes || rests), &at("cancel"), "Call off", "bad"))
        }
        div data-live {
            section.panel { (target(view, None)) dl {
                dt { "begun" } dd { (ago(run.created_at, now)) }
                @if let Some(why) = &run.ended_because { dt { "ended because" } dd { (line(why, 400)) } }
                dt { "samples" } dd {
                    a href=(samples(view, "accepted")) { (count(progress.accepted)) " accepted" } ", "
                    a href=(samples(view, "rejected")) { (count(progress.rejected)) " rejected" } ", "
                    a href=(samples(view, "quarantined")) { (count(progress.quarantined)) " set aside" } ", "
                    a href=(samples(view, "candidate")) { (count(progress.candidates)) " not decided" }
                }
                dt { "tasks" } dd { a href=(format!("/web/tasks?run={}&state=open", run.id)) { (count(progress.open_tasks)) " open" } ", "
                    a href=(format!("/web/tasks?run={}&state=dead", run.id)) { (count(progress.failed)) " given up" } }
                dt { "calls" } dd { (count(progress.calls)) ", " (count(progress.input_tokens)) " tokens in, " (count(progress.output_tokens)) " out, " (money(progress.cost)) }
                dt { "sources" } dd { (listed(run.spec.sources.iter().map(|name| name.as_str()))) }
                dt { "generators" } dd { (listed(run.spec.generators.iter().map(|name| name.as_str()))) }
                dt { "teachers" } dd { (listed(run.spec.teachers.iter().map(|name| name.as_str()))) }
                dt { "judges" } dd { (listed(run.spec.judges.iter().map(|name| name.as_str()))) }
                dt { "id" } dd { code { (run.id.to_string()) } }
            } }
            (by_domain(run.id, yields))
            div.grid {
                section.panel { h2 { "Why samples were rejected" } (reasons_table(&progress.rejections, Some(run.id))) }
                section.panel { h2 { "Why generations were given up" } (failures(&progress.failures)) }
            }
        }
    };
    page(viewer, Some(Room::Runs), &run.spec.name, &content)
}

/// What came of each domain, and why what did not.
fn by_domain(run: RunId, yields: &[Yield]) -> Markup {
    let rejected = |one: &Yield, reason: &ReasonCount| {
        let (domain, reason) = (part(one.domain.as_str()), reason.reason.code());
        format!("/web/samples?run={run}&state=rejected&domain={domain}&reason={reason}")
    };
    html! {
        section.panel { h2 { "By domain and generator" } div.scroll tabindex="0" { table {
            caption { "Of the newest 5,000 accepted and 5,000 rejected samples." }
            thead { tr { th { "domain" } th { "generator" } th.number { "accepted" } th.number { "rejected" } th { "share" } th { "most often because" } } }
            tbody { @for one in yields { tr {
                td { (line(one.domain.as_str(), SHORT)) }
                td { (line(one.generator.as_str(), SHORT)) }
                td.number { (count(one.accepted)) }
                td.number { (count(one.rejected)) }
                td { (meter(one.accepted, one.accepted + one.rejected, Tone::Good, "decided are accepted")) }
                td.small { @for reason in one.reasons.iter().take(3) { div { a href=(rejected(one, reason)) { (reason.reason.describe()) } ", " (count(reason.any)) } } }
            } } }
        } } @if yields.is_empty() { p.soft { "No sample was decided yet." } } }
    }
}

fn samples(view: &RunView, state: &str) -> String {
    format!("/web/samples?run={}&state={state}", view.run.id)
}

fn failures(failures: &[ReasonCount]) -> Markup {
    html! {
        @if failures.is_empty() { p.soft { "None was." } }
        @else { table { tbody { @for failure in failures {
            tr { td { (failure.reason.describe()) div.small.soft { (failure.reason.code()) } } td.number { (count(failure.first)) } }
        } } } }
    }
}

/// Names with commas between them; a dash when there is none.
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| line(name, SHORT)).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}
