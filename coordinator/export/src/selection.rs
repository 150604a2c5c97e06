//! What goes into a data set: the examples, the bad answers, the pairs, and what was left out.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::people::ExportFormat;
use hafs_proto::{ContentHash, SampleId, SampleState};

use crate::cap;
use crate::formats::meta::UNKNOWN_LICENSE;
use crate::input::{ExportRow, Settings};
use crate::manifest::{Excluded, ExclusionReason};
use crate::negative::may_stand_for_a_bad_answer;
use crate::special::{FindSpecialTokens, Texts};

/// A sample that will be written, with its texts as they may be written.
#[derive(Debug, Clone)]
pub(crate) struct Example<'a> {
    pub row: &'a ExportRow,
    pub texts: Texts<'a>,
    /// What stays together in one split.
    pub group: ContentHash,
}

impl Example<'_> {
    pub const fn id(&self) -> SampleId {
        self.row.sample.id
    }

    pub const fn accepted(&self) -> bool {
        matches!(self.row.sample.state, SampleState::Accepted { .. })
    }

    fn prompt(&self) -> (&str, &str) {
        (&self.texts.instruction, &self.texts.input)
    }
}

impl ExportRow {
    /// The licence of the source, or `unknown`.
    pub(crate) fn license(&self) -> &str {
        self.provenance.license.as_deref().unwrap_or(UNKNOWN_LICENSE)
    }
}

/// An accepted and a rejected answer to one prompt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'s, 'a> {
    pub chosen: &'s Example<'a>,
    pub rejected: &'s Example<'a>,
}

/// What goes into a data set, in the order of sample ids.
#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    /// Accepted samples.
    pub accepted: Vec<Example<'a>>,
    /// Rejected samples that stand for bad answers in the formats that were asked for.
    pub negatives: Vec<Example<'a>>,
    /// Samples that were left out although their state would let them in.
    pub excluded: Vec<Excluded>,
    /// The accepted and the bad answer of each pair, by their places above.
    pairs: Vec<(usize, usize)>,
}

impl<'a> Selection<'a> {
    /// Selects from rows in the order of their ids.
    pub fn of(
        rows: &[&'a ExportRow],
        groups: &BTreeMap<SampleId, ContentHash>,
        settings: &Settings,
        find: FindSpecialTokens<'_>,
    ) -> Self {
        let wants = |format| settings.formats.contains(&format);
        let wants_negatives = wants(ExportFormat::Dpo) || wants(ExportFormat::Kto);
        let mut selection = Self::default();
        for row in rows {
            let sample = &row.sample;
            let accepted = matches!(sample.state, SampleState::Accepted { .. });
            let negative = wants_negatives && may_stand_for_a_bad_answer(sample);
            if !accepted && !negative {
                continue;
            }
            let texts = Texts::plain(&sample.instruction, &sample.input, &sample.output);
            let Some(texts) = texts.cleaned(settings.special_tokens, find) else {
                let why = ExclusionReason::SpecialTokens;
                selection.excluded.push(Excluded { sample: sample.id, accepted, why });
                continue;
            };
            let kind = if accepted { &mut selection.accepted } else { &mut selection.negatives };
            kind.push(Example { row, texts, group: groups[&sample.id] });
        }
        selection.cap_accepted(settings);
        selection.pair(settings);
        if selection.cap_negatives(settings) {
            selection.pair(settings);
        }
        selection
    }

    /// Leaves out what one identity's unverified accepted samples have above their share.
    fn cap_accepted(&mut self, settings: &Settings) {
        let over = surplus_of(&self.accepted, settings);
        self.accepted.retain(|example| !over.contains(&example.id()));
        self.leave_out(over, true);
    }

    /// The same with samples that stand for bad answers. Whether any was left out.
    fn cap_negatives(&mut self, settings: &Settings) -> bool {
        let over = surplus_of(&self.negatives, settings);
        let any = !over.is_empty();
        self.negatives.retain(|example| !over.contains(&example.id()));
        self.leave_out(over, false);
        any
    }

    fn leave_out(&mut self, over: BTreeSet<SampleId>, accepted: bool) {
        let why = ExclusionReason::UnverifiedShare;
        self.excluded.extend(over.into_iter().map(|sample| Excluded { sample, accepted, why }));
        self.excluded.sort_by_key(|excluded| excluded.sample);
    }

    fn pair(&mut self, settings: &Settings) {
        if settings.formats.contains(&ExportFormat::Dpo) {
            self.pairs = self.paired();
        }
        if !settings.formats.contains(&ExportFormat::Kto) {
            self.keep_paired_negatives();
        }
    }

    /// Every bad answer beside the accepted answer to the same prompt whose length is nearest, so that length
    /// tells as little as possible. Answers that differ only in case and spacing make no pair.
    fn paired(&self) -> Vec<(usize, usize)> {
        let mut by_prompt: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (at, example) in self.accepted.iter().enumerate() {
            by_prompt.entry(example.prompt()).or_default().push(at);
        }
        let chosen = |rejected: &Example<'_>| {
            let length = rejected.texts.output.len();
            let siblings = by_prompt.get(&rejected.prompt())?.iter().copied();
            siblings
                .filter(|at| differ(&self.accepted[*at], rejected))
                .min_by_key(|at| self.accepted[*at].texts.output.len().abs_diff(length))
        };
        let pair = |(at, rejected)| chosen(rejected).map(|chosen| (chosen, at));
        self.negatives.iter().enumerate().filter_map(pair).collect()
    }

