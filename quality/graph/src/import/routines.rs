//! Lists of routines, symbols and registers: CSV, tables of Markdown, and the JSON arrays and register files of hafs.

use hafs_proto::graph::{Certainty, EntityId, Family, NodeKind, Relation};
use serde_json::{Map, Value};

use super::table::{Table, of_csv, of_markdown};
use super::{ImportError, Imported, Sheet};
use crate::address::{Place, Spelled};
use crate::facts::Facts;

/// Calls and accesses of one routine; more are refused.
const MOST_EDGES: usize = 10_000;

const NAMES: &[&str] = &["name", "label", "symbol", "routine", "register"];
const ADDRESSES: &[&str] = &["address", "addr", "snes_address", "rom_address", "ram_address", "location"];
const TEXTS: &[&str] = &["description", "purpose", "comment", "notes"];
const KINDS: &[&str] = &["symbol_type", "type", "kind", "category"];

/// One thing of a list.
struct Record<'r> {
    line: u32,
    /// Where it stands in the file, for errors.
    at: &'r str,
    name: &'r str,
    address: &'r str,
    kind: &'r str,
    text: &'r str,
}

pub(super) fn read(sheet: &Sheet<'_>, text: &str) -> Result<Imported, ImportError> {
    let mut facts = Facts::default();
    if text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        json(sheet, &mut facts, text)?;
    } else if sheet.file.to_ascii_lowercase().ends_with(".md") {
        for table in of_markdown(text).iter().filter(|table| table.column(NAMES).is_some()) {
            rows(sheet, &mut facts, table)?;
        }
    } else {
        rows(sheet, &mut facts, &of_csv(sheet, text)?)?;
    }
    Ok(Imported { facts, dangling: 0 })
}

fn rows(sheet: &Sheet<'_>, facts: &mut Facts, table: &Table) -> Result<(), ImportError> {
    let Some(name) = table.column(NAMES) else {
        return Err(sheet.wrong(1, "(headings)", format!("no column is called {}", NAMES.join(", "))));
    };
    let [address, text, kind] = [ADDRESSES, TEXTS, KINDS].map(|headings| table.column(headings));
    for row in &table.rows {
        let field =
            |column: Option<usize>| column.and_then(|at| row.fields.get(at)).map_or("", String::as_str);
        let record = Record {
            line: row.line,
            at: "",
            name: field(Some(name)),
            address: field(address),
            kind: field(kind),
            text: field(text),
        };
        say(sheet, facts, &record)?;
    }
    Ok(())
}

/// Says what a record says; returns its entity.
fn say(sheet: &Sheet<'_>, facts: &mut Facts, record: &Record<'_>) -> Result<EntityId, ImportError> {
    let Record { line, at, name, address, kind, text } = *record;
    let field = |name: &str| format!("{at}{name}");
    let value = match address.trim_matches('`') {
        "" | "-" | "unknown" => None,
        written => Some(bus(written).ok_or_else(|| {
            let expected = "expected $07:8000, $078000, $2100 or 0x078000";
            sheet.wrong(line, &field("address"), format!("`{written}` is no address: {expected}"))
        })?),
    };
    let id = sheet.entity(line, &field("name"), Family::Asm, name)?;
    let place = value.map(Place::of).filter(|place| place.kind() != NodeKind::Symbol);
    let kind = kind_of(kind);
    // A register is the place itself and not a label of it.
    if let Some(place) = place.filter(|place| place.kind() == NodeKind::Register) {
        facts.told(line, &place.entity(), (NodeKind::Register, value), text);
        facts.name(line, &place.entity(), name);
        return Ok(place.entity());
    }
    facts.told(line, &id, (kind, value), text);
    if let Some(place) = place {
        facts.denotes(line, (&id, name), place);
    }
    Ok(id)
}

