//! Every page with hostile texts in every field that takes a text: none becomes markup, none becomes an address elsewhere.
//!
//! The things shown are the frozen JSON of the API (`proto/tests/fixtures`), with each text replaced whose type still
//! takes the replacement.
#![expect(clippy::unwrap_used, reason = "a test program")]

use std::collections::BTreeSet;
use std::path::Path;

use hafs_pages::layout::{Theme, Viewer};
use hafs_pages::samples::{Filter, Similar, View};
use hafs_pages::{
    Markup, audit, datasets, graph, login, overview, problem, reasons, runs, samples, tasks, teachers,
    workers,
};
use hafs_proto::people::{Page, SampleDetail, Scope};
use hafs_proto::{Problem, Score, Timestamp};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Short enough for a name.
const HOSTILE: &str = "\"'><script>a()</script>";
/// What else breaks out where a template is careless.
const LONGER: &str = "<img src=x onerror=a()></textarea></title></svg><a href=\"javascript:a()\" style='x'>";

/// Every text of others is this one.
struct Told<'a>(&'a str);

impl Told<'_> {
    /// The fixture with the text in every place that takes it.
    fn of<T: DeserializeOwned>(&self, fixture: &str) -> T {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto/tests/fixtures/v1");
        let bytes = std::fs::read(folder.join(format!("{fixture}.json"))).unwrap();
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        let mut places = Vec::new();
        texts(&value, String::new(), &mut places);
        for place in places {
            let leaf = value.pointer_mut(&place).unwrap();
            let before = std::mem::replace(leaf, Value::String(self.0.to_owned()));
            if T::deserialize(&value).is_err() {
                *value.pointer_mut(&place).unwrap() = before;
            }
        }
        serde_json::from_value(value).unwrap()
    }

    fn page<T: DeserializeOwned>(&self, fixture: &str) -> Page<T> {
        Page { items: vec![self.of(fixture)], next_cursor: Some(self.0.to_owned()) }
    }
}

/// Where texts stand in a value.
fn texts(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::String(_) => places.push(at),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, item)| texts(item, format!("{at}/{nth}"), places));
        }
        Value::Object(fields) => fields.iter().for_each(|(key, item)| {
            texts(item, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), places);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every page, with its name.
fn pages(text: &str) -> Vec<(&'static str, Markup)> {
    let scopes = BTreeSet::from([Scope::Read, Scope::Run, Scope::Export, Scope::Admin]);
    let (viewer, told, now) = (Viewer { scopes, theme: Theme::Dark }, Told(text), now());
    let graph_name = "rom".parse().unwrap();
    let detail: SampleDetail = told.of("SampleDetail.reviewed");
    vec![
        ("overview", overview::overview(&viewer, &told.of("Overview"))),
        ("runs", runs::list(&viewer, &[told.of("Run"), told.of("Run.finished")], now)),
        ("run", runs::run(&viewer, &told.of("RunView"), &[told.of("Yield")], now)),
        ("reasons", reasons::reasons(&viewer, &[told.of("RunView")])),
        ("tasks", tasks::list(&viewer, &told.page("TaskView"), Some("open"), "/web/tasks?state=open", now)),
        ("task", tasks::task(&viewer, &told.of("TaskView"), Some(&told.of("Why")), now)),
        ("workers", workers::list(&viewer, &[told.of("WorkerView.residency"), told.of("WorkerView")], now)),
        ("worker", workers::worker(&viewer, &told.of("WorkerView.trust"), Some(&told.of("Why")), now)),
        ("copied worker", workers::worker(&viewer, &told.of("WorkerView.residency"), None, now)),
        (
            "teachers",
            teachers::teachers(
                &viewer,
                &[told.of("TeacherView")],
                &[told.of("TeacherRecord")],
                &[told.of("WorkerView.trials")],
                now,
            ),
        ),
        ("data sets", datasets::list(&viewer, &[told.of("DatasetView.tainted")], now)),
        ("data set", datasets::dataset(&viewer, &told.of("DatasetDetail"), now)),
        ("graphs", graph::list(&viewer, &[told.of("GraphView")])),
        ("names", graph::found(&viewer, &graph_name, text, &told.page("EntityView"))),
        ("entity", graph::entity(&viewer, &graph_name, &told.of("EntityView"), &told.page("SourcedFact"))),
        ("audit", audit::audit(&viewer, &told.page("AuditEntry"), now)),
        ("login", login::login(&viewer, text, true)),
        ("problem", problem::problem(&viewer, &told.of::<Problem>("Problem"), text)),
        ("samples", samples::list(&viewer, &told.page("Sample.rejected"), &filter(text), now)),
        ("sample", sample(&viewer, &told, &detail, now)),
    ]
}

fn sample(viewer: &Viewer, told: &Told<'_>, detail: &SampleDetail, now: Timestamp) -> Markup {
    let similar = [Similar { sample: told.of("Sample.accepted"), likeness: Score::ONE }];
    let id = "review_0190b2f67c1a7e3f8d2b4c5a6e7f8091".parse().unwrap();
    let view = View {
        detail,
        attempts: &[told.of("AttemptView.failed")],
        why: &told.of("Why"),
        family: &[told.of("Sample.quarantined")],
        similar: &similar,
        ids: &[id; 5],
        now,
    };
    samples::one(viewer, &view)
}

fn filter(text: &str) -> Filter {
    let all = || text.to_owned();
    Filter { state: all(), domain: all(), reason: all(), teacher: all(), tag: all(), run: all(), text: all() }
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000).unwrap()
}

