//! Rows, read in the order of their key, written, read back and compared.

use hafs_proto::ContentHash;

use super::source::Source;
use super::tables::{self, Table};
use super::target::Target;
use super::{Listener, MigrateError, MigrateReport, MigratedTable, Progress};
use crate::address::Address;
use crate::db::{Row, Tx, Value, tuples};
use crate::error::StoreError;

/// Rows read at once.
const PAGE: usize = 200;
/// Rows written by one statement.
const BLOCK: usize = 50;

/// Copies every table and compares both sides.
pub(super) fn all(
    (source, from): (&mut Source, &Address),
    (target, to): (&mut Target, &Address),
    progress: Listener<'_>,
) -> Result<MigrateReport, MigrateError> {
    let reading = |source| MigrateError::Source { library: from.clone(), source };
    let writing = |source| MigrateError::Target { library: to.clone(), source };
    let mut copied = Vec::new();
    for table in tables::all().map_err(reading)? {
        let mut sum = Sum::new(&table);
        let mut after = None;
        loop {
            let rows = page(&mut *source.tx(), &table, after.as_ref()).map_err(reading)?;
            write(&mut *target.tx(), &table, &rows).map_err(writing)?;
            rows.iter().for_each(|row| sum.add(row));
            progress(Progress { table: &table.name, rows: sum.table.rows });
            if rows.len() < PAGE {
                break;
            }
            after = rows.into_iter().next_back();
        }
        let written = read_back(&mut *target.tx(), &table).map_err(writing)?;
        if written != sum.table {
            let (table, read) = (sum.table.name, sum.table.rows);
            return Err(MigrateError::Differs { table, read, written: written.rows });
        }
        copied.push(written);
    }
    Ok(MigrateReport { tables: copied })
}

fn read_back(tx: &mut dyn Tx, table: &Table) -> Result<MigratedTable, StoreError> {
    let mut sum = Sum::new(table);
    let sql =
        format!("SELECT {} FROM {} ORDER BY {}", table.columns.join(", "), table.name, table.key.join(", "));
    tx.query_each(&sql, &[], &mut |row| {
        sum.add(row);
        Ok(())
    })?;
    Ok(sum.table)
}

/// The rows after another one.
fn page(tx: &mut dyn Tx, table: &Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
    let (columns, key) = (table.columns.join(", "), table.key.join(", "));
    let from = match after {
        None => String::new(),
        Some(_) => format!(" WHERE ({key}) > {}", tuples(1, table.key.len())),
    };
    let sql = format!("SELECT {columns} FROM {}{from} ORDER BY {key} LIMIT {PAGE}", table.name);
    let args: Vec<Value> = match after {
        None => Vec::new(),
        Some(row) => table.key.iter().map(|column| row.get::<Value>(column)).collect::<Result<_, _>>()?,
    };
    tx.query(&sql, &args)
}

fn write(tx: &mut dyn Tx, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
    let (blocks, rest) = rows.as_chunks::<BLOCK>();
    blocks.iter().try_for_each(|block| insert(tx, table, block))?;
    rest.iter().try_for_each(|row| insert(tx, table, std::slice::from_ref(row)))
}

fn insert(tx: &mut dyn Tx, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
    let (name, columns) = (&table.name, table.columns.join(", "));
    let sql = format!("INSERT INTO {name} ({columns}) VALUES {}", tuples(rows.len(), table.columns.len()));
    let args: Vec<Value> = rows.iter().flat_map(|row| row.values().iter().cloned()).collect();
    tx.exec(&sql, &args).map(drop)
}

/// A running hash over the rows of a table.
struct Sum {
    table: MigratedTable,
}

impl Sum {
    fn new(table: &Table) -> Self {
        let hash = ContentHash::of_parts(table.columns.iter().map(String::as_str));
        Self { table: MigratedTable { name: table.name.clone(), rows: 0, hash } }
    }

    fn add(&mut self, row: &Row) {
        let mut bytes = self.table.hash.as_bytes().to_vec();
        row.values().iter().for_each(|value| push(&mut bytes, value));
        self.table.hash = ContentHash::of(&bytes);
        self.table.rows += 1;
    }
}

/// Writes a value so that no two rows look the same: its kind, its length where it has one, its bytes.
fn push(bytes: &mut Vec<u8>, value: &Value) {
    let mut sized = |kind: u8, content: &[u8]| {
        bytes.push(kind);
        bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(content);
    };
    match value {
        Value::Null => sized(0, &[]),
        Value::Int(int) => sized(1, &int.to_le_bytes()),
        Value::Real(real) => sized(2, &real.to_bits().to_le_bytes()),
        Value::Text(text) => sized(3, text.as_bytes()),
        Value::Bytes(content) => sized(4, content),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_map(Value::Real),
            "[a-c]{0,3}".prop_map(Value::Text),
            proptest::collection::vec(0_u8..3, 0..4).prop_map(Value::Bytes),
        ]
    }

    fn bytes(row: &[Value]) -> Vec<u8> {
        let mut bytes = Vec::new();
        row.iter().for_each(|value| push(&mut bytes, value));
        bytes
    }

    proptest! {
        #[test]
        fn rows_look_the_same_only_if_they_are_the_same(
            one in proptest::collection::vec(value(), 0..4),
            two in proptest::collection::vec(value(), 0..4),
        ) {
            // Not by `==`, for which zero and minus zero are one.
            let same = format!("{one:?}") == format!("{two:?}");
            prop_assert_eq!(bytes(&one) == bytes(&two), same);
        }
    }
}
