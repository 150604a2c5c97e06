//! The graph that hafs keeps in `knowledge_graph.json`: nodes by key, edges by the keys of their ends.
//!
//! Its edges are written anew by every run, so most stand there many times; they come to one. Keys are the project, the
//! type and the name; here the name alone is the entity, so that what two sources say of it comes together.

use std::collections::BTreeMap;

use hafs_proto::graph::{Certainty, EntityId, Family, NodeKind, Relation};
use serde_json::{Map, Value};

use super::{ImportError, Imported, Sheet};
use crate::address::Spelled;
use crate::facts::Facts;

pub(super) fn read(sheet: &Sheet<'_>, text: &str) -> Result<Imported, ImportError> {
    let root: Value = serde_json::from_str(text).map_err(|error| {
        let line = u32::try_from(error.line()).unwrap_or(0);
        sheet.wrong(line, "(file)", format!("is not JSON: {error}"))
    })?;
    let nodes = root.get("nodes").and_then(Value::as_object);
    let nodes = nodes.ok_or_else(|| sheet.wrong(0, "nodes", "is missing or no object of nodes by key"))?;
    let empty = Value::Array(Vec::new());
    let edges = root.get("edges").unwrap_or(&empty).as_array();
    let edges = edges.ok_or_else(|| sheet.wrong(0, "edges", "is no list"))?;
    let mut imported = Imported::default();
    let mut known = BTreeMap::new();
    for (key, node) in nodes {
        let node = node.as_object().ok_or_else(|| sheet.wrong(0, &format!("nodes.{key}"), "is no object"))?;
        known.insert(key.as_str(), say(sheet, &mut imported.facts, key, node)?);
    }
    for (nth, edge) in edges.iter().enumerate() {
        join(sheet, &mut imported, &known, (nth, edge))?;
    }
    Ok(imported)
}

fn text<'v>(
    sheet: &Sheet<'_>,
    at: &str,
    field: &str,
    map: &'v Map<String, Value>,
) -> Result<Option<&'v str>, ImportError> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(sheet.wrong(0, &format!("{at}.{field}"), "is no text")),
    }
}

fn say(
    sheet: &Sheet<'_>,
    facts: &mut Facts,
    key: &str,
    node: &Map<String, Value>,
) -> Result<EntityId, ImportError> {
    let at = format!("nodes.{key}");
    let kind = text(sheet, &at, "type", node)?.unwrap_or("");
    let name = text(sheet, &at, "name", node)?.unwrap_or_else(|| key.rsplit(':').next().unwrap_or(key));
    let address = match text(sheet, &at, "address", node)?.filter(|it| !it.is_empty()) {
        None => None,
        Some(written) => Some(Spelled::read(written).ok_or_else(|| {
            let why = format!("`{written}` is no address: expected $07:8000 or $2100");
            sheet.wrong(0, &format!("{at}.address"), why)
        })?),
    };
    let said = text(sheet, &at, "description", node)?.or(text(sheet, &at, "category", node)?).unwrap_or("");
    let (family, node_kind) = kind_of(kind);
    if let Some(place) = address.map(Spelled::place).filter(|_| node_kind == NodeKind::Register) {
        facts.told(0, &place.entity(), (NodeKind::Register, Some(place.address())), said);
        facts.name(0, &place.entity(), name);
        return Ok(place.entity());
    }
    let id = sheet.entity(0, &format!("{at}.name"), family, name)?;
    facts.told(0, &id, (node_kind, address.map(|it| it.value)), said);
    if let Some(place) = address.map(Spelled::place).filter(|place| place.kind() != NodeKind::Symbol) {
        facts.denotes(0, (&id, name), place);
    }
    if let Some(project) =
        text(sheet, &at, "project", node)?.filter(|it| !it.is_empty() && node_kind != NodeKind::Project)
    {
        let project = sheet.entity(0, &format!("{at}.project"), Family::Project, project)?;
        facts.node(0, &project, NodeKind::Project, None);
        facts.edge(0, (&project, &id), Relation::Contains);
    }
    Ok(id)
}

fn kind_of(word: &str) -> (Family, NodeKind) {
    match word.to_ascii_lowercase().as_str() {
        "routine" => (Family::Asm, NodeKind::Routine),
        "symbol" => (Family::Asm, NodeKind::Symbol),
        "hardware_register" => (Family::Asm, NodeKind::Register),
        "hardware_system" => (Family::Concept, NodeKind::System),
        "document" | "issue" | "review" => (Family::Document, NodeKind::Document),
        "project" => (Family::Project, NodeKind::Project),
        _ => (Family::Concept, NodeKind::Concept),
    }
}

fn join(
    sheet: &Sheet<'_>,
    imported: &mut Imported,
    known: &BTreeMap<&str, EntityId>,
    (nth, edge): (usize, &Value),
) -> Result<(), ImportError> {
    let at = format!("edges[{nth}]");
    let edge = edge.as_object().ok_or_else(|| sheet.wrong(0, &at, "is no object"))?;
    let end = |field: &str| {
        text(sheet, &at, field, edge)?.ok_or_else(|| sheet.wrong(0, &format!("{at}.{field}"), "is missing"))
    };
    let (from, to, relation) = (end("source")?, end("target")?, end("relation")?);
    let relation = match relation {
        "contains" => Relation::Contains,
        "calls" => Relation::Calls,
        "accesses" | "accesses_hardware" => Relation::Accesses,
        "references" => Relation::References,
        "reads" => Relation::Reads,
        "writes" => Relation::Writes,
        other => {
            let why = format!(
                "`{other}` is no relation: expected contains, calls, accesses, accesses_hardware or references"
            );
            return Err(sheet.wrong(0, &format!("{at}.relation"), why));
        }
    };
    match (known.get(from), known.get(to)) {
        // What is written there was drawn by a model as often as by a parser.
        (Some(from), Some(to)) => imported.facts.edge_as(0, (from, to), relation, Certainty::Assumed),
        _ => imported.dangling += 1,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("knowledge_graph.json");

    #[test]
    fn a_graph_of_hafs_is_read_without_its_doubles() {
        let imported = read(&Sheet { file: "knowledge_graph.json" }, TEXT).expect("reads");
        let said: Vec<String> = imported.facts.claims().map(|(claim, _)| format!("{claim:?}")).collect();
        assert_eq!(imported.dangling, 1);
        assert_eq!(said.iter().filter(|it| it.contains("Accesses")).count(), 1, "{said:#?}");
        assert!(said.iter().any(|it| it.contains("mem:$002100") && it.contains("INIDISP")), "{said:#?}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, field) in [
            ("{", "(file)"),
            ("{}", "nodes"),
            (r#"{"nodes": {"k": 3}}"#, "nodes.k"),
            (r#"{"nodes": {"k": {"name": "x", "address": "$GG"}}}"#, "nodes.k.address"),
            (r#"{"nodes": {"k": {"name": 3}}}"#, "nodes.k.name"),
            (
                r#"{"nodes": {}, "edges": [{"source": "a", "target": "b", "relation": "likes"}]}"#,
                "edges[0].relation",
            ),
        ] {
            let error = read(&Sheet { file: "g.json" }, text).expect_err("refused");
            assert_eq!(error.field, field, "{text}");
        }
    }
}
