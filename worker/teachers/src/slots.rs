//! How many calls a teacher may have in flight from this worker.

use std::num::NonZeroU32;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::call::{Answer, CallFailure};
use crate::http::Limit;

/// The slots of one teacher.
#[derive(Debug, Clone)]
pub(crate) struct Slots(Arc<Semaphore>);

impl Slots {
    pub(crate) fn new(count: NonZeroU32) -> Self {
        let count = usize::try_from(count.get()).unwrap_or(usize::MAX);
        Self(Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS))))
    }

    /// What `ask` answers in a slot, or the failure that none became free.
    pub(crate) async fn hold(
        &self,
        limit: &Limit<'_>,
        ask: impl Future<Output = Result<Answer, CallFailure>> + Send,
    ) -> Answer {
        match self.take(limit).await {
            Ok(_slot) => ask.await.unwrap_or_else(Answer::failed),
            Err(failure) => Answer::failed(failure),
        }
    }

    /// Waits for a slot, as long as the call may wait at all.
    pub(crate) async fn take(&self, limit: &Limit<'_>) -> Result<OwnedSemaphorePermit, CallFailure> {
        let closed = || CallFailure::transient("the teacher was shut down");
        tokio::select! {
            biased;
            () = limit.cancel.cancelled() => Err(CallFailure::cancelled()),
            slot = self.0.clone().acquire_owned() => slot.map_err(|_| closed()),
            () = tokio::time::sleep_until(limit.deadline) => {
                Err(CallFailure::timeout("no slot of the teacher became free within the deadline"))
            }
        }
    }
}
