//! Who the coordinator is to those who connect over TLS.

use std::sync::Arc;

use hafs_proto::{Pin, Timestamp};
use rustls::ServerConfig;

use super::error::TlsError;
use super::{files, own};
use crate::settings::Settings;

/// A certificate with its key, ready for use.
#[derive(Debug, Clone)]
pub struct TlsIdentity {
    /// For the accept loop.
    pub config: Arc<ServerConfig>,
    /// What workers know the key by.
    pub pin: Pin,
    /// Until when the certificate is valid.
    pub valid_until: Timestamp,
    /// What is not wrong enough to stop for.
    pub warnings: Vec<String>,
}

/// The identity that the settings name, or the coordinator's own, which is made if there is none yet.
///
/// # Errors
/// [`TlsError`], each with its remedy.
pub fn identity(settings: &Settings, now: Timestamp) -> Result<TlsIdentity, TlsError> {
    match &settings.tls.files {
        Some(files) => files::load(files, now),
        None => {
            let own = own::ensure(&settings.tls_folder(), &names(settings))?;
            let loaded = files::load(&own, now);
            // Made by a process that was stopped between its two files, or the key was replaced by hand.
            if !matches!(loaded, Err(TlsError::Mismatch { .. })) {
                return loaded;
            }
            std::fs::remove_file(&own.certificate)
                .map_err(|source| TlsError::Write { path: own.certificate.clone(), source })?;
            files::load(&own::ensure(&settings.tls_folder(), &names(settings))?, now)
        }
    }
}

/// Names for those who trust the certificate itself, such as a browser that was told to; a pin needs none.
fn names(settings: &Settings) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let listen = settings.advertised.ip();
    names.extend((!listen.is_unspecified()).then(|| listen.to_string()));
    let public = settings.public_url.as_deref().and_then(|url| url.parse::<http::Uri>().ok());
    names.extend(public.and_then(|url| url.host().map(|host| host.trim_matches(['[', ']']).to_owned())));
    names.extend(sysinfo::System::host_name().ok());
    names.retain(|name| !name.is_empty() && name.len() <= 253 && name.is_ascii());
    names.sort();
    names.dedup();
    names
}
