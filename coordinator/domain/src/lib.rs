//! Every decision of the coordinator, pure and synchronous: no clock, no randomness, no I/O.
//!
//! One rule, one file: what a failure leads to ([`retry`]), how a task moves ([`task`]), when a sample is good
//! ([`decide`]), what is made next ([`plan`]), which generator takes which seeds ([`generator`]), why a worker
//! idles ([`idle`]), which process may use a credential ([`instance`]) and which secret is taken ([`rotation`]),
//! what of the protocol is used ([`protocol`]), how far a worker is believed ([`trust`]), what a teacher may be asked
//! ([`quota`]), what a run will cost ([`forecast`]), whether a call may wait for a batch ([`lane`]), which checks of
//! workers are repeated ([`repeat`]), what a swap of models costs ([`residency`]), what stops when a disk
//! fills up ([`room`]), what people may do with samples ([`review`]).

pub mod decide;
pub mod forecast;
pub mod generator;
pub mod idle;
pub mod instance;
pub mod lane;
pub mod likeness;
pub mod plan;
pub mod protocol;
pub mod quota;
pub mod repeat;
pub mod residency;
pub mod retry;
pub mod review;
pub mod room;
pub mod rotation;
pub mod task;
pub mod trust;
