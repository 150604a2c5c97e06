//! Runs by id, kept in memory: what was asked for never changes, so it is read once. Their state does change
//! and is always read from the library.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hafs_library::tables::runs;
use hafs_library::{Library, StoreError};
use hafs_proto::{Run, RunId};

/// Runs remembered at once.
const CAPACITY: usize = 256;

/// Runs that were asked for lately. The `state` of a run in here is that of the time when it was read.
#[derive(Debug, Default)]
pub struct Runs {
    known: Mutex<BTreeMap<RunId, Arc<Run>>>,
}

impl Runs {
    /// A run.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn get(&self, library: &Library, id: RunId) -> Result<Arc<Run>, StoreError> {
        if let Some(run) = self.lock().get(&id) {
            return Ok(Arc::clone(run));
        }
        let run = Arc::new(library.read(move |tx| runs::get(tx, id)).await?);
        let mut known = self.lock();
        if known.len() >= CAPACITY {
            known.pop_first();
        }
        known.insert(id, Arc::clone(&run));
        Ok(run)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<RunId, Arc<Run>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
