//! Secrets and texts planted wherever a coordinator could tell them, and looked for in the bytes of the bundle.

use hafs_proto::people::{Status, TaskView, TeacherView, WorkerView};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::bundle::packed;
use super::gather::Section;
use super::{harmless, told};

fn fixture(name: &str) -> Value {
    let path = format!("{}/../proto/tests/fixtures/v1/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
        .expect("a fixture")
}

/// The document with the canary in every text that may be any text: whatever else takes no such word.
fn planted<T: serde::de::DeserializeOwned>(document: &Value, canary: &str) -> T {
    let mut best = document.clone();
    for path in texts(document, String::new()) {
        let mut tried = best.clone();
        if let Some(place) = tried.pointer_mut(&path) {
            *place = json!(canary);
        }
        if serde_json::from_value::<T>(tried.clone()).is_ok() {
            best = tried;
        }
    }
    assert!(best.to_string().contains(canary), "nothing was planted in {document}");
    serde_json::from_value(best).expect("it was tried")
}

/// Where the texts of a document are.
fn texts(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::String(_) => vec![at],
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(nth, item)| texts(item, format!("{at}/{nth}"))).collect()
        }
        Value::Object(fields) => {
            fields.iter().flat_map(|(key, value)| texts(value, format!("{at}/{key}"))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The bundle of a factory whose every text is the canary.
fn bundle(canary: &str) -> Vec<u8> {
    let status: Status = planted(&fixture("Status"), canary);
    let worker: WorkerView = planted(&fixture("WorkerView"), canary);
    let teacher: TeacherView = planted(&fixture("TeacherView"), canary);
    let mut dead = fixture("TaskView");
    dead["state"] = json!({ "state": "dead", "at": "2026-11-22T12:00:00.000Z",
        "reason": { "reason": "provider_error", "detail": canary } });
    let task: TaskView = planted(&dead, canary);
    let told =
        [told::status(&status), told::worker(&worker), told::teacher(&teacher), json!(told::failure(&task))];
    assert!(!told[3].is_null());
    let sections = told.map(|value| Section { name: "x", text: harmless::document(value).to_string() });
    let sections: Vec<Section> = sections
        .into_iter()
        .zip(["status.json", "workers.json", "teachers.json", "failures.json"])
        .map(|(section, name)| Section { name, ..section })
        .collect();
    packed(&sections).expect("packed")
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_text_that_a_coordinator_tells_is_in_the_bytes_of_a_bundle(words in "[A-Z][a-z]{6,20} [a-z]{6,20}\\.") {
        prop_assert!(!holds(&bundle(&words), &words));
    }

    #[test]
    fn no_secret_is_in_them_wherever_it_stands(letters in "[A-Za-z0-9]{36}") {
        let key = ["gh", "p_", &letters].concat();
        prop_assert!(!holds(&bundle(&key), &key));
        let told = harmless::document(json!({ "a": [key.clone()], key.clone(): format!("x={key}") }));
        prop_assert!(!told.to_string().contains(&key), "{told}");
    }
}
