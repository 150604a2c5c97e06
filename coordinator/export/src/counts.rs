//! Counts of the library, and the rule that they add up.

use std::collections::BTreeMap;

use hafs_proto::{Reason, SampleState};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::input::ExportRow;

/// What the library holds of the chosen runs and domains. `generated = accepted + rejected + quarantined +
/// candidates`, and generations that were given up stand beside it in `failed`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Samples made.
    pub generated: u64,
    /// Samples accepted.
    pub accepted: u64,
    /// Samples rejected.
    pub rejected: u64,
    /// Samples set aside.
    pub quarantined: u64,
    /// Samples not decided yet.
    pub candidates: u64,
    /// Generations that were given up.
    pub failed: u64,
    /// Rejected samples by their first reason; these add up to `rejected`.
    pub rejected_by_first_reason: BTreeMap<Reason, u64>,
    /// Generations that were given up by their reason; these add up to `failed`.
    pub failed_by_reason: BTreeMap<Reason, u64>,
}

/// Counts that do not add up, or that differ from a recount of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CountsError {
    /// A sum and its parts.
    #[error("`{whole}` is {stated} but {parts} add up to {sum}")]
    Sum {
        /// The count that should be the sum.
        whole: &'static str,
        /// What it says.
        stated: u64,
        /// The counts that should add up to it.
        parts: &'static str,
        /// What they add up to.
        sum: u128,
    },
    /// A count and the rows that were handed over.
    #[error(
        "`{what}` is {stated} but the rows hold {found}; rows and counts must be read for the same runs and \
         domains, in one transaction"
    )]
    Recount {
        /// The count.
        what: String,
        /// What it says.
        stated: u64,
        /// What the rows hold.
        found: u64,
    },
}

impl Counts {
    /// Generations that came to an end, well or badly.
    #[must_use]
    pub const fn attempted(&self) -> u64 {
        self.generated.saturating_add(self.failed)
    }

    /// Holds the counts against each other.
    ///
    /// # Errors
    /// [`CountsError::Sum`] for the first sum that is wrong.
    pub fn check(&self) -> Result<(), CountsError> {
        let states = [self.accepted, self.rejected, self.quarantined, self.candidates];
        adds_up("generated", self.generated, "accepted, rejected, quarantined and candidates", states)?;
        let reasons = self.rejected_by_first_reason.values().copied();
        adds_up("rejected", self.rejected, "the counts of rejected_by_first_reason", reasons)?;
        let reasons = self.failed_by_reason.values().copied();
        adds_up("failed", self.failed, "the counts of failed_by_reason", reasons)
    }

    /// Holds the counts against the rows: every accepted and every rejected sample must have been handed over.
    pub(crate) fn recount<'a>(
        &self,
        rows: impl IntoIterator<Item = &'a ExportRow>,
    ) -> Result<(), CountsError> {
        let mut accepted = 0;
        let mut rejected: BTreeMap<Reason, u64> = BTreeMap::new();
        for row in rows {
            match &row.sample.state {
                SampleState::Accepted { .. } => accepted += 1,
                SampleState::Rejected { reasons, .. } => {
                    let first = reasons.first().copied().unwrap_or(Reason::Other);
                    *rejected.entry(first).or_default() += 1;
                }
                SampleState::Candidate | SampleState::Quarantined { .. } => {}
            }
        }
        equal("accepted", self.accepted, accepted)?;
        equal("rejected", self.rejected, rejected.values().sum())?;
        for reason in Reason::ALL {
            let stated = self.rejected_by_first_reason.get(reason).copied().unwrap_or(0);
            let found = rejected.get(reason).copied().unwrap_or(0);
            equal(&format!("rejected_by_first_reason.{reason}"), stated, found)?;
        }
        Ok(())
    }
}

fn adds_up(
    whole: &'static str,
    stated: u64,
    parts: &'static str,
    counts: impl IntoIterator<Item = u64>,
) -> Result<(), CountsError> {
    let sum: u128 = counts.into_iter().map(u128::from).sum();
    if u128::from(stated) == sum { Ok(()) } else { Err(CountsError::Sum { whole, stated, parts, sum }) }
}

fn equal(what: &str, stated: u64, found: u64) -> Result<(), CountsError> {
    if stated == found { Ok(()) } else { Err(CountsError::Recount { what: what.to_owned(), stated, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Counts {
        Counts {
            generated: 10,
            accepted: 4,
            rejected: 3,
            quarantined: 2,
            candidates: 1,
            failed: 2,
            rejected_by_first_reason: BTreeMap::from([(Reason::TooShort, 1), (Reason::Hedge, 2)]),
            failed_by_reason: BTreeMap::from([(Reason::Timeout, 2)]),
        }
    }

    #[test]
    fn counts_that_add_up_pass_and_each_broken_sum_is_named() {
        assert_eq!(sound().check(), Ok(()));
        assert_eq!(sound().attempted(), 12);
        let too_many = BTreeMap::from([(Reason::Timeout, u64::MAX), (Reason::Budget, 3)]);
        let broken = [
            ("generated", Counts { quarantined: 3, ..sound() }),
            ("rejected", Counts { rejected_by_first_reason: BTreeMap::new(), ..sound() }),
            ("failed", Counts { failed_by_reason: too_many, ..sound() }),
        ];
        for (name, counts) in broken {
            let error = counts.check().expect_err(name).to_string();
            assert!(error.contains(&format!("`{name}`")), "{error}");
        }
    }

    #[test]
    fn counts_keep_their_reason_codes_in_json() {
        let json = serde_json::to_string(&sound()).expect("serialises");
        assert!(json.contains(r#""rejected_by_first_reason":{"too_short":1,"hedge":2}"#), "{json}");
        assert_eq!(serde_json::from_str::<Counts>(&json).expect("parses"), sound());
    }
}
