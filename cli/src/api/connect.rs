//! A client for a coordinator on this machine: one that accepts its key only, if it speaks TLS.

use hafs_proto::Pin;
use hafs_runtime::http::{ClientSettings, pinned_client};

use super::client::Api;
use crate::context::Context;
use crate::failure::Failure;

/// The coordinator at `url`, which has this key if it speaks TLS.
///
/// # Errors
/// [`Failure`] when TLS or a proxy cannot be set up, or `url` is no address.
pub fn connect(context: &Context, url: &str, token: &str, pin: Option<Pin>) -> Result<Api, Failure> {
    let http = match pin {
        Some(pin) => pinned_client(&ClientSettings::default(), &context.env, pin)?,
        None => context.http()?,
    };
    Ok(Api::new(http, url, token)?)
}
