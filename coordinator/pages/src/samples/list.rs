//! The list of samples, with filters that work without a script.

use hafs_proto::people::Page;
use hafs_proto::{Reason, Sample, SampleState, Timestamp};
use maud::{Markup, html};

use crate::layout::{Room, Viewer, more, page, part, tag};
use crate::words::{SHORT, ago, line};

/// The filters as they stand in the address; empty ones filter nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The word of a state.
    pub state: String,
    /// A domain.
    pub domain: String,
    /// The code of a reason.
    pub reason: String,
    /// A teacher.
    pub teacher: String,
    /// A tag.
    pub tag: String,
    /// A run.
    pub run: String,
    /// A text.
    pub text: String,
}

const STATES: [&str; 4] = ["candidate", "accepted", "rejected", "quarantined"];

impl Filter {
    /// The filters that are set, by the names that they have in an address.
    #[must_use]
    pub fn set(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("state", &self.state),
            ("domain", &self.domain),
            ("reason", &self.reason),
            ("teacher", &self.teacher),
            ("tag", &self.tag),
            ("run", &self.run),
            ("text", &self.text),
        ];
        let set = all.into_iter().map(|(name, value)| (name, value.as_str()));
        set.filter(|(_, value)| !value.is_empty()).collect()
    }

    fn next(&self, cursor: &str) -> String {
        let set = self.set();
        let pairs = set.iter().map(|(name, value)| format!("{name}={}&", part(value)));
        format!("/web/samples?{}cursor={}", pairs.collect::<String>(), part(cursor))
    }
}

/// The page.
#[must_use]
pub fn list(viewer: &Viewer, samples: &Page<Sample>, filter: &Filter, now: Timestamp) -> Markup {
    let next = samples.next_cursor.as_ref().map(|cursor| filter.next(cursor));
    let content = html! {
        h1 { "Samples" }
        (form(filter))
        section.panel {
            @if samples.items.is_empty() {
                p.soft { @if next.is_some() { "None so far; the next page searches on." } @else { "No sample fits." } }
            } @else {
                div.scroll tabindex="0" { table {
                    thead { tr { th { "sample" } th { "state" } th { "domain" } th { "teacher" } th { "made" } } }
                    tbody { @for sample in &samples.items { (row(sample, now)) } }
                } }
            }
            (more(next.as_deref()))
        }
    };
    page(viewer, Some(Room::Samples), "Samples", &content)
}

fn form(filter: &Filter) -> Markup {
    html! {
        form.panel.fields method="get" action="/web/samples" role="search" {
            (choice("state", &filter.state, STATES.into_iter()))
            (choice("reason", &filter.reason, Reason::ALL.iter().map(|reason| reason.code())))
            @for (name, value, hint) in [
                ("domain", &filter.domain, "asm"),
                ("teacher", &filter.teacher, "ollama/…"),
                ("tag", &filter.tag, "showcase"),
                ("run", &filter.run, "run_…"),
                ("text", &filter.text, "any words"),
            ] {
                label { (name) input name=(name) value=(value) placeholder=(hint) maxlength="256"
                    data-key=[(name == "text").then_some("/")]; }
            }
            div.acts { button.primary { "Filter" } @if !filter.set().is_empty() { a href="/web/samples" { "Clear" } } }
        }
    }
}

fn choice<'a>(name: &str, chosen: &str, words: impl Iterator<Item = &'a str>) -> Markup {
    html! {
        label {
            (name)
            select name=(name) {
                option value="" { "any" }
                @for word in words { option value=(word) selected[word == chosen] { (word) } }
            }
        }
    }
}

fn row(sample: &Sample, now: Timestamp) -> Markup {
    html! {
        tr data-row {
            td {
                a href=(format!("/web/samples/{}", sample.id)) { (line(&sample.instruction, SHORT)) }
                div.small.soft { (line(&sample.output, SHORT)) }
            }
            td { (state(&sample.state)) }
            td { (sample.domain.to_string()) }
            td.small { (sample.lineage.teacher.to_string()) }
            td { (ago(sample.created_at, now)) }
        }
    }
}

/// A state with its reasons.
pub(super) fn state(state: &SampleState) -> Markup {
    html! {
        (tag(state.word()))
        @match state {
            SampleState::Candidate | SampleState::Accepted { .. } => {},
            SampleState::Rejected { reasons, .. } => {
                @for reason in reasons { " " span.small title=(reason.describe()) { (reason.code()) } }
            },
            SampleState::Quarantined { why, .. } => { " " span.small.soft { (line(why, SHORT)) } },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_filters_and_no_value_leaves_its_place() {
        let filter = Filter { tag: "a".into(), text: "x&state=accepted#\"<b>".into(), ..Filter::default() };
        let samples = Page { items: Vec::new(), next_cursor: Some("sample_1".into()) };
        let shown = list(&Viewer::default(), &samples, &filter, Timestamp::EPOCH).into_string();
        let next = "/web/samples?tag=a&amp;text=x%26state%3Daccepted%23%22%3Cb%3E&amp;cursor=sample_1";
        assert!(shown.contains(next), "{shown}");
        assert!(shown.contains("value=\"x&amp;state=accepted#&quot;&lt;b&gt;\""), "{shown}");
    }
}
