//! Proxies that the environment names.

use reqwest::{NoProxy, Proxy};

use super::ClientError;
use crate::env::Environment;

/// Hosts that are always reached directly: the coordinator and Ollama on this machine.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The proxies for `https` and `http`, from `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` (or in lower case), for
/// all hosts but those of `NO_PROXY` and this machine.
///
/// # Errors
/// [`ClientError::Proxy`] names the variable that holds no URL.
pub(super) fn proxies(env: &Environment) -> Result<Vec<Proxy>, ClientError> {
    let direct = match first(env, &["NO_PROXY", "no_proxy"]) {
        Some((_, hosts)) => format!("{LOOPBACK},{hosts}"),
        None => LOOPBACK.to_owned(),
    };
    let https = first(env, &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
    let http = first(env, &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]);
    let https = https.map(|(name, url)| (name, Proxy::https(url)));
    let http = http.map(|(name, url)| (name, Proxy::http(url)));
    https
        .into_iter()
        .chain(http)
        .map(|(variable, proxy)| {
            let proxy =
                proxy.map_err(|error| ClientError::Proxy { variable, source: error.without_url() })?;
            Ok(proxy.no_proxy(NoProxy::from_string(&direct)))
        })
        .collect()
}

fn first<'e>(env: &'e Environment, names: &[&'static str]) -> Option<(&'static str, &'e str)> {
    names.iter().find_map(|name| Some((*name, env.get(name)?)))
}
