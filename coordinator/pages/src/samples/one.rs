//! One sample with its whole chain.

use hafs_proto::check::Outcome;
use hafs_proto::people::{AttemptView, CheckView, ReviewView, SampleDetail, Scope, Why};
use hafs_proto::verdict::CriterionVerdict;
use hafs_proto::{ReviewId, Sample, Score, Timestamp, Verdict};
use maud::{Markup, html};

use super::acts::acts;
use super::diff::diff;
use super::lines::numbered;
use super::list::state;
use crate::layout::{Room, Viewer, page, tag};
use crate::words::{SHORT, ago, count, line, money};
use crate::workers::reasons;

/// Another sample that is like this one.
#[derive(Debug, Clone)]
pub struct Similar {
    /// The other one.
    pub sample: Sample,
    /// How like it is.
    pub likeness: Score,
}

/// All that the page shows.
#[derive(Debug)]
pub struct View<'a> {
    /// The sample and its chain.
    pub detail: &'a SampleDetail,
    /// Every attempt of its task.
    pub attempts: &'a [AttemptView],
    /// Why it is what it is, and what would change that.
    pub why: &'a Why,
    /// The other samples of its seed: repairs, edits, what other teachers made of it.
    pub family: &'a [Sample],
    /// The samples that are most like it.
    pub similar: &'a [Similar],
    /// Ids for the acts of this page's forms.
    pub ids: &'a [ReviewId; 5],
    /// When it is looked at.
    pub now: Timestamp,
}

/// The page.
#[must_use]
pub fn one(viewer: &Viewer, view: &View<'_>) -> Markup {
    let detail = view.detail;
    let sample = &detail.sample;
    let texts =
        [("Instruction", &*sample.instruction), ("Input", &*sample.input), ("Output", &*sample.output)];
    let title = line(&sample.instruction, SHORT);
    let content = html! {
        h1 { (title) }
        p {
            (state(&sample.state))
            @for one in &detail.tags { " " a.tag href=(format!("/web/samples?tag={one}")) { (one.as_str()) } }
        }
        @for (name, text) in texts { @if !text.is_empty() { section.panel { h2 { (name) } (numbered(text)) } } }
        @if viewer.may(Scope::Run) { (acts(detail, view.ids)) }
        div.grid {
            section.panel { h2 { "Decision" } (decision(view)) }
            section.panel { h2 { "Where it comes from" } (lineage(detail)) }
        }
        section.panel { h2 { "Checks" } (checks(&detail.checks)) }
        @if !detail.verdicts.is_empty() {
            section.panel { h2 { "Judges" } @for one in &detail.verdicts { (verdict(one)) } }
        }
        @if !detail.reviews.is_empty() { section.panel.people { h2 { "People" } (reviews(&detail.reviews, view.now)) } }
        section.panel { h2 { "Attempts" } (attempts(view.attempts)) }
        @if !view.family.is_empty() { section.panel { h2 { "Of the same seed" } (family(view.family)) } }
        @if !view.similar.is_empty() {
            section.panel { h2 { "Most like it" } @for one in view.similar { (similar(sample, one)) } }
        }
    };
    page(viewer, Some(Room::Samples), &title, &content)
}

fn decision(view: &View<'_>) -> Markup {
    html! {
        @match &view.detail.decision {
            None => p.soft { "None yet." },
            Some(decision) => p {
                @if decision.review.is_some() { "A person's, above rule " } @else { "By rule " }
                (count(u64::from(decision.rule))) ": " (count(u64::from(decision.agree))) " of "
                (count(u64::from(decision.of))) " judges agree, " (ago(decision.at, view.now))
            },
        }
        p { (line(&view.why.summary, 512)) }
        (reasons(view.why))
    }
}

fn checks(checks: &[CheckView]) -> Markup {
    html! {
        div.scroll tabindex="0" { table {
            thead { tr { th { "check" } th { "outcome" } th { "by" } th { "found" } } }
            tbody { @for CheckView { check, .. } in checks { tr {
                td { (check.name.to_string()) " " span.small.soft { "v" (count(u64::from(check.version))) } }
                td { (tag(check.outcome.word())) }
                td.small { (check.tool.as_ref().map_or_else(|| "gate".to_owned(), |tool| line(&tool.version, SHORT))) }
                td { @match &check.outcome {
                    Outcome::Pass | Outcome::NotApplicable => {},
                    Outcome::Unchecked { why } => (line(why, 1_024)),
                    Outcome::Fail { findings } => @for one in findings {
                        div { b { (one.reason.code()) } ": " (line(&one.message, 1_024)) }
                    },
                } }
            } } }
        } }
    }
}

