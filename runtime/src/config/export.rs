//! `[export]`: the data set at the end.

use hafs_proto::BoundedText;
use hafs_proto::people::{ExportFormat, SplitRatios};
use serde_json::json;

use super::rules::{Rulebook, Rules};
use super::section::section;
use super::value::{Setting, decimals, setting};

/// A share from 0 to 1 in whole thousandths, so that shares add up exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u32);

impl Share {
    /// Thousandths, from 0 to 1 000.
    #[must_use]
    pub const fn thousandths(self) -> u32 {
        self.0
    }
}

setting! {
    Share: Number, "a share from 0 to 1 with at most three decimals",
        |value| share(value.as_f64()?), |share| f64::from(share.0) / 1000.0;
}

fn share(number: f64) -> Option<Share> {
    let exact = decimals(number, 9)?;
    let thousandths = u32::try_from(exact / 1_000_000).ok()?;
    (exact.is_multiple_of(1_000_000) && thousandths <= 1000).then_some(Share(thousandths))
}

section! {
    /// The data set that is written at the end.
    Export = "export" {
        /// Its name; 1 to 64 of a-z, 0-9, `-`, `_`.
        name: BoundedText<64> = "dataset", Operation;
        /// Formats: `alpaca`, `messages`, `sharegpt`, `dpo`, `kto`, `text`.
        formats: Vec<ExportFormat> = ["alpaca", "messages", "sharegpt", "dpo", "kto", "text"], Results;
        /// Share for training. Samples of one file or source group never stand on two sides.
        train: Share = 0.9, Results;
        /// Share for validation.
        val: Share = 0.05, Results;
        /// Share for testing.
        test: Share = 0.05, Results;
        /// Largest share of unverified samples of one identity: samples without executable proof, made by workers that
        /// are not trusted yet; workers that joined by one token are one identity. 1 sets no limit.
        unverified_share: Share = 1.0, Results;
        /// Seed of the split.
        seed: u64 = 1, Results, 0.0 to 9_007_199_254_740_991.0;
    }
}

impl Export {
    /// The shares of the three splits.
    #[must_use]
    pub const fn splits(&self) -> SplitRatios {
        SplitRatios {
            train: self.train.thousandths(),
            val: self.val.thousandths(),
            test: self.test.thousandths(),
        }
    }
}

impl Rules for Export {
    fn rules(&self, book: &mut Rulebook<'_>) {
        let SplitRatios { train, val, test } = self.splits();
        book.demand(
            train + val + test == 1000,
            ("train", self.train.show()),
            &["val", "test"],
            (
                format!(
                    "and `val` (= {}) and `test` (= {}) must add up to 1",
                    self.val.show(),
                    self.test.show()
                ),
                "for example 0.9, 0.05 and 0.05",
            ),
        );
        book.demand(
            !self.formats.is_empty(),
            ("formats", json!([])),
            &[],
            ("must name at least one format".to_owned(), "for example `formats = [\"messages\"]`"),
        );
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        book.demand(
            self.name.bytes().all(plain),
            ("name", self.name.show()),
            &[],
            ("must be of a-z, 0-9, `-`, `_`".to_owned(), "it becomes the name of a folder"),
        );
    }
}
