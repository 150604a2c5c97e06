//! The HTTP client that every outbound call uses.

mod proxy;

use std::time::Duration;

use hafs_proto::Pin;
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Certificate, Client, ClientBuilder};
use rustls::crypto::CryptoProvider;
use thiserror::Error;

use crate::env::Environment;

/// What we call ourselves.
pub const USER_AGENT: &str = concat!("hafs/", env!("CARGO_PKG_VERSION"));

/// Redirects that are followed, on one host, before the call fails.
const REDIRECTS: usize = 5;

/// Patience of a client. Deadlines of single calls belong to the callers, who know what they wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientSettings {
    /// Longest time for connecting, TLS included.
    pub connect_timeout: Duration,
    /// Longest silence of the server within a reply; absent: no limit.
    pub idle_timeout: Option<Duration>,
    /// Longest time of a whole call; absent: no limit.
    pub timeout: Option<Duration>,
}

impl Default for ClientSettings {
    /// 10 s for connecting, no other limit.
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(10), idle_timeout: None, timeout: None }
    }
}

/// Why there is no client.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No cryptography.
    #[error("could not set up TLS: another part of the program is setting up its own provider")]
    Provider,
    /// A proxy that cannot be understood.
    #[error("{variable} does not hold the URL of a proxy, such as `http://proxy.example:3128`")]
    Proxy {
        /// The variable that names it.
        variable: &'static str,
        /// Why; it does not show the URL, which may hold a password.
        #[source]
        source: reqwest::Error,
    },
    /// No TLS with a pinned key.
    #[error("could not set up TLS with a pinned key")]
    Pinning(#[source] rustls::Error),
    /// Anything else.
    #[error("could not set up the HTTP client")]
    Build(#[source] reqwest::Error),
}

/// A client with ring for TLS, the system's certificates (or, on a machine without any, those of Mozilla
/// compiled in), the proxies that the environment names (never towards this machine), and no redirect to
/// another host.
///
/// # Errors
/// [`ClientError`]; a machine without certificates is not one.
pub fn client(settings: &ClientSettings, env: &Environment) -> Result<Client, ClientError> {
    install_crypto()?;
    match builder(settings, env)?.build() {
        Ok(client) => Ok(client),
        // Without any certificate the system's verifier cannot be made, even for plain HTTP.
        Err(_) => builder(settings, env)?.tls_certs_only(mozilla_roots()).build().map_err(ClientError::Build),
    }
}

/// A client for the one server that has the pinned key, and for no other: it refuses plain HTTP too.
///
/// # Errors
/// [`ClientError`].
pub fn pinned_client(settings: &ClientSettings, env: &Environment, pin: Pin) -> Result<Client, ClientError> {
    install_crypto()?;
    let tls = crate::tls::client_config(pin).map_err(ClientError::Pinning)?;
    let builder = builder(settings, env)?.tls_backend_preconfigured(tls).https_only(true);
    builder.build().map_err(ClientError::Build)
}

/// Makes ring the process's provider of cryptography, once.
///
/// # Errors
/// [`ClientError::Provider`] when another thread is installing another provider at this moment.
pub fn install_crypto() -> Result<(), ClientError> {
    if CryptoProvider::get_default().is_none() {
        // Losing the race against another installer is fine as long as one has won.
        let _lost_race = rustls::crypto::ring::default_provider().install_default();
    }
    CryptoProvider::get_default().map(|_| ()).ok_or(ClientError::Provider)
}

fn builder(settings: &ClientSettings, env: &Environment) -> Result<ClientBuilder, ClientError> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(settings.connect_timeout)
        .redirect(Policy::custom(same_host))
        .referer(false)
        .no_proxy();
    if let Some(idle) = settings.idle_timeout {
        builder = builder.read_timeout(idle);
    }
    if let Some(timeout) = settings.timeout {
        builder = builder.timeout(timeout);
    }
    Ok(proxy::proxies(env)?.into_iter().fold(builder, ClientBuilder::proxy))
}

/// Follows a redirect only to the same scheme, host and port: anything else could carry a key or a prompt to
/// a stranger.
fn same_host(attempt: Attempt<'_>) -> Action {
    let before = attempt.previous();
    let same = before.last().is_some_and(|last| last.origin() == attempt.url().origin());
    if !same {
        let host = attempt.url().host_str().unwrap_or("another host").to_owned();
        attempt.error(format!("the server redirects to {host}; configure that address if it is right"))
    } else if before.len() > REDIRECTS {
        attempt.error(format!("more than {REDIRECTS} redirects"))
    } else {
        attempt.follow()
    }
}

fn mozilla_roots() -> impl Iterator<Item = Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|root| Certificate::from_der(root).ok())
}