fn verdict(verdict: &Verdict) -> Markup {
    html! {
        h3 { (verdict.judge.to_string()) " gives " (format!("{:.2}", verdict.opinion.score.get())) }
        dl { @for one in &verdict.opinion.criteria {
            dt { (line(&one.id, SHORT)) } dd { (tag(word(one.verdict))) " " (line(&one.why, 1_024)) }
        } }
    }
}

const fn word(verdict: CriterionVerdict) -> &'static str {
    match verdict {
        CriterionVerdict::Pass => "pass",
        CriterionVerdict::Fail => "fail",
        CriterionVerdict::Na => "n/a",
    }
}

fn reviews(reviews: &[ReviewView], now: Timestamp) -> Markup {
    html! {
        ol { @for one in reviews { li {
            b { (line(&one.act, SHORT)) } " by " code { (line(&one.by, SHORT)) } ", " (ago(one.at, now))
            @if !one.why.is_empty() { ": " (line(&one.why, 512)) }
            @if one.despite_checks { " " (tag("despite checks")) }
            @if let Some(mark) = &one.tag { " " (tag(mark.as_str())) }
            @if let Some(successor) = &one.successor {
                " " a href=(format!("/web/samples/{}", one.sample)) { "from the old one" }
                " " a href=(format!("/web/samples/{successor}")) { "to the new one" }
            }
        } } }
    }
}

fn lineage(detail: &SampleDetail) -> Markup {
    let (lineage, origin) = (&detail.sample.lineage, &detail.seed.draft.provenance);
    let said = |text: Option<&str>| text.map_or_else(|| "not said".to_owned(), |text| line(text, SHORT));
    let price =
        detail.price.map_or_else(|| "none, it is not accepted".to_owned(), |price| money(price.total()));
    html! {
        dl {
            @for (name, value) in [
                ("source", origin.source.to_string()),
                ("place", line(&origin.locator, SHORT)),
                ("commit", said(origin.revision.as_deref())),
                ("licence", said(origin.license.as_deref())),
                ("seed", format!("{} ({})", lineage.seed, detail.seed.draft.kind.word())),
                ("generator", format!("{}, template version {}", lineage.generator, lineage.template.version)),
                ("teacher", lineage.teacher.to_string()),
                ("served as", said(lineage.served_model.as_deref())),
                ("price", price),
            ] { dt { (name) } dd { (value) } }
            dt { "run" } dd { a href=(format!("/web/runs/{}", lineage.run)) { (lineage.run.to_string()) } }
            dt { "task" } dd { a href=(format!("/web/tasks/{}", lineage.task)) { (lineage.task.to_string()) } }
            dt { "worker" } dd { a href=(format!("/web/workers/{}", lineage.worker)) { (lineage.worker.to_string()) } }
            @if let Some(parent) = &lineage.parent {
                dt { "made of" } dd { a href=(format!("/web/samples/{parent}")) { (parent.to_string()) } }
            }
            dt { "id" } dd { code { (detail.sample.id.to_string()) } }
        }
    }
}

fn attempts(attempts: &[AttemptView]) -> Markup {
    html! {
        div.scroll tabindex="0" { table {
            thead { tr {
                th { "outcome" } th { "teacher" } th.number { "tokens in" } th.number { "out" } th.number { "ms" } th.number { "cost" }
            } }
            tbody { @for attempt in attempts { @for call in &attempt.calls { tr {
                td { (tag(&attempt.outcome)) @if let Some(detail) = &attempt.detail { " " (line(detail, SHORT)) } }
                td { (call.teacher.to_string()) }
                td.number { (count(call.usage.input)) }
                td.number { (count(call.usage.output)) }
                td.number { (count(call.latency_ms)) }
                td.number { (money(call.cost)) }
            } } } }
        } }
    }
}

fn family(family: &[Sample]) -> Markup {
    html! {
        ul { @for one in family {
            li { a href=(format!("/web/samples/{}", one.id)) { (line(&one.instruction, SHORT)) } " " (state(&one.state)) }
        } }
    }
}

fn similar(own: &Sample, other: &Similar) -> Markup {
    let Similar { sample, likeness } = other;
    html! {
        h3 {
            a href=(format!("/web/samples/{}", sample.id)) { (line(&sample.instruction, SHORT)) } " "
            span.small.soft { (format!("{:.2}", likeness.get())) } " " (state(&sample.state))
        }
        (diff(&sample.output, &own.output))
    }
}
