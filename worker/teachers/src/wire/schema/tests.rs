use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Flavour, fit};

const ALL: [Flavour; 4] = [Flavour::Strict, Flavour::Anthropic, Flavour::Gemini, Flavour::Grammar];

fn fits(schema: &Value, flavour: Flavour, expected: &Value) {
    let fitted = fit(schema, flavour);
    assert_eq!(fitted.map(|it| it.to_string()), Some(expected.to_string()), "{flavour:?}");
}

#[test]
fn what_a_provider_refuses_is_told_in_the_description() {
    let schema = json!({"type": "object", "properties": {
        "text": {"type": "string", "minLength": 3, "description": "The text."},
        "score": {"type": "number", "minimum": 0, "maximum": 1}},
        "required": ["text", "score"], "additionalProperties": false});
    let text = json!({"type": "string", "description": "The text. (minLength: 3)"});
    let expect = |text: &Value, score: &Value| {
        json!({"type": "object", "properties": {"text": text, "score": score},
            "required": ["text", "score"], "additionalProperties": false})
    };
    let bounded = json!({"type": "number", "minimum": 0, "maximum": 1});
    let told = json!({"type": "number", "description": "(minimum: 0, maximum: 1)"});
    fits(&schema, Flavour::Strict, &expect(&text, &bounded));
    fits(&schema, Flavour::Anthropic, &expect(&text, &told));
    fits(&schema, Flavour::Gemini, &expect(&text, &bounded));
    fits(&schema, Flavour::Grammar, &schema);
}

#[test]
fn strict_mode_requires_everything_and_lets_the_optional_be_null() {
    let schema = json!({"type": "object", "properties": {
        "a": {"type": "string"}, "b": {"type": "string", "enum": ["x"]}, "c": {"const": 1},
        "d": {"anyOf": [{"type": "string"}, {"type": "number"}]}}, "required": ["a"]});
    let expected = json!({"type": "object", "properties": {
        "a": {"type": "string"}, "b": {"type": ["string", "null"], "enum": ["x", null]},
        "c": {"anyOf": [{"const": 1}, {"type": "null"}]},
        "d": {"anyOf": [{"anyOf": [{"type": "string"}, {"type": "number"}]}, {"type": "null"}]}},
        "required": ["a", "b", "c", "d"], "additionalProperties": false});
    fits(&schema, Flavour::Strict, &expected);
    let closed = fit(&schema, Flavour::Anthropic).expect("it can be said");
    assert_eq!((&closed["required"], &closed["additionalProperties"]), (&json!(["a"]), &json!(false)));
}

#[test]
fn references_are_put_in_place_and_definitions_left_out() {
    let schema = json!({"type": "object", "properties": {
        "left": {"$ref": "#/$defs/side", "description": "The left one."}, "right": {"$ref": "#/$defs/side"}},
        "required": ["left", "right"], "additionalProperties": false, "$defs": {"side": {"type": "string"}}});
    let expected = json!({"type": "object", "properties": {
        "left": {"type": "string", "description": "The left one."}, "right": {"type": "string"}},
        "required": ["left", "right"], "additionalProperties": false});
    for flavour in ALL {
        fits(&schema, flavour, &expected);
    }
}

#[test]
fn what_cannot_be_said_gives_no_schema_and_is_cut_where_it_may_be_open() {
    let recursive = json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": []});
    let map = json!({"type": "object", "properties": {"m": {"type": "object", "additionalProperties": {"type": "string"}}}});
    for schema in [&recursive, &map] {
        assert_eq!(fit(schema, Flavour::Strict), None);
        assert_eq!(fit(schema, Flavour::Anthropic), None);
        assert!(fit(schema, Flavour::Gemini).is_some() && fit(schema, Flavour::Grammar).is_some());
    }
    assert_eq!(fit(&json!({"type": "string"}), Flavour::Strict), None, "the root has to be an object");
    assert_eq!(fit(&json!({"$ref": "http://elsewhere/schema"}), Flavour::Gemini), None);
}

#[test]
fn choices_constants_and_single_parts_are_said_in_each_providers_words() {
    let schema = json!({"oneOf": [{"const": "a"}, {"allOf": [{"type": "number", "multipleOf": 2}]}]});
    let gemini = json!({"anyOf": [{"enum": ["a"]}, {"type": "number", "description": "(multipleOf: 2)"}]});
    fits(&schema, Flavour::Gemini, &gemini);
    fits(&schema, Flavour::Grammar, &schema);
}

#[test]
fn a_schema_that_grows_without_bound_is_given_up() {
    let doubling: serde_json::Map<String, Value> = (0..40)
        .map(|n| {
            let next = format!("#/$defs/d{}", n + 1);
            (format!("d{n}"), json!({"anyOf": [{"$ref": next}, {"$ref": next}]}))
        })
        .chain([("d40".to_owned(), json!({"type": "string"}))])
        .collect();
    let schema = json!({"$defs": doubling, "$ref": "#/$defs/d0"});
    for flavour in ALL {
        assert_eq!(fit(&schema, flavour), None);
    }
}

fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string", "minLength": 2, "pattern": "a+"})),
        Just(json!({"type": "integer", "minimum": 0, "multipleOf": 3})),
        Just(json!({"enum": ["a", "b"]})),
        Just(json!({"const": true})),
        Just(json!({"$ref": "#/properties/a"})),
        Just(json!(true)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::btree_map("[a-c]", inner.clone(), 1..4)
                .prop_map(|parts| json!({"type": "object", "properties": parts, "required": ["a"]})),
            inner.clone().prop_map(|part| json!({"type": "array", "items": part, "minItems": 2})),
            proptest::collection::vec(inner, 1..3).prop_map(|parts| json!({"oneOf": parts})),
        ]
    })
}

/// Whether every object of a schema is closed and requires all that it names.
fn is_strict(schema: &Value) -> bool {
    let here = schema.get("properties").is_none_or(|properties| {
        let names = properties.as_object().map(|names| names.keys().collect::<Vec<_>>());
        schema["additionalProperties"] == false && json!(names) == schema["required"]
    });
    let inside = match schema {
        Value::Object(keys) => keys.values().all(is_strict),
        Value::Array(parts) => parts.iter().all(is_strict),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    };
    here && inside && schema.get("$ref").is_none() && schema.get("minLength").is_none()
}

proptest! {
    #[test]
    fn fitting_is_closed_repeatable_and_never_leaves_a_reference(schema in schemas()) {
        for flavour in ALL {
            let Some(fitted) = fit(&schema, flavour) else { continue };
            prop_assert!(!fitted.to_string().contains("$ref"), "{flavour:?}: {fitted}");
            if flavour == Flavour::Strict {
                prop_assert!(is_strict(&fitted), "{fitted}");
            }
            if flavour != Flavour::Strict {
                prop_assert_eq!(fit(&fitted, flavour), Some(fitted));
            }
        }
    }
}
