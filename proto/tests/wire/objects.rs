//! Walking through JSON values.

use serde_json::{Map, Value};

/// Whether `whole` has everything that `part` has. Lists must be equal in length.
pub fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|found| holds(found, value)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| holds(whole, part))
        }
        _ => whole == part,
    }
}

/// JSON pointers of every object in a value, itself among them.
pub fn pointers(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, String::new(), &mut found);
    found
}

fn collect(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                collect(inner, format!("{pointer}/{key}"), found);
            }
            found.push(pointer);
        }
        Value::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                collect(inner, format!("{pointer}/{at}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where a reader of today accepts a field that it does not know.
pub fn takes_any_field(wire: &str, pointer: &str, object: &Map<String, Value>) -> bool {
    // Maps: every key is data.
    let map = ["/context", "/skipped", "/about"].iter().any(|end| pointer.ends_with(end));
    // A problem may gain members, as RFC 9457 says.
    let problem = wire == "Problem" && pointer.is_empty();
    // Of a variant without fields, serde reads nothing but the tag.
    let is = |tag: &str, words: &[&str]| {
        object.get(tag).and_then(Value::as_str).is_some_and(|word| words.contains(&word))
    };
    map || problem || is("outcome", &["pass", "not_applicable"]) || is("state", &["candidate"])
}
