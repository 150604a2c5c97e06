//! The worker protocol: what a worker and the coordinator say to each other. All calls go from the worker to
//! the coordinator; a worker never listens.

mod claim;
mod deliver;
pub mod feature;
mod hold;
mod register;
mod residency;
mod rotate;
mod teachers;
mod trial;

pub use claim::{ClaimReply, ClaimRequest, ClaimedTask, IdleCode, IdleReason, PoolVacancy};
pub use deliver::{Answer, CompleteReply, CompleteRequest, DeliveryAnswer, FailReply, FailRequest};
pub use hold::{
    DrainRequest, HeldLease, ReleaseReply, ReleaseRequest, RenewReply, RenewRequest, RenewedLease,
};
pub use register::{Intervals, ModelFacts, Pool, RegisterReply, RegisterRequest, WorkerFacts};
pub use residency::{GpuFacts, LocalModel, Residence, Residency, RouteBacklog};
pub use rotate::{RotateReply, RotateRequest};
pub use teachers::TeachersRequest;
pub use trial::{TeacherFacts, TeacherTrial};

/// The version of the protocol that this code speaks.
pub const PROTOCOL: u32 = 1;
