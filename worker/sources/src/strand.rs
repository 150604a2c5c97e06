//! Walking a source along several strands at once (commits, documents, code, TODOs), so that every page has
//! some of each and a short run sees every kind of seed.

use hafs_proto::{SeedDraft, SourceName};

use crate::cursor::{Cursor, Mark};
use crate::error::HarvestError;
use crate::page::{Batch, Room, take_turns};
use crate::skip::Skips;
use crate::source::HarvestPage;

/// Whoever asked for a page, and whether they still want it.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a> {
    /// The source, for messages.
    pub(crate) name: &'a SourceName,
    /// Says yes when the caller wants the call to end.
    pub(crate) cancel: &'a dyn Fn() -> bool,
}

impl Watch<'_> {
    /// Asks whether to go on.
    ///
    /// # Errors
    /// [`HarvestError::Cancelled`] when the caller wants to stop.
    pub(crate) fn check(&self) -> Result<(), HarvestError> {
        if (self.cancel)() { Err(HarvestError::Cancelled { name: self.name.clone() }) } else { Ok(()) }
    }

    /// The error for a cursor that is not of this source.
    pub(crate) fn bad_cursor(&self, detail: &'static str) -> HarvestError {
        HarvestError::BadCursor { name: self.name.clone(), detail }
    }
}

/// One kind of thing that a source holds, in an order that is the same at every call.
pub(crate) trait Strand {
    /// Its name in cursors.
    fn name(&self) -> &'static str;

    /// Adds what follows `from` to the batch, until the batch is full, the work of one page is done, or nothing
    /// is left; gives the place where it stopped.
    fn advance(&self, from: &Mark, batch: &mut Batch) -> Result<Mark, HarvestError>;
}

/// Mines one page along all strands. In a first round each strand gets an equal share of what those before it
/// left over (so the rare kinds come first), in a second round those that could give more fill up the page.
pub(crate) fn harvest(
    strands: &[&dyn Strand],
    cursor: &Cursor,
    limit: usize,
    watch: Watch<'_>,
) -> Result<HarvestPage, HarvestError> {
    let mut left = Room::of_page(limit);
    let mut turns: Vec<Turn<'_>> = strands.iter().map(|strand| Turn::new(*strand, cursor)).collect();
    for round in [Round::Share, Round::Rest] {
        let mut takers = turns.iter().filter(|turn| turn.takes_part(round)).count();
        for turn in turns.iter_mut().filter(|turn| turn.takes_part(round)) {
            watch.check()?;
            let share = match round {
                Round::Share => left.share(takers),
                Round::Rest => left,
            };
            turn.advance(share, &mut left)?;
            takers -= 1;
        }
    }
    let mut next = Cursor { revision: cursor.revision.clone(), found: cursor.found, ..Cursor::default() };
    let mut skipped = Skips::default();
    let mut lists = Vec::new();
    for turn in turns {
        next.marks.insert(turn.strand.name().to_owned(), turn.reached);
        skipped.merge(turn.skipped);
        lists.push(turn.seeds);
    }
    finish(take_turns(lists), next, skipped, watch)
}

/// How a page is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// To every strand its share.
    Share,
    /// What is left over to those that had more to give.
    Rest,
}

/// What one strand has given to the page so far.
struct Turn<'a> {
    strand: &'a dyn Strand,
    reached: Mark,
    /// Whether it stopped because its share was given, and not because its work was done.
    has_more: bool,
    seeds: Vec<SeedDraft>,
    skipped: Skips,
}

impl<'a> Turn<'a> {
    fn new(strand: &'a dyn Strand, cursor: &Cursor) -> Self {
        let reached = cursor.mark(strand.name());
        Self { strand, reached, has_more: false, seeds: Vec::new(), skipped: Skips::default() }
    }

    fn takes_part(&self, round: Round) -> bool {
        self.reached != Mark::End && (round == Round::Share || self.has_more)
    }

    /// Goes on until `share` is used up, and takes what comes off `left`.
    fn advance(&mut self, share: Room, left: &mut Room) -> Result<(), HarvestError> {
        if share.is_used_up() {
            return Ok(());
        }
        let mut batch = Batch::new(share);
        self.reached = self.strand.advance(&self.reached, &mut batch)?;
        self.has_more = batch.is_full();
        let mut seeds = batch.into_seeds(&mut self.skipped);
        seeds.iter().for_each(|seed| left.give(seed));
        self.seeds.append(&mut seeds);
        Ok(())
    }
}

fn finish(
    seeds: Vec<SeedDraft>,
    mut next: Cursor,
    skipped: Skips,
    watch: Watch<'_>,
) -> Result<HarvestPage, HarvestError> {
    next.found |= !seeds.is_empty();
    let skipped = skipped.into_words();
    tracing::debug!(source.name = %watch.name, seeds = seeds.len(), ended = next.ended(), "page mined");
    if next.ended() && !next.found {
        let looked = if skipped.is_empty() {
            "it holds no files".to_owned()
        } else {
            let counts: Vec<_> = skipped.iter().map(|(word, count)| format!("{word} {count}")).collect();
            format!("all was passed over ({})", counts.join(", "))
        };
        return Err(HarvestError::NothingToMine { name: watch.name.clone(), looked });
    }
    let next_cursor = (!next.ended()).then(|| next.to_text());
    Ok(HarvestPage { seeds, next_cursor, skipped })
}
