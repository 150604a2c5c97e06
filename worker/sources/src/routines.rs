//! Routines to be written in 65816 assembly, each with a reference that what is written is held to. Nothing is read:
//! the routines come with the factory.

use std::collections::BTreeMap;

use hafs_asm65816::routines::Task;
use hafs_proto::{BoundedText, Provenance, SeedDraft, SeedKind};

use crate::draft::bounded;
use crate::error::HarvestError;
use crate::page::{Batch, Room};
use crate::settings::SourceSettings;
use crate::skip::{Skip, Skips};
use crate::source::{HarvestPage, Source};

/// What the cursor of this source begins with; the number of the next task follows.
const CURSOR: &str = "r1:";

/// The first so many tasks of the catalogue.
pub(crate) struct RoutineSource {
    settings: SourceSettings,
    tasks: u32,
}

impl RoutineSource {
    pub(crate) const fn new(settings: SourceSettings, tasks: u32) -> Self {
        Self { settings, tasks }
    }

    fn start(&self, cursor: Option<&str>) -> Result<u32, HarvestError> {
        let Some(cursor) = cursor else { return Ok(0) };
        let number = cursor.strip_prefix(CURSOR).and_then(|number| number.parse().ok());
        number.filter(|number| *number <= self.tasks).ok_or_else(|| HarvestError::BadCursor {
            name: self.settings.name.clone(),
            detail: "it is no number of a routine of this source",
        })
    }

    fn seed(&self, task: &Task) -> Result<SeedDraft, Skip> {
        let settings = &self.settings;
        // Proof: `asm` is a domain; a test makes a seed without one of its own.
        let domain = settings.domain.clone().unwrap_or_else(|| "asm".parse().expect("a domain"));
        let text = format!("{}\n\nIn Rust it is:\n\n{}", task.brief(), task.reference());
        let context = [("routine", task.id()), ("brief", task.brief()), ("language", "asm".to_owned())];
        Ok(SeedDraft {
            kind: SeedKind::Routine,
            domain,
            title: BoundedText::clipped(task.asks()),
            text: bounded(&text)?,
            context: context
                .into_iter()
                .map(|(key, value)| Ok((key.to_owned(), bounded(&value)?)))
                .collect::<Result<BTreeMap<_, _>, Skip>>()?,
            provenance: Provenance {
                source: settings.name.clone(),
                locator: BoundedText::clipped(&format!("routine {task}")),
                // All variants of a routine are near one another: they stand on one side of a split.
                group: BoundedText::clipped(&format!("{}/{}", settings.name, task.name())),
                revision: None,
                path: None,
                lines: None,
                license: None,
                redactions: 0,
            },
        })
    }
}

impl Source for RoutineSource {
    fn harvest(
        &self,
        cursor: Option<&str>,
        limit: usize,
        cancel: &dyn Fn() -> bool,
    ) -> Result<HarvestPage, HarvestError> {
        let mut next = self.start(cursor)?;
        let mut batch = Batch::new(Room::of_page(limit));
        while next < self.tasks && !batch.is_full() {
            if cancel() {
                return Err(HarvestError::Cancelled { name: self.settings.name.clone() });
            }
            batch.add(self.seed(&Task::numbered(next)));
            next += 1;
        }
        let mut skipped = Skips::default();
        let seeds = batch.into_seeds(&mut skipped);
        let next_cursor = (next < self.tasks).then(|| format!("{CURSOR}{next}"));
        Ok(HarvestPage { seeds, next_cursor, skipped: skipped.into_words() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::settings::SourceKind;

    fn source(tasks: u32) -> RoutineSource {
        let name = "routines".parse().expect("a name");
        RoutineSource::new(SourceSettings::new(name, SourceKind::Routines { tasks }), tasks)
    }

    #[test]
    fn the_pages_hold_each_routine_once_with_what_it_is_held_to() {
        let source = source(130);
        let (mut seeds, mut cursor) = (Vec::new(), None);
        loop {
            let page = source.harvest(cursor.as_deref(), 50, &|| false).expect("a page");
            assert!(page.seeds.len() <= 50 && page.skipped.is_empty());
            seeds.extend(page.seeds);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let hashes: BTreeSet<_> = seeds.iter().map(SeedDraft::content_hash).collect();
        assert_eq!((seeds.len(), hashes.len()), (130, 130));
        for seed in &seeds {
            let task = Task::parse(&seed.context["routine"]).expect("a task");
            assert!(
                seed.text.contains(&task.reference()) && seed.text.contains(seed.context["brief"].as_str())
            );
        }
    }

    #[test]
    fn another_sources_cursor_is_refused_and_a_cancelled_walk_ends() {
        for cursor in ["", "r1:", "r1:131", "r1:-1", "h1:3", "r1:9999999999999"] {
            let refused = source(130).harvest(Some(cursor), 5, &|| false);
            assert!(matches!(refused, Err(HarvestError::BadCursor { .. })), "{cursor}");
        }
        assert!(matches!(source(5).harvest(None, 5, &|| true), Err(HarvestError::Cancelled { .. })));
    }
}