fn bus(written: &str) -> Option<u32> {
    Spelled::read(written).map(|it| it.value).or_else(|| {
        let bare = written.len() == 6 || written.len() == 4;
        bare.then(|| Spelled::read(&format!("${written}"))).flatten().map(|it| it.value)
    })
}

fn kind_of(word: &str) -> NodeKind {
    match word.to_ascii_lowercase().as_str() {
        "routine" | "function" | "subroutine" | "code" => NodeKind::Routine,
        "define" | "constant" | "equ" => NodeKind::Constant,
        "macro" => NodeKind::Macro,
        _ => NodeKind::Symbol,
    }
}

fn json(sheet: &Sheet<'_>, facts: &mut Facts, text: &str) -> Result<(), ImportError> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        sheet.wrong(u32::try_from(error.line()).unwrap_or(0), "(file)", format!("is not JSON: {error}"))
    })?;
    match &value {
        Value::Array(items) => {
            for (nth, item) in items.iter().enumerate() {
                let at = format!("[{nth}].");
                let item =
                    item.as_object().ok_or_else(|| sheet.wrong(0, &format!("[{nth}]"), "is no object"))?;
                object(sheet, facts, &at, None, item)?;
            }
            Ok(())
        }
        Value::Object(root) => match root.get("registers").and_then(Value::as_object) {
            Some(registers) => {
                for (name, item) in registers {
                    let at = format!("registers.{name}.");
                    let item = item.as_object().ok_or_else(|| sheet.wrong(0, &at, "is no object"))?;
                    object(sheet, facts, &at, Some(name), item)?;
                }
                Ok(())
            }
            None => {
                Err(sheet.wrong(0, "registers", "is missing: expected an array of records, or `registers`"))
            }
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(sheet.wrong(0, "(file)", "is neither an array nor an object"))
        }
    }
}

fn object(
    sheet: &Sheet<'_>,
    facts: &mut Facts,
    at: &str,
    key: Option<&str>,
    item: &Map<String, Value>,
) -> Result<(), ImportError> {
    let text = |names: &[&str]| names.iter().find_map(|name| item.get(*name)?.as_str()).unwrap_or("");
    let name = item.get("name").map_or(Ok(key.unwrap_or("")), |name| {
        name.as_str().ok_or_else(|| sheet.wrong(0, &format!("{at}name"), "is no text"))
    })?;
    if item.get("address").is_some_and(|address| !address.is_string() && !address.is_null()) {
        return Err(sheet.wrong(0, &format!("{at}address"), "is no text such as $07:8000"));
    }
    // What lists calls is a routine, whatever it says of itself.
    let kind = if item.contains_key("calls") { "routine" } else { text(KINDS) };
    let line = item.get("line_number").and_then(Value::as_u64).and_then(|line| u32::try_from(line).ok());
    let record =
        Record { line: line.unwrap_or(0), at, name, address: text(ADDRESSES), kind, text: text(TEXTS) };
    let id = say(sheet, facts, &record)?;
    for (field, relation) in [("calls", Relation::Calls), ("memory_access", Relation::Accesses)] {
        for target in targets(sheet, at, field, item)? {
            let to = match Spelled::read(target) {
                Some(spelled) => spelled.place().entity(),
                None => sheet.entity(record.line, &format!("{at}{field}"), Family::Asm, target)?,
            };
            facts.edge_as(record.line, (&id, &to), relation, Certainty::Undecided);
        }
    }
    Ok(())
}

fn targets<'v>(
    sheet: &Sheet<'_>,
    at: &str,
    field: &str,
    item: &'v Map<String, Value>,
) -> Result<Vec<&'v str>, ImportError> {
    let wrong = |why: &str| sheet.wrong(0, &format!("{at}{field}"), why);
    match item.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= MOST_EDGES => list
            .iter()
            .map(|target| target.as_str().ok_or_else(|| wrong("holds something that is no text")))
            .collect(),
        Some(Value::Array(_)) => Err(wrong("has too many entries")),
        Some(_) => Err(wrong("is no list")),
    }
}
