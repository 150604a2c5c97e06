//! What was written out.

use hafs_proto::Timestamp;
use hafs_proto::people::{DatasetDetail, DatasetView};
use maud::{Markup, html};

use crate::layout::{Room, Viewer, page, tag};
use crate::words::{SHORT, ago, count, line};

/// All data sets, with what is to be said against them.
#[must_use]
pub fn list(viewer: &Viewer, datasets: &[DatasetView], now: Timestamp) -> Markup {
    let content = html! {
        h1 { "Data sets" }
        section.panel { div.scroll tabindex="0" { table {
            thead { tr { th { "data set" } th.number { "samples" } th { "manifest" } th { "written" } th { "stands" } } }
            tbody { @for one in datasets { tr data-row {
                td { a href=(format!("/web/datasets/{}", one.id)) { (line(&one.name, SHORT)) } }
                td.number { (count(one.samples)) }
                td { code.small { (one.manifest_sha256.chars().take(16).collect::<String>()) } }
                td { (ago(one.created_at, now)) }
                td { (standing(one)) }
            } } }
        } } @if datasets.is_empty() { p.soft { "None was written yet: " code { "hafs-factory export" } " writes one." } } }
    };
    page(viewer, Some(Room::Datasets), "Data sets", &content)
}

/// One data set.
#[must_use]
pub fn dataset(viewer: &Viewer, detail: &DatasetDetail, now: Timestamp) -> Markup {
    let one = &detail.dataset;
    let request = &detail.request;
    let content = html! {
        h1 { (line(&one.name, SHORT)) }
        section.panel { dl {
            dt { "samples" } dd { (count(one.samples)) }
            dt { "written" } dd { (ago(one.created_at, now)) }
            dt { "folder" } dd { code { (line(&one.path, 400)) } }
            dt { "manifest" } dd { code { (one.manifest_sha256.as_str()) } }
            dt { "made from" } dd { code { (one.inputs.to_string()) } }
            dt { "formats" } dd { (crate::runs::listed(request.formats.iter().map(|format| format.word()))) }
            dt { "splits" } dd { (request.splits.train) " / " (request.splits.val) " / " (request.splits.test) " thousandths, seed " (request.seed) }
            dt { "stands" } dd { (standing(one)) }
            dt { "proof" } dd { code { "hafs-factory exports verify" } " recounts and rehashes it" }
        } }
        @if !detail.fallen.is_empty() { section.panel { h2 { "Samples that do not stand any more" }
            ul { @for sample in &detail.fallen { li { a href=(format!("/web/samples/{sample}")) { (sample.to_string()) } } } }
        } }
    };
    page(viewer, Some(Room::Datasets), &one.name, &content)
}

fn standing(one: &DatasetView) -> Markup {
    match &one.tainted {
        None => html! { "whole" },
        Some(taint) => html! {
            (tag("tainted")) " " (count(taint.samples)) @if taint.certain { " of its samples" } @else { " samples that may be in it" } " do not stand any more"
        },
    }
}
