//! Who is asked, and whether they may be.

use std::time::Duration;

use hafs_proto::Timestamp;
use hafs_proto::people::{Scope, TeacherRecord, TeacherStanding, TeacherView, WorkerView};
use hafs_proto::quota::Limits;
use hafs_proto::worker::{TeacherFacts, TeacherTrial};
use maud::{Markup, html};

use crate::layout::{Room, Viewer, page, tag};
use crate::words::{SHORT, ago, count, line, money, percent, span};

/// All teachers with their keys.
#[must_use]
pub fn teachers(
    viewer: &Viewer,
    teachers: &[TeacherView],
    records: &[TeacherRecord],
    workers: &[WorkerView],
    now: Timestamp,
) -> Markup {
    let content = html! {
        h1 { "Teachers" }
        div data-live { (standings(viewer, teachers, now)) (of_late(records)) (tried(workers, now)) }
    };
    page(viewer, Some(Room::Teachers), "Teachers", &content)
}

fn standings(viewer: &Viewer, teachers: &[TeacherView], now: Timestamp) -> Markup {
    html! {
        section.panel { div.scroll tabindex="0" { table {
            caption { "Each with one key of its provider; the key itself stays with its worker." }
            thead { tr { th { "teacher" } th { "standing" } th { "limits" } th.number { "room now" } th.number { "under way" } th.number { "provider today" } th {} } }
            tbody { @for one in teachers { tr data-row {
                td { (line(one.teacher.as_str(), SHORT)) div.small.soft { "key " (line(&one.key, 64)) } }
                td { (tag(one.standing.word()))
                    @if let Some(why) = &one.why { div.small { (line(why, 400)) } }
                    @if let Some(until) = one.until { div.small.soft { "again " (ago(until, now)) } }
                }
                td.small { (limits(&one.limits)) }
                td.number { (one.room.map_or_else(|| "–".to_owned(), count)) }
                td.number { (count(one.in_flight)) }
                td.number { (money(one.spent_today)) }
                td { @if one.standing == TeacherStanding::Locked && viewer.may(Scope::Admin) {
                    form.inline method="post" action="/web/teachers/resume" {
                        input type="hidden" name="teacher" value=(one.teacher.as_str());
                        button type="submit" { "Ask again" }
                    }
                } }
            } } }
        } } @if teachers.is_empty() { p.soft { "No worker offers a teacher with limits of its own." } } }
    }
}

/// What they did: how good, how fast, how dear.
fn of_late(records: &[TeacherRecord]) -> Markup {
    html! {
        section.panel { h2 { "In the last day" } div.scroll tabindex="0" { table {
            caption { "Of the newest 20,000 calls, samples and verdicts." }
            thead { tr { th { "teacher" } th.number { "calls" } th.number { "failed" } th.number { "a call takes" } th.number { "tokens in, out" }
                th.number { "cost" } th.number { "samples accepted" } th.number { "verdicts that held" } } }
            tbody { @for one in records { tr {
                td { (line(one.teacher.as_str(), SHORT)) }
                td.number { (count(one.calls)) }
                td.number { (percent(one.failed, one.calls)) }
                td.number { (span(Duration::from_millis(one.latency_ms))) div.small.soft { "up to " (span(Duration::from_millis(one.slowest_ms))) } }
                td.number { (count(one.input_tokens)) ", " (count(one.output_tokens)) }
                td.number { (money(one.cost)) }
                td.number { (percent(one.accepted, one.accepted + one.rejected)) div.small.soft { "of " (count(one.accepted + one.rejected)) } }
                td.number { (percent(one.agreed, one.agreed + one.disagreed)) div.small.soft { "of " (count(one.agreed + one.disagreed)) } }
            } } }
        } } @if records.is_empty() { p.soft { "None was asked." } } }
    }
}

/// What the workers found when they tried them, and which of them they do not offer.
fn tried(workers: &[WorkerView], now: Timestamp) -> Markup {
    let alive = workers.iter().filter(|worker| worker.alive);
    let all: Vec<(&WorkerView, &TeacherFacts)> =
        alive.flat_map(|worker| worker.facts.teachers.iter().map(move |facts| (worker, facts))).collect();
    html! {
        section.panel { h2 { "On the workers" } div.scroll tabindex="0" { table {
            caption { "Each worker tries its teachers with one small call, and offers those that answered." }
            thead { tr { th { "teacher" } th { "worker" } th { "offered" } th { "tried" } th.number { "cost" } } }
            tbody { @for (worker, facts) in &all { tr {
                td { (line(facts.teacher.as_str(), SHORT)) @if let Some(family) = &facts.family { div.small.soft { (line(family, 64)) } } }
                td { a href=(format!("/web/workers/{}", worker.id)) { (line(&worker.name, SHORT)) } }
                td { @match &facts.withheld {
                    None => (tag("open")),
                    Some(why) => { (tag("locked")) div.small { (line(why, 512)) } }
                } }
                td { @match &facts.trial { Some(trial) => (outcome(trial, now)), None => span.soft { "not tried" } } }
                td.number { (facts.trial.as_ref().map_or_else(|| "–".to_owned(), |trial| money(trial.call.cost))) }
            } } }
        } } @if all.is_empty() { p.soft { "No living worker has told of its teachers." } } }
    }
}

fn outcome(trial: &TeacherTrial, now: Timestamp) -> Markup {
    let call = &trial.call;
    html! {
        (tag(if call.error.is_none() { "pass" } else { "fail" })) " " (ago(trial.at, now)) ", took " (span(Duration::from_millis(call.latency_ms)))
        @if let Some(model) = &call.served_model { div.small { "served by " (line(model, SHORT)) } }
        @match &call.error {
            Some(error) => div.small { (line(&error.message, 400)) " " span.soft { (error.reason.code()) } },
            None if !trial.structured => div.small.soft { "the reply had not the form that was asked for" },
            None => {}
        }
    }
}

fn limits(limits: &Limits) -> String {
    let all = [
        (limits.requests_per_minute, "calls/min"),
        (limits.requests_per_day, "calls/day"),
        (limits.input_tokens_per_minute, "tokens in/min"),
        (limits.output_tokens_per_minute, "tokens out/min"),
        (limits.tokens_per_minute, "tokens/min"),
    ];
    let said: Vec<String> =
        all.into_iter().filter_map(|(limit, unit)| Some(format!("{} {unit}", count(limit?)))).collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}
