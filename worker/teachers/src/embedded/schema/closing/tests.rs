use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::compile::Grammar;
use super::*;

fn schema() -> Value {
    json!({"type": "object", "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 8},
        "note": {"type": "string"},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "count": {"type": "integer", "minimum": -20, "maximum": 300},
        "kind": {"enum": ["good", "goody", "bad"]},
        "sure": {"type": "boolean"},
        "tags": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string", "maxLength": 5}},
        "inner": {"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "integer"}}, "required": ["b"]},
    }, "required": ["title", "score", "kind", "tags", "inner"]})
}

fn automaton() -> Automaton {
    Automaton::new(Arc::new(Grammar::compile(&schema()).expect("compiles")))
}

fn accepts(text: &str) -> bool {
    let mut automaton = automaton();
    automaton.push_all(text.as_bytes()) && automaton.is_complete()
}

/// The schema of these tests, read by hand.
fn fits(value: &Value) -> bool {
    let length = |key: &str| value[key].as_str().map(|text| text.chars().count());
    let known = ["title", "note", "score", "count", "kind", "sure", "tags", "inner"];
    let optional = |key: &str, good: bool| value.get(key).is_none() || good;
    value.as_object().is_some_and(|map| map.keys().all(|key| known.contains(&key.as_str())))
        && length("title").is_some_and(|n| (1..=8).contains(&n))
        && optional("note", value["note"].is_string())
        && value["score"].as_f64().is_some_and(|score| (0.0..=1.0).contains(&score))
        && optional("count", value["count"].as_i64().is_some_and(|n| (-20..=300).contains(&n)))
        && ["good", "goody", "bad"].contains(&value["kind"].as_str().unwrap_or_default())
        && optional("sure", value["sure"].is_boolean())
        && value["tags"].as_array().is_some_and(|tags| {
            (1..=3).contains(&tags.len())
                && tags.iter().all(|tag| tag.as_str().is_some_and(|tag| tag.chars().count() <= 5))
        })
        && value["inner"]["b"].is_i64()
}

#[test]
fn texts_that_fit_are_accepted_and_others_are_not() {
    let good = r#"{"title":"é🦀","score":0.25,"kind":"goody","tags":["a"],"inner":{"b":-3}}"#;
    assert!(accepts(good));
    assert!(accepts(&good.replace(',', ",\n  ").replace(':', ": ")));
    assert!(accepts(&good.replace("\"kind\"", "\"count\":300,\"kind\"")));
    for (from, to) in [
        ("\"é🦀\"", "\"\""),
        ("0.25", "1.5"),
        ("goody", "goo"),
        ("[\"a\"]", "[]"),
        ("{\"b\":-3}", "{}"),
        ("\"score\"", "\"scores\""),
        ("\"title\":\"é🦀\",", ""),
        ("-3", "-03"),
        (",", ",                    "),
        (",", " ,"),
        (",", ",\n\n"),
    ] {
        assert!(!accepts(&good.replacen(from, to, 1)), "{to}");
    }
    assert!(!accepts(&format!("{good} ")), "nothing may follow");
}

proptest! {
    /// Writes at random, byte by byte, whatever the automaton takes; then ends it.
    #[test]
    fn whatever_is_accepted_is_json_that_fits_and_can_always_be_ended(choices in proptest::collection::vec(any::<u8>(), 0..300)) {
        const LIKELY: &[u8] = b"\"abx{}[]:,.0123456789-truefalsn \n\\";
        let mut automaton = automaton();
        let mut text = Vec::new();
        for choice in choices {
            // Half of the time a byte of JSON's own, else any byte.
            let byte = if choice < 128 { LIKELY[usize::from(choice) % LIKELY.len()] } else { choice };
            let mut next = automaton.clone();
            if next.push(byte) {
                automaton = next;
                text.push(byte);
            }
        }
        let closing = automaton.closing();
        prop_assert!(closing.is_some(), "no way out of {}", String::from_utf8_lossy(&text));
        text.extend(closing.map(|closing| closing.bytes).unwrap_or_default());
        let value: Value = serde_json::from_slice(&text).expect("JSON");
        prop_assert!(fits(&value), "{value}");
    }

    #[test]
    fn the_keys_and_values_lead_deep_into_the_schema(n in 0_usize..70) {
        let good = r#"{"title":"ab","note":"","score":1.0,"kind":"bad","sure":true,"tags":["",""],"inner":{"a":null,"b":7}}"#;
        let cut = n.min(good.len());
        let mut automaton = automaton();
        prop_assert!(automaton.push_all(&good.as_bytes()[..cut]));
        let closing = automaton.closing().expect("a way out");
        let text = [&good.as_bytes()[..cut], &closing.bytes].concat();
        prop_assert!(fits(&serde_json::from_slice(&text).expect("JSON")));
    }
}

#[test]
fn the_strings_still_to_come_are_counted_and_brackets_alone_are_no_content() {
    let mut automaton = automaton();
    assert_eq!(automaton.closing().map(|closing| closing.texts), Some(2), "title and one tag");
    assert!(automaton.push_all(br#"{"title":"a","score":1,"kind":"bad","tags":["a"],"inner":{"b":1"#));
    let closing = automaton.closing().expect("a way out");
    assert!(closing.is_only_brackets() && closing.texts == 0, "{closing:?}");
}
