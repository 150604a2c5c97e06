//! A caller's closure on its way to a database thread and back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::db::Tx;
use crate::error::StoreError;

/// What becomes of the changes that a job made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changes {
    /// They stay.
    Keep,
    /// They are undone.
    Undo,
}

/// Something to do inside a transaction, with somebody who waits for the answer.
pub(crate) trait Job: Send {
    /// Does it.
    fn run(&mut self, tx: &mut dyn Tx) -> Changes;

    /// Turns what came of it into an error, because its changes are undone although it wished to keep them.
    fn refuse(&mut self, error: StoreError);

    /// Answers, once it is known what became of the transaction.
    fn answer(self: Box<Self>, committed: &Result<(), StoreError>);
}

enum Stage<F, T, E> {
    Waiting(F),
    Ran(Result<T, E>),
    Gone,
}

/// A closure and the way back to its caller.
pub(crate) struct Request<F, T, E> {
    stage: Stage<F, T, E>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Request<F, T, E> {
    /// A closure and where its answer will arrive.
    pub(crate) fn new(closure: F) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Self { stage: Stage::Waiting(closure), reply }, answer)
    }
}

impl<F, T, E> Job for Request<F, T, E>
where
    F: FnOnce(&mut dyn Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut dyn Tx) -> Changes {
        let Stage::Waiting(closure) = std::mem::replace(&mut self.stage, Stage::Gone) else {
            return Changes::Undo;
        };
        // A panic of one caller's closure must not take the others' writes with it.
        let result = catch_unwind(AssertUnwindSafe(|| closure(tx)))
            .unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        let changes = if result.is_ok() { Changes::Keep } else { Changes::Undo };
        self.stage = Stage::Ran(result);
        changes
    }

    fn refuse(&mut self, error: StoreError) {
        self.stage = Stage::Ran(Err(error.into()));
    }

    fn answer(self: Box<Self>, committed: &Result<(), StoreError>) {
        let result = match (committed, self.stage) {
            // Even a refusal may rest on what another write of the group had changed, so it falls with the group.
            (Err(error), _) => Err(error.clone().into()),
            (Ok(()), Stage::Ran(result)) => result,
            (Ok(()), Stage::Waiting(_) | Stage::Gone) => Err(StoreError::Closed.into()),
        };
        // A caller that went away meanwhile asks again and finds what is stored.
        let _ = self.reply.send(result);
    }
}
