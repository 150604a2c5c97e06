//! What a reply must hold.

use serde_json::{Map, Value, json};

/// The fields of a record. Fields that a shape does not name are ignored when a reply has them.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplyShape {
    pub(super) fields: Vec<FieldSpec>,
}

/// One field of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldSpec {
    pub(super) name: String,
    pub(super) kind: FieldKind,
    pub(super) required: bool,
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// A text with at least so many characters, white space at the ends not counted.
    Text {
        /// Fewest characters.
        min_chars: usize,
    },
    /// A number within bounds, both included.
    Number {
        /// Lowest.
        min: f64,
        /// Highest.
        max: f64,
    },
    /// True or false.
    Flag,
    /// One of these words; upper and lower case are not distinguished when reading.
    Choice(Vec<String>),
    /// A list of texts.
    Texts {
        /// Fewest elements.
        min_items: usize,
    },
    /// A list of records.
    Records {
        /// What each element holds.
        shape: ReplyShape,
        /// Fewest elements.
        min_items: usize,
    },
}

impl FieldSpec {
    /// A required field.
    #[must_use]
    pub fn new(name: &str, kind: FieldKind) -> Self {
        Self { name: name.to_owned(), kind, required: true }
    }

    /// A required text that is not blank.
    #[must_use]
    pub fn text(name: &str) -> Self {
        Self::new(name, FieldKind::Text { min_chars: 1 })
    }

    /// A required word out of a few.
    #[must_use]
    pub fn choice(name: &str, words: &[&str]) -> Self {
        Self::new(name, FieldKind::Choice(words.iter().map(|&word| word.to_owned()).collect()))
    }

    /// The same field, but it may be absent or null. A text may then also be blank.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

impl ReplyShape {
    /// A record with these fields. At least one of them should be required: a record without required fields
    /// fits every object.
    #[must_use]
    pub fn new(fields: Vec<FieldSpec>) -> Self {
        Self { fields }
    }

    /// Whether a key is a required field of this shape or of a list inside it.
    pub(super) fn asks_for(&self, key: &str) -> bool {
        self.fields.iter().any(|field| {
            (field.required && field.name == key)
                || matches!(&field.kind, FieldKind::Records { shape, .. } if shape.asks_for(key))
        })
    }

    /// Whether a key is a field of this shape.
    pub(super) fn names(&self, key: &str) -> bool {
        self.fields.iter().any(|field| field.name == key)
    }

    /// The JSON schema of one record, for teachers that can be held to one.
    #[must_use]
    pub fn json_schema(&self) -> Value {
        let properties: Map<String, Value> =
            self.fields.iter().map(|field| (field.name.clone(), field.kind.json_schema())).collect();
        let required: Vec<&str> =
            self.fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }
}

impl FieldKind {
    fn json_schema(&self) -> Value {
        match self {
            Self::Text { min_chars } => json!({ "type": "string", "minLength": min_chars }),
            Self::Number { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Choice(words) => json!({ "type": "string", "enum": words }),
            Self::Texts { min_items } => {
                json!({ "type": "array", "items": { "type": "string" }, "minItems": min_items })
            }
            Self::Records { shape, min_items } => {
                json!({ "type": "array", "items": shape.json_schema(), "minItems": min_items })
            }
        }
    }

    /// What an error says was expected.
    pub(super) const fn expected(&self) -> &'static str {
        match self {
            Self::Text { .. } => "a text",
            Self::Number { .. } => "a number within its bounds",
            Self::Flag => "true or false",
            Self::Choice(_) => "one of the allowed words",
            Self::Texts { .. } => "a list of texts",
            Self::Records { .. } => "a list of objects",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_schema_lists_every_field_and_requires_the_required_ones() {
        let shape = ReplyShape::new(vec![
            FieldSpec::text("instruction"),
            FieldSpec::text("input").optional(),
            FieldSpec::new(
                "criteria",
                FieldKind::Records {
                    shape: ReplyShape::new(vec![FieldSpec::choice("verdict", &["pass", "fail"])]),
                    min_items: 1,
                },
            ),
        ]);
        let schema = shape.json_schema();
        assert_eq!(schema["required"], json!(["instruction", "criteria"]));
        assert_eq!(schema["properties"]["input"]["type"], "string");
        assert_eq!(
            schema["properties"]["criteria"]["items"]["properties"]["verdict"]["enum"],
            json!(["pass", "fail"])
        );
    }
}