/// A tag as it is opened: its name, and its attributes with their values.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What it is, whatever its values say.
    fn form(&self) -> (String, Vec<String>) {
        (self.name.clone(), self.attributes.iter().map(|(key, _)| key.clone()).collect())
    }
}

/// The tags that a browser would see. Values stand in double quotes, as our templates write them.
fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with(['/', '!']) {
            continue;
        }
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        rest = &rest[name.len()..];
        let mut attributes = Vec::new();
        while let Some(more) = rest.strip_prefix(' ') {
            let end = more.find(['=', ' ', '>']).unwrap();
            let (key, after) = more.split_at(end);
            let (value, after) = match after.strip_prefix("=\"") {
                Some(quoted) => quoted.split_once('"').unwrap(),
                None => ("", after),
            };
            attributes.push((key.to_owned(), value.to_owned()));
            rest = after;
        }
        assert!(rest.starts_with('>'), "<{name} does not end: {}", &rest[..rest.len().min(80)]);
        tags.push(Tag { name, attributes });
    }
    tags
}

/// The kinds of tags on all pages.
fn forms(pages: &[(&str, Markup)]) -> BTreeSet<(String, Vec<String>)> {
    pages.iter().flat_map(|(_, page)| tags(&page.0)).map(|tag| tag.form()).collect()
}

#[test]
fn a_hostile_text_is_shown_on_every_page_and_is_markup_on_none() {
    let known = forms(&pages("Text"));
    for (name, page) in pages(HOSTILE) {
        let seen = page.0.contains("&lt;script&gt;a()") || page.0.contains("%3Cscript%3E");
        assert!(
            seen || name == "graphs",
            "{name}: the text is not on it; only graphs have no text of others"
        );
    }
    for (name, page) in [HOSTILE, LONGER].into_iter().flat_map(pages) {
        for tag in tags(&page.0) {
            assert!(known.contains(&tag.form()), "{name}: {:?}", tag.form());
        }
    }
}

#[test]
fn every_address_is_ours_and_every_label_has_its_field() {
    for (name, page) in [HOSTILE, LONGER].into_iter().flat_map(pages) {
        let tags = tags(&page.0);
        let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: an id is there twice");
        for tag in &tags {
            for address in ["href", "src", "action"].into_iter().filter_map(|key| tag.get(key)) {
                let is_ours = address.starts_with("/web/") || address.starts_with('#') || address == "data:,";
                assert!(
                    is_ours && !address.contains(['\\', ':', ' ']) || address == "data:,",
                    "{name}: {address}"
                );
            }
            let meant = tag.get("for").into_iter().chain(tag.get("aria-labelledby"));
            meant.for_each(|id| assert!(ids.contains(&id), "{name}: nothing is called {id}"));
            assert!(
                tag.get("style").is_none() && !tag.form().1.iter().any(|key| key.starts_with("on")),
                "{name}"
            );
        }
        assert_eq!(tags.iter().filter(|tag| tag.name == "h1").count(), 1, "{name}: one heading of the page");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_makes_a_tag_that_the_templates_do_not(text in "[<>\"'&/=!`\\PC]{1,40}") {
        let known = forms(&pages("Text"));
        for (name, page) in pages(&text) {
            for tag in tags(&page.0) {
                prop_assert!(known.contains(&tag.form()), "{}: {:?}", name, tag.form());
            }
        }
    }
}
