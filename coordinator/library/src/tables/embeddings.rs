//! Embeddings: vectors as little-endian 32-bit floats.

use hafs_proto::{ContentHash, SampleId, TeacherName, Timestamp};

use crate::db::{Dialect, Tx, args, one};
use crate::error::StoreError;
use crate::postgres;
use crate::seal::seal;

/// Stores the vector of a sample under a model; a second one under the same model replaces the first.
///
/// # Errors
/// [`StoreError::Refused`] for an empty vector or one with a number that is not finite.
pub fn insert(
    tx: &mut dyn Tx,
    sample: SampleId,
    model: &TeacherName,
    vector: &[f32],
    at: Timestamp,
) -> Result<(), StoreError> {
    if vector.is_empty() || vector.iter().any(|x| !x.is_finite()) {
        return Err(StoreError::refused(format!("the embedding of sample {sample} is empty or not finite")));
    }
    let dims = u32::try_from(vector.len()).map_err(StoreError::encode)?;
    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
    let sql = "INSERT INTO embedding (sample, model, dims, vector, at, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT (sample, model) DO UPDATE SET dims = excluded.dims, vector = excluded.vector, \
               at = excluded.at, seal = excluded.seal";
    tx.exec(sql, args![sample, model, dims, bytes.as_slice(), at, facts(sample, model, &bytes, at)?])
        .map(drop)
}

/// The seal of an embedding: all of it.
pub(crate) fn facts(
    sample: SampleId,
    model: &TeacherName,
    bytes: &[u8],
    at: Timestamp,
) -> Result<ContentHash, StoreError> {
    seal(&(sample, model, bytes, at))
}

/// The vector of a sample under a model, if there is one.
///
/// # Errors
/// [`StoreError::Column`] when its length is not that of its dimensions.
pub fn get(tx: &mut dyn Tx, sample: SampleId, model: &TeacherName) -> Result<Option<Vec<f32>>, StoreError> {
    let sql = "SELECT dims, vector FROM embedding WHERE sample = ?1 AND model = ?2";
    let Some(row) = one(tx, sql, args![sample, model])? else { return Ok(None) };
    let (dims, bytes): (u32, Vec<u8>) = (row.get("dims")?, row.get("vector")?);
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() || numbers.len() != dims as usize {
        return Err(
            row.error("vector", format!("expected {dims} numbers of 4 bytes, found {} bytes", bytes.len()))
        );
    }
    Ok(Some(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()))
}

/// Whether the database itself can search them by nearness (a server with pgvector); where it cannot, the vectors
/// are there all the same.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn indexed(tx: &mut dyn Tx) -> Result<bool, StoreError> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(false),
        Dialect::Postgres => postgres::indexed(tx),
    }
}