    fn keep_paired_negatives(&mut self) {
        let paired = self.pairs.iter().map(|(_, at)| self.negatives[*at].clone()).collect();
        self.negatives = paired;
        for (place, (_, at)) in self.pairs.iter_mut().enumerate() {
            *at = place;
        }
    }

    /// The pairs, in the order of their bad answers.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = Pair<'_, 'a>> {
        self.pairs.iter().map(|(chosen, rejected)| Pair {
            chosen: &self.accepted[*chosen],
            rejected: &self.negatives[*rejected],
        })
    }

    /// Accepted samples and bad answers, in the order of their ids.
    pub fn both(&self) -> Vec<&Example<'a>> {
        let mut both: Vec<_> = self.accepted.iter().chain(&self.negatives).collect();
        both.sort_by_key(|example| example.id());
        both
    }

    /// Why a format would have no rows, if it would have none.
    pub fn nothing_for(&self, format: ExportFormat) -> Option<&'static str> {
        match format {
            ExportFormat::Dpo if self.pairs.is_empty() => {
                Some("no accepted sample has a rejected sibling with the same prompt")
            }
            ExportFormat::Kto if self.negatives.is_empty() => {
                Some("no rejected sample may stand for a bad answer, and KTO needs both labels")
            }
            ExportFormat::Alpaca
            | ExportFormat::Messages
            | ExportFormat::Sharegpt
            | ExportFormat::Text
            | ExportFormat::Dpo
            | ExportFormat::Kto => self.accepted.is_empty().then_some("no accepted sample"),
        }
    }

    /// Samples of each group: accepted ones, and bad answers in groups that have no accepted one.
    pub fn weights(&self) -> (BTreeMap<ContentHash, u64>, BTreeMap<ContentHash, u64>) {
        let accepted = weigh(self.accepted.iter());
        let apart = self.negatives.iter().filter(|example| !accepted.contains_key(&example.group));
        let negatives = weigh(apart);
        (accepted, negatives)
    }
}

fn surplus_of(examples: &[Example<'_>], settings: &Settings) -> BTreeSet<SampleId> {
    let counted: Vec<_> =
        examples.iter().map(|example| (example.id(), example.row.unverified.as_deref())).collect();
    cap::surplus(&counted, settings.unverified_share, settings.seed)
}

fn weigh<'e, 'a: 'e>(examples: impl Iterator<Item = &'e Example<'a>>) -> BTreeMap<ContentHash, u64> {
    let mut weights = BTreeMap::new();
    for example in examples {
        *weights.entry(example.group).or_default() += 1;
    }
    weights
}

