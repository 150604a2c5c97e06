//! What a provider does with batches, in the words of this program.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use hafs_proto::Reason;
use hafs_proto::task::FailureClass;
use serde_json::Value;

use super::ticket::Ticket;
use crate::call::CallFailure;
use crate::http::Limit;

/// How long a provider is spared that has not worked a batch off within its day.
const AFTER_EXPIRY: Duration = Duration::from_secs(15 * 60);

/// One call of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// Its id: letters and digits, the same for the same prompt.
    pub(super) id: String,
    /// The body of the call.
    pub(super) body: Value,
}

impl Item {
    /// About as many bytes as it takes in a batch.
    pub(super) fn bytes(&self) -> usize {
        const AROUND: usize = 256;
        self.body.to_string().len() + AROUND
    }
}

/// What became of one call: the body of its answer, or why there is none.
pub(super) type Ending = Result<Value, CallFailure>;

/// A batch that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What became of the calls that the provider speaks of.
    pub(super) items: BTreeMap<String, Ending>,
    /// What became of the others.
    pub(super) rest: CallFailure,
}

/// How much fits into one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Most {
    /// Calls.
    pub(super) items: usize,
    /// Bytes.
    pub(super) bytes: usize,
}

/// Why a batch was not handed in.
#[derive(Debug)]
pub(crate) enum Missed {
    /// The provider has none of it.
    Refused(CallFailure),
    /// It may have it.
    Unknown(CallFailure),
}

impl Missed {
    /// Whether a call that creates a batch has failed for certain: the provider said no, or was not reached.
    pub(super) fn of(failure: CallFailure) -> Self {
        let said_no = failure.status.is_some_and(|status| (400..500).contains(&status) && status != 408);
        let not_reached = failure.status.is_none() && failure.class == FailureClass::ModelMissing;
        if said_no || not_reached { Self::Refused(failure) } else { Self::Unknown(failure) }
    }
}

/// Where batches are handed in.
#[async_trait]
pub(crate) trait Counter: Send + Sync {
    /// How much it takes at once.
    fn most(&self) -> Most;

    /// Hands in a batch and gives the provider's name for it.
    ///
    /// # Errors
    /// [`Missed`] says whether the provider may have it all the same.
    async fn hand_in(&self, name: &str, items: &[Item], limit: Limit<'_>) -> Result<String, Missed>;

    /// Looks for a batch of which nobody knows whether it was handed in. Several where it may be any of them.
    ///
    /// # Errors
    /// [`CallFailure`] when the provider does not say.
    async fn find(&self, ticket: &Ticket, limit: Limit<'_>) -> Result<Vec<String>, CallFailure>;

    /// What became of a batch; nothing while it is under way.
    ///
    /// # Errors
    /// [`CallFailure`] when the provider does not say.
    async fn collect(&self, batch: &str, limit: Limit<'_>) -> Result<Option<Ended>, CallFailure>;
}

/// The provider gave a call back unharmed: it was not worked off in time, or somebody called the batch off. Nothing was
/// paid, and the failure does not count.
pub(super) fn given_back(why: &str) -> CallFailure {
    CallFailure::new(
        Reason::ProviderError,
        FailureClass::RateLimited,
        format!("the batch {why} before this call was answered; nothing was paid for it"),
    )
    .with_retry_after(Some(AFTER_EXPIRY))
}

/// The provider has ended a batch and says nothing of a call in it.
pub(super) fn left_out() -> CallFailure {
    CallFailure::transient("the batch has ended and its results do not name this call")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_said_no_or_was_not_reached_has_certainly_no_batch() {
        let with = |status| CallFailure::transient("x").with_status(status);
        for certain in [with(400), with(401), with(429), CallFailure::not_there("x")] {
            assert!(matches!(Missed::of(certain), Missed::Refused(_)));
        }
        for unsure in
            [with(408), with(500), with(503), CallFailure::transient("x"), CallFailure::timeout("x")]
        {
            assert!(matches!(Missed::of(unsure), Missed::Unknown(_)));
        }
    }
}
