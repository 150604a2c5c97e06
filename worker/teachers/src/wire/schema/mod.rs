//! A JSON schema in the form that a provider takes.
//!
//! Each provider refuses another part of JSON Schema. What it refuses is moved into the `description`, where the model
//! can still read it; references are put in place of themselves. What cannot be said at all (a free-form map under
//! OpenAI's strict rules, recursion where it is unknown) gives no schema, and the caller falls back to the prompt. The
//! reply is checked against what was asked for anyway, so a looser schema costs quality and never correctness.

mod keyword;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

pub(crate) use keyword::Flavour;
use keyword::{Handling, handling};

/// Levels of a schema that is looked into.
const DEPTH: usize = 32;
/// Parts of a schema, references counted each time that they are put in place.
const PARTS: usize = 4_096;

/// The schema in the form of a provider, or nothing when it cannot be said there.
pub(crate) fn fit(schema: &Value, flavour: Flavour) -> Option<Value> {
    let mut fitter = Fitter { root: schema, flavour, parts: PARTS, open: Vec::new() };
    let fitted = fitter.part(schema, 0)?;
    let plain_root = !flavour.is_closed() || fitted["type"] == "object";
    plain_root.then_some(fitted)
}

/// The schema under OpenAI's strict rules and whether it could be said there: one that cannot be is sent as it is,
/// without a claim to strictness.
pub(crate) fn strictly(schema: &Value) -> (bool, Value) {
    fit(schema, Flavour::Strict).map_or_else(|| (false, schema.clone()), |fitted| (true, fitted))
}

struct Fitter<'a> {
    root: &'a Value,
    flavour: Flavour,
    parts: usize,
    /// References that are being put in place.
    open: Vec<String>,
}

impl Fitter<'_> {
    fn part(&mut self, schema: &Value, depth: usize) -> Option<Value> {
        self.parts = self.parts.checked_sub(1)?;
        if depth > DEPTH {
            return None;
        }
        match schema {
            Value::Object(keys) if keys.contains_key("$ref") => self.reference(keys, depth),
            Value::Object(keys) => self.keys(keys, depth),
            Value::Bool(true) => (!self.flavour.is_closed()).then(|| json!({})),
            Value::Bool(false) | Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    /// Puts what a reference points to in its place; keys beside it win.
    fn reference(&mut self, keys: &Map<String, Value>, depth: usize) -> Option<Value> {
        let target = keys.get("$ref")?.as_str()?;
        if self.open.iter().any(|open| open == target) {
            return (!self.flavour.is_closed()).then(|| json!({}));
        }
        let mut merged = self.root.pointer(target.strip_prefix('#')?)?.as_object()?.clone();
        merged.extend(
            keys.iter().filter(|(key, _)| *key != "$ref").map(|(key, value)| (key.clone(), value.clone())),
        );
        self.open.push(target.to_owned());
        let fitted = self.part(&Value::Object(merged), depth + 1);
        self.open.pop();
        fitted
    }

    fn keys(&mut self, keys: &Map<String, Value>, depth: usize) -> Option<Value> {
        let mut fitted = Map::new();
        let mut notes = Vec::new();
        for (key, value) in keys {
            match handling(self.flavour, key, value) {
                Handling::Keep => drop(fitted.insert(key.clone(), value.clone())),
                Handling::Note => notes.push(format!("{key}: {value}")),
                Handling::Drop => {}
                Handling::Refuse => return None,
                Handling::Constant => drop(fitted.insert("enum".to_owned(), json!([value]))),
                Handling::Inside => drop(fitted.insert(key.clone(), self.part(value, depth + 1)?)),
                Handling::Named => drop(fitted.insert(key.clone(), self.named(value, depth)?)),
                Handling::Each => drop(fitted.insert(key.clone(), self.each(value, depth)?)),
                Handling::Choice => drop(fitted.insert("anyOf".to_owned(), self.each(value, depth)?)),
                Handling::Only => fitted.extend(self.only(value, depth)?),
            }
        }
        if self.flavour.is_closed() && is_object(&fitted) {
            self.close(&mut fitted)?;
        }
        describe(&mut fitted, &notes);
        Some(Value::Object(fitted))
    }

    fn named(&mut self, value: &Value, depth: usize) -> Option<Value> {
        let parts = value.as_object()?.iter();
        let fitted: Option<Map<_, _>> =
            parts.map(|(name, part)| Some((name.clone(), self.part(part, depth + 1)?))).collect();
        fitted.map(Value::Object)
    }

    fn each(&mut self, value: &Value, depth: usize) -> Option<Value> {
        let fitted: Option<Vec<_>> =
            value.as_array()?.iter().map(|part| self.part(part, depth + 1)).collect();
        fitted.map(Value::Array)
    }

    /// `allOf` with one part is that part.
    fn only(&mut self, value: &Value, depth: usize) -> Option<Map<String, Value>> {
        match value.as_array()?.as_slice() {
            [part] => self.part(part, depth + 1)?.as_object().cloned(),
            _ => None,
        }
    }

    /// Forbids further properties; where every property has to be required, optional ones may be null instead.
    fn close(&self, object: &mut Map<String, Value>) -> Option<()> {
        let open = object.get("additionalProperties").is_some_and(|more| *more != json!(false));
        let names: Vec<String> = object.get("properties")?.as_object()?.keys().cloned().collect();
        if open || names.is_empty() {
            return None;
        }
        object.insert("additionalProperties".to_owned(), json!(false));
        if self.flavour == Flavour::Strict {
            let required = object.insert("required".to_owned(), json!(names)).unwrap_or_default();
            let required = required.as_array().map(Vec::as_slice).unwrap_or_default();
            let properties = object.get_mut("properties")?.as_object_mut()?;
            let optional = properties.iter_mut().filter(|(name, _)| !required.contains(&json!(name)));
            optional.for_each(|(_, part)| make_nullable(part));
        }
        Some(())
    }
}

fn is_object(keys: &Map<String, Value>) -> bool {
    keys.contains_key("properties") || keys.get("type").is_some_and(|kind| *kind == "object")
}

fn make_nullable(part: &mut Value) {
    let plain = part.get("type").and_then(Value::as_str).map(str::to_owned);
    match (plain, part.as_object_mut()) {
        (Some(kind), Some(keys)) if !keys.contains_key("const") => {
            keys.insert("type".to_owned(), json!([kind, "null"]));
            if let Some(words) = keys.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
        }
        (Some(_) | None, _) => *part = json!({ "anyOf": [part.take(), { "type": "null" }] }),
    }
}

/// Says what could not be a keyword.
fn describe(keys: &mut Map<String, Value>, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    let notes = format!("({})", notes.join(", "));
    let text = match keys.get("description").and_then(Value::as_str) {
        Some(said) => format!("{said} {notes}"),
        None => notes,
    };
    keys.insert("description".to_owned(), json!(text));
}
