//! The audit chain.

use hafs_proto::ContentHash;

use super::findings::Findings;
use crate::db::Tx;
use crate::error::StoreError;
use crate::tables::{audit, meta};

const REMEDY: &str = "compare with a backup and with the heads in the manifests of exports";

/// Follows the chain from its first row.
pub(super) fn check(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let mut last = (0, ContentHash::from_bytes([0; 32]));
    audit::each(tx, &mut |row| {
        findings.looked("audit");
        match row {
            Err(error) => findings.add("audit", last.0 + 1, format!("it cannot be read: {error}"), REMEDY),
            Ok(row) => {
                if row.seq != last.0 + 1 {
                    let what = format!("the rows between {} and {} are gone", last.0, row.seq);
                    findings.add("audit", row.seq, what, REMEDY);
                } else if row.previous != last.1 {
                    findings.add("audit", row.seq, "it does not follow the row before it", REMEDY);
                }
                if row.hash != row.derive() {
                    findings.add("audit", row.seq, "it was changed: its hash is another", REMEDY);
                }
                last = (row.seq, row.hash);
            }
        }
        Ok(())
    })?;
    if meta::audit_head(tx)? != audit::head_text(last.0, last.1) {
        let what = format!("it is not the end of the chain that was written last, {}", meta::audit_head(tx)?);
        findings.add("audit", last.0, what, REMEDY);
    }
    Ok(())
}
