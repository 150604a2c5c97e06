//! Data sets that were exported.

use hafs_proto::people::{DatasetView, ExportRequest};
use hafs_proto::{DatasetId, SampleId};

use super::taint;
use crate::db::{Row, Tx, Value, args, json, one, tuples};
use crate::error::StoreError;
use crate::seal::seal;

pub(crate) const COLUMNS: &str =
    "id, name, path, manifest_sha256, inputs, samples, created_at, request, seal";

/// Rows that are stored by one statement.
const ROWS: usize = 200;

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

/// Records which samples a data set holds: accepted ones, and rejected ones that stand for bad answers.
///
/// # Errors
/// [`StoreError::Constraint`] when the data set or a sample is not in the library.
pub fn record_samples(
    tx: &mut dyn Tx,
    id: DatasetId,
    accepted: &[SampleId],
    negatives: &[SampleId],
) -> Result<(), StoreError> {
    let accepted = accepted.iter().map(|sample| (*sample, true));
    let all: Vec<(SampleId, bool)> =
        accepted.chain(negatives.iter().map(|sample| (*sample, false))).collect();
    for rows in all.chunks(ROWS) {
        let args: Vec<Value> = rows
            .iter()
            .flat_map(|(sample, accepted)| [id.into(), (*sample).into(), (*accepted).into()])
            .collect();
        let marks = tuples(rows.len(), 3);
        tx.exec(&format!("INSERT INTO dataset_sample (dataset, sample, accepted) VALUES {marks}"), &args)?;
    }
    tx.exec("UPDATE dataset SET listed = 1 WHERE id = ?1", args![id]).map(drop)
}

/// What was asked for when a data set was written.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such data set.
pub fn request(tx: &mut dyn Tx, id: DatasetId) -> Result<ExportRequest, StoreError> {
    let row = one(tx, "SELECT request FROM dataset WHERE id = ?1", args![id])?;
    row.ok_or_else(|| StoreError::missing("data set", id))?.json("request")
}

/// The data set whose manifest has this hash, if the library knows it.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn with_manifest(tx: &mut dyn Tx, sha256: &str) -> Result<Option<DatasetView>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM dataset WHERE manifest_sha256 = ?1 ORDER BY id DESC LIMIT 1");
    one(tx, &sql, args![sha256])?.map(|row| dataset(&row)).transpose()
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

/// The data sets that hold samples which do not stand any more as they did, newest first, with what is to be said
/// against each.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn tainted(tx: &mut dyn Tx) -> Result<Vec<DatasetView>, StoreError> {
    let found = taint::all(tx)?.into_iter().rev();
    found.map(|(id, taint)| Ok(DatasetView { tainted: Some(taint), ..get(tx, id)? })).collect()
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
        tainted: None,
    })
}
