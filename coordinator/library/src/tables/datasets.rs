//! Data sets that were exported.

use hafs_proto::DatasetId;
use hafs_proto::people::{DatasetView, ExportRequest};

use crate::db::{Row, Tx, args, json, one};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str =
    "id, name, path, manifest_sha256, inputs, samples, created_at, request, seal";

/// Records a data set and what was asked for.
///
/// # Errors
/// [`StoreError::Constraint`] when the id is taken.
pub fn insert(tx: &mut dyn Tx, dataset: &DatasetView, request: &ExportRequest) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO dataset ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    let samples = i64::try_from(dataset.samples).map_err(StoreError::encode)?;
    let args = args![
        dataset.id,
        &dataset.name,
        &dataset.path,
        &dataset.manifest_sha256,
        dataset.inputs,
        samples,
        dataset.created_at,
        json(request)?,
        seal(&(dataset, request))?,
    ];
    tx.exec(&sql, args).map(drop)
}

/// A data set.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn get(tx: &mut dyn Tx, id: DatasetId) -> Result<DatasetView, StoreError> {
    let row = one(tx, &format!("SELECT {COLUMNS} FROM dataset WHERE id = ?1"), args![id])?;
    dataset(&row.ok_or_else(|| StoreError::missing("data set", id))?)
}

/// Data sets, newest first, at most a thousand.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<DatasetView>, StoreError> {
    tx.query(&format!("SELECT {COLUMNS} FROM dataset ORDER BY id DESC LIMIT 1000"), &[])?
        .iter()
        .map(dataset)
        .collect()
}

pub(crate) fn dataset(row: &Row) -> Result<DatasetView, StoreError> {
    Ok(DatasetView {
        id: row.get("id")?,
        name: row.get("name")?,
        path: row.get("path")?,
        manifest_sha256: row.get("manifest_sha256")?,
        inputs: row.get("inputs")?,
        samples: row.get("samples")?,
        created_at: row.get("created_at")?,
    })
}
