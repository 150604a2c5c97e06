//! From a JSON schema to a grammar.

use serde_json::{Map, Value};
use thiserror::Error;

use super::number::Bounds;

/// Nodes of one grammar.
const NODES: usize = 512;
/// Levels of nesting.
const DEPTH: usize = 16;
/// Properties of one object and literals of one choice: they are tracked in a word of this many bits.
pub(super) const CHOICES: usize = 64;

/// Words that say nothing about what may be written, or that always hold here.
const ANNOTATIONS: [&str; 10] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "type",
    "additionalProperties",
];

/// Why a schema cannot steer a reply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("at `{path}` of the reply's schema: {why}")]
pub(crate) struct SchemaError {
    path: String,
    why: String,
}

/// One thing that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Properties in order.
    Object(Vec<Property>),
    /// Items of one kind.
    Array { item: usize, min: usize, max: usize },
    /// A string by its length in characters.
    Text { min: usize, max: usize },
    /// A number.
    Number(Bounds),
    /// One of these texts, none of which begins another.
    OneOf(Vec<Vec<u8>>),
}

/// One property of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    /// The name as it is written, quotes included.
    pub(super) key: Vec<u8>,
    pub(super) required: bool,
    pub(super) value: usize,
}

/// A compiled schema. Nodes refer to each other by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grammar {
    nodes: Vec<Node>,
    root: usize,
}

impl Grammar {
    /// Compiles a schema whose root is an object: objects with `properties` and `required`, arrays with `items`,
    /// `minItems` and `maxItems`, strings with `minLength` and `maxLength`, numbers and integers with bounds,
    /// booleans, `null`, `enum` and `const`. Anything that says more is refused rather than half obeyed.
    pub(crate) fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let mut compiler = Compiler::default();
        let root = compiler.node(schema, "", 0)?;
        if !matches!(compiler.nodes[root], Node::Object(_)) {
            return Err(refuse("", "the root has to be an object"));
        }
        Ok(Self { nodes: compiler.nodes, root })
    }

    pub(super) fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    pub(super) const fn root(&self) -> usize {
        self.root
    }

    /// The properties of the object at `index`; none for any other node.
    pub(super) fn properties(&self, index: usize) -> &[Property] {
        match &self.nodes[index] {
            Node::Object(properties) => properties,
            Node::Array { .. } | Node::Text { .. } | Node::Number(_) | Node::OneOf(_) => &[],
        }
    }
}

fn refuse(path: &str, why: impl Into<String>) -> SchemaError {
    let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    SchemaError { path, why: why.into() }
}

#[derive(Default)]
struct Compiler {
    nodes: Vec<Node>,
}

