//! Turns the values of a reply into records of a shape.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::error::ReplyError;
use super::record::{FieldValue, Parsed, Record};
use super::repair::Repair;
use super::scan::Found;
use super::shape::{FieldKind, FieldSpec, ReplyShape};
use super::value::{Fault, FaultKind};

/// Records of one reply. More than a task may have candidates, so that the limit is noticed where it counts.
const MAX_RECORDS: usize = 256;

/// All records of a reply, or the one error that says why there is none.
pub(super) fn records(found: Vec<Found>, shape: &ReplyShape) -> Result<Parsed, ReplyError> {
    let mut parsed = Parsed { records: Vec::new(), repairs: BTreeSet::new() };
    let mut misfit = None;
    for what in found {
        match what {
            Found::Value { value, repairs } => match take(&value, shape, &mut parsed) {
                Ok(()) => parsed.repairs.extend(repairs),
                Err(error) if concerns(&value, shape) => return Err(error),
                Err(error) if holds_objects(&value) => misfit = misfit.or(Some(error)),
                Err(_) => {}
            },
            Found::Broken { start, fault, keys } => {
                let error = broken(start, fault);
                let cut = fault.kind == FaultKind::EndOfText;
                if cut || keys.iter().any(|key| shape.asks_for(key)) {
                    return Err(error);
                }
                misfit = misfit.or(Some(error));
            }
            Found::Reasoning { start } => {
                return Err(ReplyError::Truncated { what: "reasoning", at: start });
            }
            Found::Tangled => return Err(ReplyError::Tangled),
        }
    }
    if parsed.records.is_empty() { Err(misfit.unwrap_or(ReplyError::NoJson)) } else { Ok(parsed) }
}

const fn broken(start: usize, fault: Fault) -> ReplyError {
    match fault.kind {
        FaultKind::EndOfText => ReplyError::Truncated { what: "JSON", at: start },
        FaultKind::Syntax(what) => ReplyError::Broken { at: fault.at, what },
        FaultKind::Ambiguous(what) => ReplyError::Ambiguous { at: fault.at, what },
    }
}

/// Adds the records of one value: of an object, of each element of a list, or of what an envelope holds.
fn take(value: &Value, shape: &ReplyShape, parsed: &mut Parsed) -> Result<(), ReplyError> {
    let (inner, unwrapped) = match envelope(value, shape) {
        Some(inner) => (inner, true),
        None => (value, false),
    };
    let elements = inner.as_array().map_or(std::slice::from_ref(inner), Vec::as_slice);
    let first = parsed.records.len();
    let fitted: Vec<Record> = elements
        .iter()
        .enumerate()
        .map(|(index, element)| record(element, shape, first + index))
        .collect::<Result<_, _>>()?;
    if fitted.is_empty() {
        return Err(ReplyError::NoJson);
    }
    for record in fitted {
        if !parsed.records.contains(&record) {
            parsed.records.push(record);
        }
        if parsed.records.len() > MAX_RECORDS {
            return Err(ReplyError::TooMany { max: MAX_RECORDS });
        }
    }
    if unwrapped {
        parsed.repairs.insert(Repair::Unwrapped);
    }
    Ok(())
}

/// What the only member of an object holds, when its name is none of the shape's.
fn envelope<'a>(value: &'a Value, shape: &ReplyShape) -> Option<&'a Value> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (key, inner) = members.iter().next()?;
    (holds_objects(inner) && !shape.names(key)).then_some(inner)
}

/// Whether a value is an object or a list of nothing but objects.
fn holds_objects(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(elements) => !elements.is_empty() && elements.iter().all(Value::is_object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether a value was meant as an answer: it, or what it holds directly, has a field that the shape requires.
fn concerns(value: &Value, shape: &ReplyShape) -> bool {
    let inner = envelope(value, shape).unwrap_or(value);
    let elements = inner.as_array().map_or(std::slice::from_ref(inner), Vec::as_slice);
    elements.iter().filter_map(Value::as_object).any(|members| members.keys().any(|key| shape.asks_for(key)))
}

fn record(value: &Value, shape: &ReplyShape, index: usize) -> Result<Record, ReplyError> {
    let Some(members) = value.as_object() else {
        return Err(ReplyError::WrongType { record: index, field: String::new(), expected: "an object" });
    };
    fields(members, shape, index, "")
}

fn fields(
    members: &Map<String, Value>,
    shape: &ReplyShape,
    index: usize,
    path: &str,
) -> Result<Record, ReplyError> {
    let mut record = Record::default();
    for spec in &shape.fields {
        let place = Spot { record: index, path: format!("{path}{}", spec.name) };
        match members.get(&spec.name) {
            None | Some(Value::Null) if spec.required => return Err(place.missing("it is absent")),
            None | Some(Value::Null) => {}
            Some(value) => record.insert(&spec.name, field(value, spec, &place)?),
        }
    }
    Ok(record)
}

/// Where a field stands, for errors.
struct Spot {
    record: usize,
    path: String,
}

impl Spot {
    fn missing(&self, why: &'static str) -> ReplyError {
        ReplyError::MissingField { record: self.record, field: self.path.clone(), why }
    }

    fn wrong(&self, kind: &FieldKind) -> ReplyError {
        ReplyError::WrongType { record: self.record, field: self.path.clone(), expected: kind.expected() }
    }
}

fn field(value: &Value, spec: &FieldSpec, place: &Spot) -> Result<FieldValue, ReplyError> {
    let wrong = || place.wrong(&spec.kind);
    match &spec.kind {
        FieldKind::Text { min_chars } => {
            let text = value.as_str().ok_or_else(wrong)?;
            if spec.required && text.trim().chars().count() < *min_chars {
                return Err(place.missing("it is blank or too short"));
            }
            Ok(FieldValue::Text(text.to_owned()))
        }
        FieldKind::Number { min, max } => value
            .as_f64()
            .filter(|number| (*min..=*max).contains(number))
            .map(FieldValue::Number)
            .ok_or_else(wrong),
        FieldKind::Flag => value.as_bool().map(FieldValue::Flag).ok_or_else(wrong),
        FieldKind::Choice(words) => {
            let text = value.as_str().ok_or_else(wrong)?.trim();
            let word = words.iter().find(|word| word.eq_ignore_ascii_case(text));
            word.cloned().map(FieldValue::Choice).ok_or_else(wrong)
        }
        FieldKind::Texts { min_items } => {
            let texts: Option<Vec<String>> = elements(value, spec, *min_items, place)?
                .iter()
                .map(|element| element.as_str().map(str::to_owned))
                .collect();
            texts.map(FieldValue::Texts).ok_or_else(wrong)
        }
        FieldKind::Records { shape, min_items } => elements(value, spec, *min_items, place)?
            .iter()
            .enumerate()
            .map(|(at, element)| {
                let members = element.as_object().ok_or_else(wrong)?;
                fields(members, shape, place.record, &format!("{}[{at}].", place.path))
            })
            .collect::<Result<_, _>>()
            .map(FieldValue::Records),
    }
}

fn elements<'a>(
    value: &'a Value,
    spec: &FieldSpec,
    min_items: usize,
    place: &Spot,
) -> Result<&'a [Value], ReplyError> {
    let elements = value.as_array().ok_or_else(|| place.wrong(&spec.kind))?;
    if elements.len() < min_items {
        return Err(place.missing("the list has too few elements"));
    }
    Ok(elements)
}
