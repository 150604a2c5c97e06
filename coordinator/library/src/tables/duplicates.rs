//! Duplicates, sought in the whole library: all runs, all restarts.

use hafs_proto::{ContentHash, SampleId};

use crate::db::{Filter, Row, Tx, args, one};
use crate::error::StoreError;
use crate::seal::seal;

/// Samples that one band may bring in; a band with more tells nothing.
const PER_BAND: u32 = 64;

/// The MinHash signature of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Version of the method; signatures of different versions are not comparable.
    pub version: u32,
    /// The signature.
    pub bytes: Vec<u8>,
    /// The hash of each band.
    pub bands: Vec<u64>,
}

/// A sample that shares a band with the one that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearSample {
    /// The sample.
    pub sample: SampleId,
    /// Its signature.
    pub bytes: Vec<u8>,
}

/// The accepted or undecided sample with the same canonical form, if there is one besides `but`; an accepted
/// one before an undecided one, then the oldest.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn exact(tx: &mut dyn Tx, canon: ContentHash, but: SampleId) -> Result<Option<SampleId>, StoreError> {
    let sql = "SELECT id FROM sample WHERE canon_hash = ?1 AND state IN ('accepted', 'candidate') AND id <> ?2 \
               ORDER BY state, id LIMIT 1";
    one(tx, sql, args![canon, but])?.map(|row| row.get("id")).transpose()
}

/// Stores the signature of a sample.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such sample or it has one already.
pub fn insert(tx: &mut dyn Tx, sample: SampleId, signature: &Signature) -> Result<(), StoreError> {
    let sql = "INSERT INTO signature (sample, version, bytes, seal) VALUES (?1, ?2, ?3, ?4)";
    tx.exec(sql, args![sample, signature.version, signature.bytes.as_slice(), facts(sample, signature)?])?;
    let sql = "INSERT INTO signature_band (version, band, hash, sample) VALUES (?1, ?2, ?3, ?4)";
    for (band, hash) in (0_u32..).zip(&signature.bands) {
        tx.exec(sql, args![signature.version, band, hash.cast_signed(), sample])?;
    }
    Ok(())
}

/// The seal of a signature: all of it, with its bands.
pub(crate) fn facts(sample: SampleId, signature: &Signature) -> Result<ContentHash, StoreError> {
    seal(&(sample, signature.version, &signature.bytes, &signature.bands))
}

/// The signature of a sample, if it has one.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn get(tx: &mut dyn Tx, sample: SampleId) -> Result<Option<Signature>, StoreError> {
    let Some(row) = one(tx, "SELECT version, bytes FROM signature WHERE sample = ?1", args![sample])? else {
        return Ok(None);
    };
    let bands = tx.query("SELECT hash FROM signature_band WHERE sample = ?1 ORDER BY band", args![sample])?;
    let bands = bands.iter().map(|row| row.get::<i64>("hash").map(i64::cast_unsigned));
    Ok(Some(Signature {
        version: row.get("version")?,
        bytes: row.get("bytes")?,
        bands: bands.collect::<Result<_, _>>()?,
    }))
}

/// The accepted and undecided samples that share a band with `signature`, besides `but`, with their signatures
/// to compare. Oldest first, at most 64 for each band.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn near(tx: &mut dyn Tx, signature: &Signature, but: SampleId) -> Result<Vec<NearSample>, StoreError> {
    let ids = sharing(tx, signature, but)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut filter = Filter::default();
    filter.among("s.sample", ids);
    let sql = format!("SELECT s.sample, s.bytes FROM signature s{} ORDER BY s.sample", filter.clause());
    tx.query(&sql, filter.args())?.iter().map(near_sample).collect()
}

fn sharing(
    tx: &mut dyn Tx,
    signature: &Signature,
    but: SampleId,
) -> Result<std::collections::BTreeSet<SampleId>, StoreError> {
    let sql = "SELECT b.sample FROM signature_band b JOIN sample s ON s.id = b.sample WHERE b.version = ?1 \
               AND b.band = ?2 AND b.hash = ?3 AND b.sample <> ?4 AND s.state IN ('accepted', 'candidate') \
               ORDER BY b.sample LIMIT ?5";
    let mut ids = std::collections::BTreeSet::new();
    for (band, hash) in (0_u32..).zip(&signature.bands) {
        let rows = tx.query(sql, args![signature.version, band, hash.cast_signed(), but, PER_BAND])?;
        for row in &rows {
            ids.insert(row.get("sample")?);
        }
    }
    Ok(ids)
}

fn near_sample(row: &Row) -> Result<NearSample, StoreError> {
    Ok(NearSample { sample: row.get("sample")?, bytes: row.get("bytes")? })
}
