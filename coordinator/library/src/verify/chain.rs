//! The audit chain, followed from its root to its end.

use hafs_proto::ContentHash;
use hafs_proto::people::{AuditDefect, AuditEntry, AuditReport};

use super::findings::Findings;
use crate::db::Tx;
use crate::error::StoreError;
use crate::tables::audit::{self, Head};
use crate::tables::meta;

const REMEDY: &str = "compare with a backup, and with heads that were noted elsewhere";
/// Defects that are listed.
const MOST: usize = 1_000;

/// Follows the chain; if somebody has noted a head of it, that must lie on it.
///
/// # Errors
/// [`StoreError`] when the log or the facts about it cannot be read at all.
pub fn audit(tx: &mut dyn Tx, expected: Option<Head>) -> Result<AuditReport, StoreError> {
    let root = meta::audit_root(tx)?;
    let mut walk = Walk::new(root, expected);
    audit::each(tx, &mut |row| {
        match row {
            Ok(entry) => walk.step(entry),
            Err(error) => walk.add(walk.last.seq + 1, format!("it cannot be read: {error}")),
        }
        Ok(())
    })?;
    let noted = meta::audit_head(tx)?;
    if noted != walk.last {
        walk.add(walk.last.seq, format!("it is not the end of the chain that was written last, {noted}"));
    }
    let incarnation = meta::incarnation(tx)?;
    walk.check_root(root, &incarnation);
    walk.check_expected();
    Ok(walk.report())
}

struct Walk {
    last: Head,
    entries: u64,
    expected: Option<Head>,
    met: bool,
    /// The incarnations before and after each restore; nothing known of those by older programs.
    lives: Vec<Option<(String, String)>>,
    defects: Vec<AuditDefect>,
}

impl Walk {
    fn new(root: ContentHash, expected: Option<Head>) -> Self {
        let last = Head { seq: 0, hash: root };
        let met = expected == Some(last);
        Self { last, entries: 0, expected, met, lives: Vec::new(), defects: Vec::new() }
    }

    fn add(&mut self, seq: i64, what: String) {
        if self.defects.len() < MOST {
            self.defects.push(AuditDefect { seq: u64::try_from(seq).unwrap_or(0), what });
        }
    }

    fn step(&mut self, entry: AuditEntry) {
        self.entries += 1;
        let seq = i64::try_from(entry.seq).unwrap_or(i64::MAX);
        if seq != self.last.seq + 1 {
            self.add(seq, format!("the entries between {} and {seq} are gone", self.last.seq));
        } else if entry.previous != self.last.hash {
            self.add(seq, "it does not follow the entry before it".to_owned());
        }
        if entry.hash != audit::derive(&entry) {
            self.add(seq, "it was changed: its hash is another".to_owned());
        }
        if entry.action == audit::RESTORE {
            let owned = |(before, after): (&str, &str)| (before.to_owned(), after.to_owned());
            self.lives.push(audit::lives(&entry.detail).map(owned));
        }
        self.last = Head { seq, hash: entry.hash };
        self.met |= self.expected == Some(self.last);
    }

    /// The incarnation of today leads back, restore by restore, to the one that the root was drawn from.
    fn check_root(&mut self, root: ContentHash, incarnation: &str) {
        if root == ContentHash::from_bytes([0; 32]) {
            return;
        }
        let mut life = incarnation.to_owned();
        for restore in self.lives.clone().into_iter().rev() {
            let Some((before, after)) = restore else { return };
            if after != life {
                self.add(0, format!("a restore speaks of the incarnation {after}, not of {life}"));
            }
            life = before;
        }
        if audit::root_of(&life) != root {
            self.add(0, "its root is not that of the library's incarnation".to_owned());
        }
    }

    fn check_expected(&mut self) {
        if let Some(expected) = self.expected.filter(|_| !self.met) {
            let what = if expected.seq > self.last.seq {
                format!("the chain ends at {} before it: it was cut off", self.last.seq)
            } else {
                "the entry that was noted is not in the chain: it was written anew".to_owned()
            };
            self.add(expected.seq, what);
        }
    }

    fn report(self) -> AuditReport {
        AuditReport {
            sound: self.defects.is_empty(),
            entries: self.entries,
            head: self.last.to_string(),
            expected: self.expected.map(|head| head.to_string()),
            defects: self.defects,
        }
    }
}

/// The chain as a part of the whole library.
pub(super) fn check(tx: &mut dyn Tx, findings: &mut Findings) -> Result<(), StoreError> {
    let report = audit(tx, None)?;
    for _ in 0..report.entries {
        findings.looked("audit");
    }
    for defect in report.defects {
        findings.add("audit", defect.seq, defect.what, REMEDY);
    }
    Ok(())
}
