//! Duplicates, sought in the whole library: all runs, all restarts.

use hafs_proto::{ContentHash, SampleId};

use crate::db::{Row, Tx, Value, args, one, tuples};
use crate::error::StoreError;
use crate::seal::seal;

/// Columns of a band's row.
const COLUMNS: usize = 4;
/// Samples that one band may bring in; a band with more tells nothing.
const PER_BAND: u32 = 64;

/// The MinHash signature of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Version of the method; signatures of different versions are not comparable.
    pub version: u32,
    /// The signature.
    pub bytes: Vec<u8>,
    /// The hash of each band that is indexed.
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
    if signature.bands.is_empty() {
        return Ok(());
    }
    let rows = (0_u32..).zip(&signature.bands);
    let args: Vec<Value> = rows
        .flat_map(|(band, hash)| {
            [signature.version.into(), band.into(), hash.cast_signed().into(), sample.into()]
        })
        .collect();
    let sql = format!(
        "INSERT INTO signature_band (version, band, hash, sample) VALUES {}",
        tuples(signature.bands.len(), COLUMNS)
    );
    tx.exec(&sql, &args).map(drop)
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
    let bands =
        tx.query("SELECT hash FROM signature_band WHERE sample = ?1 ORDER BY band, hash", args![sample])?;
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
    if signature.bands.is_empty() {
        return Ok(Vec::new());
    }
    let mut args: Vec<Value> = vec![signature.version.into(), but.into()];
    args.extend(signature.bands.iter().map(|hash| Value::from(hash.cast_signed())));
    let bands: Vec<String> = (0..signature.bands.len()).map(sharing).collect();
    let sql = format!(
        "SELECT sample, bytes FROM signature WHERE sample IN ({}) ORDER BY sample",
        bands.join(" UNION ALL ")
    );
    tx.query(&sql, &args)?.iter().map(near_sample).collect()
}

/// The samples that have this band in common; its hash is the argument after version and sample.
fn sharing(band: usize) -> String {
    format!(
        "SELECT sample FROM (SELECT b.sample FROM signature_band b JOIN sample s ON s.id = b.sample \
         WHERE b.version = ?1 AND b.band = {band} AND b.hash = ?{} AND b.sample <> ?2 \
         AND s.state IN ('accepted', 'candidate') ORDER BY b.sample LIMIT {PER_BAND}) AS band{band}",
        band + 3
    )
}

fn near_sample(row: &Row) -> Result<NearSample, StoreError> {
    Ok(NearSample { sample: row.get("sample")?, bytes: row.get("bytes")? })
}