impl Compiler {
    fn node(&mut self, schema: &Value, path: &str, depth: usize) -> Result<usize, SchemaError> {
        let Some(map) = schema.as_object() else { return Err(refuse(path, "a schema has to be an object")) };
        if depth > DEPTH {
            return Err(refuse(path, format!("it is nested deeper than {DEPTH} levels")));
        }
        let node = match (literals(map, path)?, map.get("type").and_then(Value::as_str)) {
            (Some(literals), _) => Node::OneOf(literals),
            (None, Some("object")) => self.object(map, path, depth)?,
            (None, Some("array")) => self.array(map, path, depth)?,
            (None, Some("string")) => text(map, path)?,
            (None, Some(kind @ ("number" | "integer"))) => number(map, path, kind == "integer")?,
            (None, Some("boolean")) => Node::OneOf(vec![b"true".to_vec(), b"false".to_vec()]),
            (None, Some("null")) => Node::OneOf(vec![b"null".to_vec()]),
            (None, other) => {
                let kind = other.unwrap_or("missing or not a single word");
                return Err(refuse(
                    path,
                    format!("`type` is {kind}; the engine needs one of the JSON types"),
                ));
            }
        };
        if self.nodes.len() >= NODES {
            return Err(refuse(path, format!("the schema has more than {NODES} parts")));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    fn object(&mut self, map: &Map<String, Value>, path: &str, depth: usize) -> Result<Node, SchemaError> {
        only(map, path, &["properties", "required"])?;
        let none = Map::new();
        let listed = map.get("properties").map_or(Some(&none), Value::as_object);
        let Some(listed) = listed else { return Err(refuse(path, "`properties` has to be an object")) };
        let required = required(map, path)?;
        if let Some(unknown) = required.iter().find(|name| !listed.contains_key(**name)) {
            return Err(refuse(
                path,
                format!("`required` names `{unknown}`, which is not among `properties`"),
            ));
        }
        if listed.len() > CHOICES {
            return Err(refuse(path, format!("it has more than {CHOICES} properties")));
        }
        let mut properties = Vec::with_capacity(listed.len());
        for (name, schema) in listed {
            let value = self.node(schema, &format!("{path}/properties/{name}"), depth + 1)?;
            let key = Value::from(name.as_str()).to_string().into_bytes();
            properties.push(Property { key, required: required.contains(&name.as_str()), value });
        }
        Ok(Node::Object(properties))
    }

    fn array(&mut self, map: &Map<String, Value>, path: &str, depth: usize) -> Result<Node, SchemaError> {
        only(map, path, &["items", "minItems", "maxItems"])?;
        let Some(items) = map.get("items") else { return Err(refuse(path, "an array needs `items`")) };
        let item = self.node(items, &format!("{path}/items"), depth + 1)?;
        let (min, max) = span(map, path, "minItems", "maxItems")?;
        Ok(Node::Array { item, min, max })
    }
}

fn only(map: &Map<String, Value>, path: &str, known: &[&str]) -> Result<(), SchemaError> {
    let stranger =
        map.keys().find(|key| !known.contains(&key.as_str()) && !ANNOTATIONS.contains(&key.as_str()));
    match stranger {
        None => Ok(()),
        Some(key) => Err(refuse(path, format!("the embedded engine cannot hold a reply to `{key}`"))),
    }
}

fn required<'a>(map: &'a Map<String, Value>, path: &str) -> Result<Vec<&'a str>, SchemaError> {
    let Some(listed) = map.get("required") else { return Ok(Vec::new()) };
    let names = listed.as_array().map(|names| names.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    names.flatten().ok_or_else(|| refuse(path, "`required` has to be a list of names"))
}

/// The literals of `enum` or `const`.
fn literals(map: &Map<String, Value>, path: &str) -> Result<Option<Vec<Vec<u8>>>, SchemaError> {
    let values = match (map.get("enum"), map.get("const")) {
        (None, None) => return Ok(None),
        (_, Some(only)) => std::slice::from_ref(only),
        (Some(listed), None) => {
            listed.as_array().map(Vec::as_slice).ok_or_else(|| refuse(path, "`enum` has to be a list"))?
        }
    };
    only(map, path, &["enum", "const"])?;
    if values.is_empty() || values.len() > CHOICES {
        return Err(refuse(path, format!("`enum` has to have 1 to {CHOICES} values")));
    }
    let texts: Vec<Vec<u8>> = values.iter().map(|value| value.to_string().into_bytes()).collect();
    let begins_another = |a: &Vec<u8>| texts.iter().any(|b| b != a && b.starts_with(a));
    if texts.iter().any(begins_another) {
        return Err(refuse(path, "one value of `enum` begins another; write them as strings"));
    }
    Ok(Some(texts))
}

fn text(map: &Map<String, Value>, path: &str) -> Result<Node, SchemaError> {
    only(map, path, &["minLength", "maxLength"])?;
    let (min, max) = span(map, path, "minLength", "maxLength")?;
    Ok(Node::Text { min, max })
}

fn number(map: &Map<String, Value>, path: &str, integer: bool) -> Result<Node, SchemaError> {
    only(map, path, &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])?;
    let bound = |key: &str| match map.get(key) {
        None => Ok(None),
        Some(value) => {
            value.as_f64().map(Some).ok_or_else(|| refuse(path, format!("`{key}` has to be a number")))
        }
    };
    let low = (bound("minimum")?, bound("exclusiveMinimum")?);
    let high = (bound("maximum")?, bound("exclusiveMaximum")?);
    Bounds::new(integer, low, high)
        .map(Node::Number)
        .ok_or_else(|| refuse(path, "no number that the engine can write lies between the bounds"))
}

fn span(map: &Map<String, Value>, path: &str, low: &str, high: &str) -> Result<(usize, usize), SchemaError> {
    let bound = |key: &str, absent: usize| match map.get(key) {
        None => Ok(absent),
        Some(value) => value
            .as_u64()
            .and_then(|value| usize::try_from(value).ok())
            .ok_or_else(|| refuse(path, format!("`{key}` has to be a whole number"))),
    };
    let (min, max) = (bound(low, 0)?, bound(high, usize::MAX)?);
    if min > max {
        return Err(refuse(path, format!("`{low}` = {min} is more than `{high}` = {max}")));
    }
    Ok((min, max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_engine_cannot_obey_is_refused_with_its_place() {
        for (schema, words) in [
            (json!({"type": "string"}), "root"),
            (
                json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}}),
                "/properties/a",
            ),
            (json!({"type": "object", "properties": {"a": {"anyOf": []}}}), "type"),
            (json!({"type": "object", "required": ["b"]}), "`b`"),
            (json!({"type": "object", "properties": {"a": {"enum": [1, 12]}}}), "begins another"),
            (
                json!({"type": "object", "properties": {"a": {"type": "integer", "minimum": 2, "maximum": 1}}}),
                "bounds",
            ),
            (json!({"type": "object", "properties": {"a": {"type": "array"}}}), "items"),
            (
                json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 3, "maxLength": 1}}}),
                "3",
            ),
        ] {
            let error = Grammar::compile(&schema).expect_err("refused").to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
