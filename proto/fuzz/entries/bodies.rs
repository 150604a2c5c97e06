//! What must hold for every body that a worker, a person or a coordinator sends.

use std::fmt::Debug;

use hafs_proto::people::{CreateRun, CreateTokenRequest, ExportRequest};
use hafs_proto::task::{Completion, Failure};
use hafs_proto::worker::{
    ClaimReply, ClaimRequest, CompleteRequest, DrainRequest, FailRequest, RegisterRequest, ReleaseRequest,
    RenewReply, RenewRequest, RotateRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A body is refused, or what was read of it can be written and read again.
///
/// # Panics
/// When what was read is not read again as it was.
pub fn bodies(bytes: &[u8]) {
    read::<RegisterRequest>(bytes);
    read::<ClaimRequest>(bytes);
    read::<RenewRequest>(bytes);
    read::<ReleaseRequest>(bytes);
    read::<DrainRequest>(bytes);
    read::<RotateRequest>(bytes);
    read::<CompleteRequest>(bytes);
    read::<FailRequest>(bytes);
    read::<CreateRun>(bytes);
    read::<CreateTokenRequest>(bytes);
    read::<ExportRequest>(bytes);
    read::<ClaimReply>(bytes);
    read::<RenewReply>(bytes);
    if let Some(completion) = read::<Completion>(bytes) {
        assert_eq!(completion.body_hash(), completion.clone().body_hash());
    }
    if let Some(failure) = read::<Failure>(bytes) {
        assert_eq!(failure.body_hash(), failure.clone().body_hash());
    }
}

fn read<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_string(&read).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).expect("what was written can be read");
    // Numbers may lose their last digit when they are read, and then no more.
    assert_eq!(serde_json::to_string(&again).expect("it can be written"), written);
    Some(read)
}
