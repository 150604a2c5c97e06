//! Which samples belong together, so that no split ever tears relatives apart.

use std::collections::{BTreeMap, BTreeSet};

use hafs_proto::{ContentHash, SampleId, SeedId};

use crate::input::ExportRow;

/// Something that makes all samples that have it relatives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Tie<'a> {
    /// The source item, as the source or the sample names it.
    Source(&'a str),
    /// The seed.
    Seed(SeedId),
    /// A sample and what was derived from it.
    Descent(SampleId),
    /// The same prompt: an answer to it in training gives away the one in the test.
    Prompt(ContentHash),
}

fn ties(row: &ExportRow) -> impl Iterator<Item = Tie<'_>> {
    let sample = &row.sample;
    let lineage = &sample.lineage;
    [
        Tie::Source(&lineage.group),
        Tie::Source(&row.provenance.group),
        Tie::Seed(lineage.seed),
        Tie::Descent(sample.id),
        Tie::Prompt(ContentHash::of_parts([&*sample.instruction, &*sample.input])),
    ]
    .into_iter()
    .chain(lineage.parent.map(Tie::Descent))
}

/// Puts every sample into its group: the smallest sets that share no tie with each other. A group's name is the
/// hash of the source items in it, so it does not depend on the order of the rows.
pub(crate) fn groups(rows: &[&ExportRow]) -> BTreeMap<SampleId, ContentHash> {
    let mut forest = Forest::new(rows.len());
    let mut first_with: BTreeMap<Tie<'_>, usize> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        for tie in ties(row) {
            let first = *first_with.entry(tie).or_insert(index);
            forest.unite(first, index);
        }
    }
    let mut items: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let names: [&str; 2] = [&row.sample.lineage.group, &row.provenance.group];
        items.entry(forest.root(index)).or_default().extend(names);
    }
    let names: BTreeMap<usize, ContentHash> =
        items.into_iter().map(|(root, items)| (root, ContentHash::of_parts(items))).collect();
    rows.iter().enumerate().map(|(index, row)| (row.sample.id, names[&forest.root(index)])).collect()
}

/// Disjoint sets of indices. Source: Galler & Fischer, "An improved equivalence algorithm", CACM 1964, with path
/// halving.
struct Forest {
    parent: Vec<usize>,
}

impl Forest {
    fn new(size: usize) -> Self {
        Self { parent: (0..size).collect() }
    }

    fn root(&mut self, mut index: usize) -> usize {
        while self.parent[index] != index {
            self.parent[index] = self.parent[self.parent[index]];
            index = self.parent[index];
        }
        index
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::row;
    use hafs_proto::BoundedText;

    fn names(rows: &[ExportRow]) -> Vec<ContentHash> {
        let groups = groups(&rows.iter().collect::<Vec<_>>());
        rows.iter().map(|row| groups[&row.sample.id]).collect()
    }

    #[test]
    fn samples_without_a_tie_stand_alone() {
        let names = names(&[row(1), row(2), row(3)]);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn every_kind_of_tie_joins_and_chains_join_too() {
        let kinds: [fn(&mut ExportRow, &ExportRow); 5] = [
            |b, a| b.sample.lineage.group = a.sample.lineage.group.clone(),
            |b, a| b.provenance.group = a.provenance.group.clone(),
            |b, a| b.sample.lineage.seed = a.sample.lineage.seed,
            |b, a| b.sample.lineage.parent = Some(a.sample.id),
            |b, a| {
                b.sample.instruction = a.sample.instruction.clone();
                b.sample.input = a.sample.input.clone();
            },
        ];
        for tie in kinds {
            let (first, mut second, mut third, other) = (row(1), row(2), row(3), row(4));
            tie(&mut second, &first);
            third.sample.lineage.seed = second.sample.lineage.seed;
            let names = names(&[first, second, third, other]);
            assert_eq!((names[0], names[0]), (names[1], names[2]));
            assert_ne!(names[0], names[3]);
        }
    }

    #[test]
    fn children_of_a_parent_that_is_not_there_stay_together() {
        let (mut first, mut second) = (row(1), row(2));
        first.sample.lineage.parent = Some(row(9).sample.id);
        second.sample.lineage.parent = Some(row(9).sample.id);
        second.sample.lineage.group = BoundedText::clipped("elsewhere");
        let names = names(&[first, second]);
        assert_eq!(names[0], names[1]);
    }
}
