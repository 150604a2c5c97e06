//! Sealed rows: read back, derived again, compared.

use hafs_proto::{ContentHash, Sample, sample::content_hash};

use super::findings::{Findings, RESTORE};
use super::{Canon, row_facts};
use crate::db::{Row, Tx, Value, args};
use crate::error::StoreError;
use crate::tables::samples;

/// Rows read at once.
const PAGE: usize = 200;

/// What a row must be, derived from itself.
pub(crate) struct Derived {
    /// The seal of its facts.
    pub(crate) seal: ContentHash,
    /// Columns that say the same as others and do not.
    pub(crate) disagreements: Vec<&'static str>,
}

/// A table whose rows are sealed.
pub(crate) struct Sealed {
    pub(crate) table: &'static str,
    /// The columns of its key, at most two.
    pub(crate) key: &'static [&'static str],
    /// `SELECT … FROM …`, with the key and the seal.
    pub(crate) select: fn() -> String,
    /// Reads the row and derives it again.
    pub(crate) derive: fn(&mut dyn Tx, &Row) -> Result<Derived, StoreError>,
}

/// Every sealed table.
pub(crate) const TABLES: &[Sealed] = &[
    row_facts::RUN,
    row_facts::SEED,
    row_facts::TASK,
    row_facts::ATTEMPT,
    row_facts::SAMPLE,
    row_facts::CHECK,
    row_facts::VERDICT,
    row_facts::DECISION,
    row_facts::SIGNATURE,
    row_facts::EMBEDDING,
    row_facts::CREDENTIAL,
    row_facts::RECEIPT,
    row_facts::DATASET,
    row_facts::TRUST,
    row_facts::QUARANTINE,
    row_facts::QUARANTINE_SAMPLE,
    row_facts::CHECK_CLAIM,
    row_facts::RECHECK,
    row_facts::REVIEW,
];

/// Compares every row of a table with its seal.
pub(crate) fn check(tx: &mut dyn Tx, sealed: &Sealed, findings: &mut Findings) -> Result<(), StoreError> {
    let mut after: Option<Vec<Value>> = None;
    loop {
        let rows = page(tx, sealed, after.as_deref())?;
        for row in &rows {
            findings.looked(sealed.table);
            compare(tx, sealed, row, findings);
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = Some(key(sealed, last)?),
            _ => return Ok(()),
        }
    }
}

fn compare(tx: &mut dyn Tx, sealed: &Sealed, row: &Row, findings: &mut Findings) {
    let outcome = (sealed.derive)(tx, row).and_then(|derived| Ok((derived, row.get::<ContentHash>("seal")?)));
    let mut add = |what: String| findings.add(sealed.table, name(sealed, row), what, RESTORE);
    match outcome {
        Err(error) => add(format!("it cannot be read: {error}")),
        Ok((derived, seal)) => {
            if derived.seal != seal {
                add("its facts were changed after they were stored: they do not match their seal".to_owned());
            }
            for column in derived.disagreements {
                add(format!("its column `{column}` does not say what the rest of the row says"));
            }
        }
    }
}

fn key(sealed: &Sealed, row: &Row) -> Result<Vec<Value>, StoreError> {
    sealed.key.iter().map(|column| row.get::<Value>(column)).collect()
}

/// The rows after a key, in the order of the key.
fn page(tx: &mut dyn Tx, sealed: &Sealed, after: Option<&[Value]>) -> Result<Vec<Row>, StoreError> {
    // The key is looked for under the table's own name, or `t` where the statement joins another one.
    let columns: Vec<String> = sealed.key.iter().map(|column| qualified(sealed, column)).collect();
    let list = columns.join(", ");
    let marks = (1..=columns.len()).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
    let from = if after.is_some() { format!(" WHERE ({list}) > ({marks})") } else { String::new() };
    let sql = format!("{}{from} ORDER BY {list} LIMIT {PAGE}", (sealed.select)());
    tx.query(&sql, after.unwrap_or_default())
}

fn qualified(sealed: &Sealed, column: &str) -> String {
    if sealed.table == "task" { format!("t.{column}") } else { column.to_owned() }
}

/// The row's name in the form that the API uses: `sample_<hex>`, or the parts of the key with `/`.
fn name(sealed: &Sealed, row: &Row) -> String {
    let parts = sealed.key.iter().map(|column| {
        let prefix = if *column == "id" { sealed.table } else { column };
        row.get::<Value>(column).map_or_else(|_| "?".to_owned(), |value| part(prefix, &value))
    });
    parts.collect::<Vec<_>>().join("/")
}

fn part(prefix: &str, value: &Value) -> String {
    let prefix = match prefix {
        "credential" => "cred",
        "key" => "done",
        other => other,
    };
    match value {
        Value::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{prefix}_{hex}")
        }
        Value::Int(int) => int.to_string(),
        Value::Text(text) => text.clone(),
        Value::Null | Value::Real(_) => "?".to_owned(),
    }
}

/// Derives content and canonical hashes again, and looks for contents that were accepted twice.
pub(crate) fn canon(
    tx: &mut dyn Tx,
    canon: Option<Canon>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut after = vec![Value::Bytes(Vec::new())];
    loop {
        let sql = format!("SELECT {} FROM sample WHERE id > ?1 ORDER BY id LIMIT {PAGE}", samples::COLUMNS);
        let rows = tx.query(&sql, &after)?;
        for row in &rows {
            // An unreadable sample has been named already.
            if let Ok(sample) = samples::sample(tx, row) {
                hashes(&sample, canon, findings);
            }
        }
        let Some(last) = rows.last() else { break };
        after = vec![last.get::<Value>("id")?];
    }
    twice(tx, findings)
}

fn hashes(sample: &Sample, canon: Option<Canon>, findings: &mut Findings) {
    let (instruction, input, output) = (&sample.instruction, &sample.input, &sample.output);
    if content_hash(instruction, input, output) != sample.content_hash {
        findings.add("sample", sample.id, "its content hash is not that of its texts", RESTORE);
    }
    if canon.is_some_and(|canon| canon(instruction, input, output) != sample.canon_hash) {
        findings.add("sample", sample.id, "its canonical hash is not that of its texts", RESTORE);
    }
}

fn twice(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let sql = "SELECT s.id, o.id AS other FROM sample s JOIN sample o ON o.canon_hash = s.canon_hash \
               AND o.state = 'accepted' AND o.id < s.id WHERE s.state = 'accepted' ORDER BY s.id LIMIT ?1";
    for row in tx.query(sql, args![1_000_u32])? {
        let (id, other): (hafs_proto::SampleId, hafs_proto::SampleId) = (row.get("id")?, row.get("other")?);
        let what = format!("it was accepted although {other} has the same content");
        findings.add("sample", id, what, "quarantine one of the two");
    }
    Ok(())
}