fn differ(a: &Example<'_>, b: &Example<'_>) -> bool {
    let words = |example: &Example<'_>| -> Vec<String> {
        example.texts.output.split_whitespace().map(str::to_lowercase).collect()
    };
    a.row.sample.canon_hash != b.row.sample.canon_hash && words(a) != words(b)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::fixture::{quarantined, row, settings, sibling};
    use hafs_proto::Reason;
    use std::path::Path;

    /// A row as an example, with its texts as they are.
    pub fn example(row: &ExportRow) -> Example<'_> {
        let sample = &row.sample;
        let texts = Texts::plain(&sample.instruction, &sample.input, &sample.output);
        Example { row, texts, group: ContentHash::of(sample.lineage.group.as_bytes()) }
    }

    fn select(rows: &[ExportRow], formats: &[ExportFormat]) -> (Vec<u32>, Vec<u32>, Vec<(u32, u32)>) {
        let rows: Vec<&ExportRow> = rows.iter().collect();
        let mut settings = settings(Path::new("unused"));
        settings.formats = formats.iter().copied().collect();
        let selection = Selection::of(&rows, &crate::group::groups(&rows), &settings, &|_| vec![]);
        let number = |example: &Example<'_>| u32::from(example.row.sample.id.uuid().as_bytes()[15]);
        (
            selection.accepted.iter().map(number).collect(),
            selection.negatives.iter().map(number).collect(),
            selection.pairs().map(|pair| (number(pair.chosen), number(pair.rejected))).collect(),
        )
    }

    #[test]
    fn a_pair_joins_answers_to_the_same_prompt_and_prefers_equal_length() {
        let good = row(1);
        let mut long = sibling(&good, 2, "It is one, at length.", Reason::Hedge);
        long.sample.state = good.sample.state.clone();
        let bad = sibling(&good, 3, "Sorry, I can't tell.", Reason::Hedge);
        let stranger = sibling(&row(9), 4, "No.", Reason::Hedge);
        let rows = [good, long, bad, stranger];
        let (accepted, negatives, pairs) = select(&rows, &[ExportFormat::Dpo, ExportFormat::Kto]);
        assert_eq!((accepted, negatives, pairs), (vec![1, 2], vec![3, 4], vec![(2, 3)]));
        let (_, negatives, _) = select(&rows, &[ExportFormat::Dpo]);
        assert_eq!(negatives, [3], "without KTO an unpaired bad answer is not needed");
        let (_, negatives, _) = select(&rows, &[ExportFormat::Alpaca]);
        assert!(negatives.is_empty());
    }

    #[test]
    fn answers_that_differ_only_in_case_and_spacing_make_no_pair() {
        let good = row(1);
        let same = sibling(&good, 2, " it  IS\n1. ", Reason::Hedge);
        let mut look_alike = sibling(&good, 3, "Ιt is 1.", Reason::Hedge);
        look_alike.sample.canon_hash = good.sample.canon_hash;
        let (_, _, pairs) = select(&[good, same, look_alike], &[ExportFormat::Dpo]);
        assert!(pairs.is_empty());
    }

    #[test]
    fn secrets_duplicates_and_undecided_samples_are_never_bad_answers() {
        let good = row(1);
        let mut rows = vec![
            sibling(&good, 2, "key", Reason::SecretFound),
            sibling(&good, 3, "again", Reason::ExactDuplicate),
            sibling(&good, 4, "leak", Reason::LeakAcrossSplit),
            sibling(&good, 5, "candidate", Reason::Hedge),
            sibling(&good, 6, "set aside", Reason::Hedge),
        ];
        rows[3].sample.state = SampleState::Candidate;
        rows[4].sample.state = quarantined();
        rows.push(good);
        let (accepted, negatives, pairs) = select(&rows, ExportFormat::ALL);
        assert_eq!((accepted, negatives.len(), pairs.len()), (vec![1], 0, 0));
    }
}
