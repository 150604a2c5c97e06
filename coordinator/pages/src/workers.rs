//! Who works: measured hardware, loaded models, and why somebody is idle.

use std::time::Duration;

use hafs_proto::people::{Scope, Why, WorkerView};
use hafs_proto::worker::{LocalModel, Pool, Residency};
use hafs_proto::{Timestamp, TrustState};
use maud::{Markup, html};

use crate::chart::{Tone, meter};
use crate::layout::{Room, Viewer, act, page, tag};
use crate::words::{SHORT, ago, bytes, count, line, span};

/// All workers.
#[must_use]
pub fn list(viewer: &Viewer, workers: &[WorkerView], now: Timestamp) -> Markup {
    let content = html! {
        h1 { "Workers" }
        section.panel data-live { div.scroll tabindex="0" { table {
            thead { tr { th { "worker" } th { "state" } th { "hardware" } th { "models" } th.number { "tasks" } th.number { "spooled" } th { "seen" } } }
            tbody { @for worker in workers { tr data-row {
                td { a href=(format!("/web/workers/{}", worker.id)) { (line(&worker.name, SHORT)) } }
                td { (states(worker)) }
                td.small { (hardware(worker)) }
                td.small { (models(worker)) }
                td.number { (count(worker.leased)) " of " (count(slots(&worker.pools))) }
                td.number { (count(worker.spooled)) }
                td { (ago(worker.seen_at, now)) }
            } } }
        } } @if workers.is_empty() { p.soft { "No worker has joined. " code { "hafs-factory token create --role worker" } " prints the line that lets one join." } } }
    };
    page(viewer, Some(Room::Workers), "Workers", &content)
}

/// One worker, and what stands in its way.
#[must_use]
pub fn worker(viewer: &Viewer, worker: &WorkerView, why: Option<&Why>, now: Timestamp) -> Markup {
    let at = |what: &str| format!("/web/workers/{}/{what}", worker.id);
    let may = viewer.may(Scope::Admin);
    let content = html! {
        h1 { (line(&worker.name, SHORT)) }
        div.acts {
            (act(may && !worker.paused, &at("pause"), "Pause", ""))
            (act(may && worker.paused, &at("resume"), "Resume", "primary"))
            (act(may && !worker.draining, &at("drain"), "Let it leave", "bad"))
        }
        div data-live {
            div.grid {
                section.panel { dl {
                    dt { "state" } dd { (states(worker)) }
                    dt { "seen" } dd { (ago(worker.seen_at, now)) }
                    dt { "tasks" } dd { (count(worker.leased)) " of " (count(slots(&worker.pools))) " slots" }
                    dt { "results in its spool" } dd { (count(worker.spooled)) }
                    dt { "hardware" } dd { (hardware(worker)) }
                    dt { "version" } dd { (line(&worker.facts.version, SHORT)) }
                    dt { "id" } dd { code { (worker.id.to_string()) } }
                    @if let Some(trust) = &worker.trust {
                        dt { "trust" } dd { (tag(trust.state.word())) " " (line(&trust.why, 400)) ", " (ago(trust.since, now)) "; " (count(u64::from(trust.confirmed))) " confirmed in a row" }
                    }
                } @if may { (trust(worker)) } }
                @if let Some(why) = why { section.panel { h2 { (line(&why.summary, 400)) } (reasons(why)) } }
            }
            @if let Some(residency) = &worker.residency { (loaded(residency)) }
            section.panel { h2 { "What it offers" } table {
                thead { tr { th { "pool" } th.number { "slots" } th { "routes" } } }
                tbody { @for pool in &worker.pools { tr {
                    td { (line(&pool.name, SHORT)) } td.number { (count(u64::from(pool.slots))) }
                    td.small { @for route in &pool.routes { div { (line(&route.to_string(), SHORT)) } } }
                } } }
            } }
        }
    };
    page(viewer, Some(Room::Workers), &worker.name, &content)
}

/// The reasons of an answer to "why", and what to do.
#[must_use]
pub fn reasons(why: &Why) -> Markup {
    html! {
        ul { @for (code, sentence) in &why.reasons { li { (line(sentence, 1_024)) " " span.small.soft { (code) } } } }
        @if !why.next.is_empty() { p.small { "Next: " @for next in &why.next { div { (line(next, 512)) } } } }
    }
}

fn states(worker: &WorkerView) -> Markup {
    html! {
        (tag(if worker.alive { "alive" } else { "gone" }))
        @if worker.paused { " " (tag("paused")) }
        @if worker.draining { " " (tag("draining")) }
        @if worker.cloned_at.is_some() { " " (tag("copied")) }
        @if let Some(trust) = &worker.trust { " " (tag(trust.state.word())) }
    }
}

fn slots(pools: &[Pool]) -> u64 {
    pools.iter().map(|pool| u64::from(pool.slots)).sum()
}

fn hardware(worker: &WorkerView) -> Markup {
    let facts = &worker.facts;
    html! {
        (line(&facts.os, SHORT)) ", " (facts.cores) " cores, " (bytes(facts.memory_bytes))
        @for gpu in &facts.gpus { div { (line(&gpu.name, SHORT)) ", " (bytes(gpu.memory_bytes)) } }
    }
}

fn models(worker: &WorkerView) -> Markup {
    match &worker.residency {
        Some(residency) => html! { @for model in &residency.models {
            div { (line(&model.route.to_string(), SHORT)) " " (tag(model.residence.word())) }
        } },
        None => {
            html! { @for model in &worker.facts.models { div { (line(model.teacher.as_str(), SHORT)) } } }
        }
    }
}

fn loaded(residency: &Residency) -> Markup {
    let row = |model: &LocalModel| {
        html! { tr {
            td { (line(&model.route.to_string(), SHORT)) @if let Some(why) = &model.why { div.small.soft { (line(why, 256)) } } }
            td { (tag(model.residence.word())) }
            td.number { (model.bytes.map_or_else(|| "–".to_owned(), bytes)) }
            td.number { (model.context.map_or_else(|| "–".to_owned(), |tokens| count(u64::from(tokens)))) }
            td.number { (model.tokens_per_second.map_or_else(|| "–".to_owned(), |rate| count(u64::from(rate)))) }
            td.number { (span(Duration::from_millis(model.load_ms))) }
        } }
    };
    html! { section.panel {
        h2 { "Models on its own hardware" }
        @if residency.gpu_bytes > 0 {
            (meter(residency.gpu_used_bytes, residency.gpu_bytes, Tone::Plain, "bytes of GPU memory"))
            p.small { (bytes(residency.gpu_used_bytes)) " of " (bytes(residency.gpu_bytes)) " of GPU memory; "
                (count(residency.swaps)) " loads took " (span(Duration::from_millis(residency.swap_ms))) }
        }
        div.scroll tabindex="0" { table {
            thead { tr { th { "model" } th { "where" } th.number { "size" } th.number { "context" } th.number { "tokens/s" } th.number { "load" } } }
            tbody { @for model in &residency.models { (row(model)) } }
        } }
    } }
}

fn trust(worker: &WorkerView) -> Markup {
    html! { details { summary { "Set how far it is believed" }
        form method="post" action=(format!("/web/workers/{}/trust", worker.id)) {
            div.fields {
                label { "State" select name="state" { @for state in TrustState::ALL { option value=(state.word()) { (state.word()) } } } }
                label { "Why" input type="text" name="reason" required maxlength="512"; }
                button type="submit" { "Set" }
            }
        }
    } }
}
