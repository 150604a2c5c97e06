//! The worker's side of the protocol: eight calls, each with a deadline and a limit for the answer.

mod api;
mod credential;
mod reply;

pub use api::Api;
pub use credential::{Credential, CredentialError, CredentialFile};
