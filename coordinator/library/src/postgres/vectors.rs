//! Vectors as pgvector knows them, where the server has it: a column that the server derives from the bytes,
//! which stay the truth, and an index over it. A library works the same without them.

use super::session::Session;
use super::tx::PgTx;
use super::wire::LOCK;
use crate::address::PostgresUrl;
use crate::db::Tx;
use crate::error::StoreError;

/// Reads little-endian 32-bit floats. The numbers are finite, as every embedding in a library is.
/// Source: IEEE 754-2008, 3.4, binary32: a sign, 8 bits of exponent with a bias of 127, 23 bits of fraction.
const DECODE: &str = "CREATE OR REPLACE FUNCTION hafs_vector(bytes bytea) RETURNS vector \
     LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ \
     SELECT CASE WHEN octet_length(bytes) % 4 = 0 AND octet_length(bytes) BETWEEN 4 AND 64000 THEN ( \
       SELECT array_agg(((CASE WHEN b3 > 127 THEN -1 ELSE 1 END) * (CASE WHEN e = 0 THEN m ELSE m + 8388608 END) \
         * power(2::float8, (CASE WHEN e = 0 THEN 1 ELSE e END) - 150))::real ORDER BY i) \
       FROM (SELECT i, b3, (b3 & 127) * 2 + b2 / 128 AS e, (b2 & 127) * 65536 + b1 * 256 + b0 AS m FROM ( \
         SELECT i, get_byte(bytes, i) AS b0, get_byte(bytes, i + 1) AS b1, get_byte(bytes, i + 2) AS b2, \
           get_byte(bytes, i + 3) AS b3 FROM generate_series(0, octet_length(bytes) - 4, 4) AS i) AS parts) AS numbers \
     )::vector END $$";

/// The index serves the model that the factory brings along, which gives 384 numbers.
const DERIVED: &str = "ALTER TABLE embedding ADD COLUMN near vector GENERATED ALWAYS AS (hafs_vector(vector)) STORED; \
     CREATE INDEX embedding_near_384 ON embedding USING hnsw ((near::vector(384)) vector_cosine_ops) \
     WHERE dims = 384";

/// Adds the column and the index where they can be added; says so in the log where they cannot.
pub(super) fn settle(session: &mut Session, url: &PostgresUrl) {
    let outcome = add(session);
    let ended = session.batch(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" });
    if let Err(error) = outcome.map_err(|error| words(&error)).and_then(|()| ended.map_err(|e| e.to_string()))
    {
        tracing::info!(
            library.address = %url,
            %error,
            "the database has no pgvector, so vectors are searched without an index; to have one, install it and let \
             an administrator run CREATE EXTENSION vector"
        );
    }
}

fn add(session: &mut Session) -> Result<(), StoreError> {
    let mut tx = PgTx::write(session, None);
    tx.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})"))?;
    if indexed(&mut tx)? {
        return Ok(());
    }
    tx.batch("CREATE EXTENSION IF NOT EXISTS vector")?;
    tx.batch(DECODE)?;
    tx.batch(DERIVED)
}

/// Whether a database has the column.
pub(crate) fn indexed(tx: &mut dyn Tx) -> Result<bool, StoreError> {
    let sql = "SELECT a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
               JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() \
               AND c.relname = 'embedding' AND a.attname = 'near' AND NOT a.attisdropped";
    Ok(!tx.query(sql, &[])?.is_empty())
}

fn words(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
