//! Notices that the queue's server has lost the index (a wipe, a restart, a restored backup, a failover) and has it
//! built anew from the library. One of several coordinators does it; the others wait for it, but not for ever.

use std::time::Duration;

use hafs_library::tables::meta;
use hafs_proto::Generation;
use hafs_queue::QueueError;
use hafs_runtime::clock::Stopwatch;

use super::{Complaint, PassError};
use crate::app::App;
use crate::index::{self, IndexError, Rebuild};

const PERIOD: Duration = Duration::from_millis(500);
/// How long another coordinator's rebuild is waited for: several times what 100,000 open tasks take.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn run(app: App) {
    let (mut turn, mut complaint) = (Turn::default(), Complaint::new("index"));
    while super::next_pass(&app, None, PERIOD).await {
        complaint.hear(pass(&app, &mut turn).await);
    }
}

async fn pass(app: &App, turn: &mut Turn) -> Result<(), PassError> {
    match app.queue.stats().await {
        Ok(stats) => {
            *turn = Turn { served: stats.generation, awaited: None };
            return Ok(());
        }
        Err(QueueError::Rebuilding) => {}
        Err(error) => return Err(error.into()),
    }
    let begun = app.library.read(meta::generation).await?;
    if !turn.comes(begun) {
        return Ok(());
    }
    match index::rebuild(app, begun).await {
        Ok(Rebuild::Done(generation)) => {
            // Served from now on: the next wipe may come before the next look.
            turn.had(generation);
            Ok(())
        }
        Ok(Rebuild::ByAnother) => Ok(()),
        Err(IndexError::Queue(QueueError::OldGeneration { current, .. })) => {
            // The library was restored from a backup, or the queue knows more lives than it for another reason.
            app.library.write(move |tx| meta::raise_generation(tx, current)).await?;
            turn.had(current);
            Ok(())
        }
        Err(error) => {
            turn.had(app.library.read(meta::generation).await?);
            Err(error.into())
        }
    }
}

/// Whose turn it is to rebuild, as one coordinator sees it.
#[derive(Debug, Default)]
struct Turn {
    /// The last generation that served, or that this coordinator itself tried to build: its successor may be begun.
    served: Generation,
    /// A generation that somebody has begun, and since when that is known.
    awaited: Option<(Generation, Stopwatch)>,
}

impl Turn {
    /// Whether this coordinator is to rebuild now, when the last generation that anybody has begun is `begun`.
    fn comes(&mut self, begun: Generation) -> bool {
        if begun <= self.served {
            return true;
        }
        match &self.awaited {
            Some((awaited, since)) if *awaited == begun => since.elapsed() > PATIENCE,
            Some(_) | None => {
                self.awaited = Some((begun, Stopwatch::start()));
                false
            }
        }
    }

    /// This coordinator has had its turn; the next one need not wait for anybody.
    fn had(&mut self, begun: Generation) {
        *self = Self { served: begun, awaited: None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_has_begun_is_waited_for_and_what_nobody_has_begun_is_not() {
        let mut turn = Turn { served: Generation(4), awaited: None };
        assert!(turn.comes(Generation(4)), "nobody has begun a new life");
        assert!(!turn.comes(Generation(5)), "another one has");
        assert!(!turn.comes(Generation(5)), "and has time for it");
        turn.had(Generation(5));
        assert!(turn.comes(Generation(5)), "an own try is repeated at once");
        assert!(!turn.comes(Generation(6)));
    }
}
