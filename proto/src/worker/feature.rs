//! Features: what a worker and a coordinator may use of the protocol beyond its first release.
//!
//! A worker names the features that it knows when it registers, and the answer names those that both know. Neither
//! side uses a field or a call of a feature that the other has not named: a worker of an older release reads answers
//! strictly and would refuse fields that it does not know.

/// Every call of the worker carries the instance of its registration in [`INSTANCE_HEADER`].
pub const INSTANCE: &str = "instance";

/// The worker gives its credential a new secret when a renewal's answer asks for it.
pub const ROTATE: &str = "rotate";

/// Limits, money and circuits of teachers are the fleet's: the worker tells its teachers' terms after each registration
/// and what providers say is left with each delivery, and the answer to a claim may name the reasons `bucket_empty`,
/// `budget_spent` and `circuit_open`.
pub const LIMITS: &str = "limits";

/// Workers tell which of their own models are loaded, with each claim, and which GPUs they have, when they register; the
/// answer to a claim tells what waits for these models, and may name the reason `model_not_loaded`.
pub const RESIDENCY: &str = "residency";

/// Workers try their teachers and tell what came of it, with the family of each model, when they register; records of
/// calls carry the provider's own id of the call.
pub const TRIALS: &str = "trials";

/// Every feature of this release.
pub const ALL: &[&str] = &[INSTANCE, ROTATE, LIMITS, RESIDENCY, TRIALS];

/// The header of the feature [`INSTANCE`].
pub const INSTANCE_HEADER: &str = "hafs-instance";
