//! What each provider does with each keyword of JSON Schema, as a table.
//! Source: the providers' pages on structured outputs, 2026; `responseJsonSchema` of Gemini's API reference.

use serde_json::Value;

/// Whose form a schema is brought into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// OpenAI's strict mode: closed objects, every property required.
    Strict,
    /// Anthropic: closed objects, few bounds.
    Anthropic,
    /// Gemini's `responseJsonSchema`.
    Gemini,
    /// Ollama and llama.cpp: almost everything, but no references.
    Grammar,
}

impl Flavour {
    /// Whether objects must forbid properties that they do not name.
    pub(super) const fn is_closed(self) -> bool {
        matches!(self, Self::Strict | Self::Anthropic)
    }
}

/// What becomes of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handling {
    /// It stays.
    Keep,
    /// It is told in the description.
    Note,
    /// It is left out: it bounds nothing.
    Drop,
    /// The whole schema cannot be said.
    Refuse,
    /// It becomes an `enum` of one value.
    Constant,
    /// Its value is a schema.
    Inside,
    /// Its value is schemas by name.
    Named,
    /// Its value is a list of schemas.
    Each,
    /// The same, and it becomes `anyOf`.
    Choice,
    /// The same, and it is replaced by its only part.
    Only,
}

pub(super) fn handling(flavour: Flavour, key: &str, value: &Value) -> Handling {
    use Handling::{Choice, Constant, Drop, Each, Inside, Keep, Named, Note, Only, Refuse};
    let pick = |by: [Handling; 4]| match flavour {
        Flavour::Strict => by[0],
        Flavour::Anthropic => by[1],
        Flavour::Gemini => by[2],
        Flavour::Grammar => by[3],
    };
    match key {
        "type" | "enum" | "description" | "title" | "required" => Keep,
        "properties" => Named,
        "items" => Inside,
        "anyOf" => Each,
        "additionalProperties" if value.is_boolean() => Keep,
        "additionalProperties" => pick([Refuse, Refuse, Inside, Inside]),
        "const" => pick([Keep, Keep, Constant, Keep]),
        "oneOf" => pick([Choice, Choice, Choice, Each]),
        "allOf" => pick([Only, Only, Only, Each]),
        "prefixItems" => pick([Refuse, Refuse, Each, Each]),
        "minimum" | "maximum" => pick([Keep, Note, Keep, Keep]),
        "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" | "pattern" => pick([Keep, Note, Note, Keep]),
        "minLength" | "maxLength" => pick([Note, Note, Note, Keep]),
        "minItems" if value.as_u64().is_some_and(|least| least <= 1) => Keep,
        "minItems" | "maxItems" => pick([Keep, Note, Keep, Keep]),
        "format" => format(flavour, value),
        "$schema" | "$id" | "$defs" | "definitions" | "$comment" | "$anchor" | "default" | "examples"
        | "deprecated" | "readOnly" | "writeOnly" => Drop,
        _ => pick([Note, Note, Note, Keep]),
    }
}

fn format(flavour: Flavour, value: &Value) -> Handling {
    const USUAL: [&str; 9] =
        ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];
    let known = match flavour {
        Flavour::Strict | Flavour::Anthropic | Flavour::Grammar => &USUAL[..],
        Flavour::Gemini => &USUAL[..3],
    };
    let usual = value.as_str().is_some_and(|name| known.contains(&name));
    if usual { Handling::Keep } else { Handling::Note }
}
