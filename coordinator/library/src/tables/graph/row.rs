//! A fact as a row.

use hafs_proto::GraphName;
use hafs_proto::graph::{Claim, EdgeClaim, Fact, NameClaim, NodeClaim};

use crate::db::{Row, Value, word};
use crate::error::StoreError;

pub(super) const COLUMNS: &str =
    "graph, source, seq, claim, subject, word, object, folded, value, certainty, line, note";
/// Values of a row.
pub(super) const WIDTH: usize = 12;

/// The values of a row, in the order of [`COLUMNS`].
pub(super) fn values(
    (graph, source): (&GraphName, &str),
    seq: usize,
    fact: &Fact,
    fold: fn(&str) -> String,
) -> Result<[Value; WIDTH], StoreError> {
    let seq = i64::try_from(seq).map_err(StoreError::encode)?;
    let subject = Value::from(fact.claim.subject().to_string());
    let absent = || Value::Null;
    let (claim, parts) = match &fact.claim {
        Claim::Node(node) => {
            let folded = Value::from(fold(node.id.name()));
            let note = if node.text.is_empty() { absent() } else { Value::from(&node.text) };
            ("node", [Value::from(word(&node.kind)?), absent(), folded, node.value.into(), absent(), note])
        }
        Claim::Name(name) => (
            "name",
            [absent(), Value::from(&name.name), Value::from(fold(&name.name)), absent(), absent(), absent()],
        ),
        Claim::Edge(edge) => {
            let (relation, certainty) =
                (Value::from(word(&edge.relation)?), Value::from(word(&edge.certainty)?));
            ("edge", [relation, Value::from(edge.to.to_string()), absent(), absent(), certainty, absent()])
        }
    };
    let [word, object, folded, value, certainty, note] = parts;
    let line = Value::from(fact.line);
    Ok([
        graph.into(),
        source.into(),
        seq.into(),
        claim.into(),
        subject,
        word,
        object,
        folded,
        value,
        certainty,
        line,
        note,
    ])
}

/// The fact of a row.
pub(crate) fn fact(row: &Row) -> Result<Fact, StoreError> {
    let claim = match row.get::<String>("claim")?.as_str() {
        "node" => Claim::Node(NodeClaim {
            id: row.get("subject")?,
            kind: row.word("word")?,
            value: row.get("value")?,
            text: row.get::<Option<_>>("note")?.unwrap_or_default(),
        }),
        "name" => Claim::Name(NameClaim { id: row.get("subject")?, name: row.get("object")? }),
        "edge" => Claim::Edge(EdgeClaim {
            from: row.get("subject")?,
            relation: row.word("word")?,
            to: row.get("object")?,
            certainty: row.word("certainty")?,
        }),
        other => return Err(StoreError::encode(format!("graph_fact.claim: `{other}` is no kind of claim"))),
    };
    Ok(Fact { claim, line: row.get("line")? })
}
