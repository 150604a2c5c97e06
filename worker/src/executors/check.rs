//! Check: a validator of this worker looks at a sample. Pure checks are the coordinator's own work.

use std::sync::Arc;

use hafs_proto::task::{CheckSpec, FailureClass, TaskOutput};
use hafs_proto::{Check, Reason};
use hafs_sandbox::Stop;
use tokio_util::sync::CancellationToken;

use super::{Executors, failed, missing};
use crate::agent::{Fault, Work};

impl Executors {
    /// Runs the validator that the task names. A task for one that is not here is sent elsewhere; an unknown check is
    /// never "passed".
    pub(super) async fn check(&self, spec: &CheckSpec, cancel: &CancellationToken) -> Work {
        let Some(validator) = self.equipment.validators.get(&spec.check).map(Arc::clone) else {
            return failed(missing("check", &spec.check));
        };
        let stop = Stop::default();
        let (asked, own) = (spec.clone(), stop.clone());
        let mut looking = tokio::task::spawn_blocking(move || validator.check(&asked, &own));
        tokio::select! {
            found = &mut looking => handed_in(found.ok()),
            () = cancel.cancelled() => {
                stop.now();
                // It ends within moments; what it found by then is about a tool that was cut off.
                let _ = looking.await;
                Work::Stopped { calls: Vec::new() }
            }
        }
    }
}

fn handed_in(found: Option<Check>) -> Work {
    match found {
        Some(check) => Work::Done { calls: Vec::new(), output: Box::new(TaskOutput::Check { check }) },
        None => failed(Fault::new(
            FailureClass::Transient,
            Reason::Other,
            "the validator hit a defect of this program",
        )),
    }
}
