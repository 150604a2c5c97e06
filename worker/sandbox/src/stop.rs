//! Calling a job off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A handle that calls a job off from another thread. Copies are the same handle.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Calls the job off; it ends within milliseconds.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was called off.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
