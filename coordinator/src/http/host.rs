//! The name that a client calls the coordinator by. A web page can make its own name point at a loopback address and
//! then have its visitor's browser ask there (DNS rebinding). So a coordinator that only this machine can reach answers
//! to addresses, to `localhost` and to the name of its `public_url`, and to no other name.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hafs_proto::ProblemType;
use http::header;
use http::uri::{Authority, Uri};

use super::listener::Peer;
use super::problem::ProblemResponse;
use crate::app::App;
use crate::settings::Settings;

/// Refuses requests for other hosts.
pub async fn known(State(app): State<App>, request: Request, next: Next) -> Response {
    if !concerns(&app.settings, &request) {
        return next.run(request).await;
    }
    let public = app.settings.public_url.as_deref().and_then(|url| url.parse::<Uri>().ok());
    let public = public.as_ref().and_then(Uri::host);
    let named =
        request.headers().get_all(header::HOST).iter().map(|value| value.to_str().unwrap_or_default());
    let target = request.uri().authority().map(Authority::as_str);
    if named.chain(target).all(|name| is_ours(name, public)) {
        return next.run(request).await;
    }
    let detail = "use an address, `localhost` or the name in `coordinator.public_url`";
    ProblemResponse::new(ProblemType::Misdirected, detail).into_response()
}

/// Whether names matter: the listener is on a loopback address, and no proxy that we were told of stands before it.
fn concerns(settings: &Settings, request: &Request) -> bool {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.to_canonical());
    let by_proxy = peer.is_some_and(|peer| settings.trusted_proxies.iter().any(|range| range.contains(peer)));
    settings.listen.ip().is_loopback() && !by_proxy
}

/// Whether a `Host` names this coordinator.
fn is_ours(name: &str, public: Option<&str>) -> bool {
    let Ok(authority) = name.parse::<Authority>() else { return false };
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<std::net::IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || public.is_some_and(|public| host.eq_ignore_ascii_case(public))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_localhost_and_the_public_name_are_ours_and_no_other_name_is() {
        let public = Some("factory.example");
        for ours in
            ["127.0.0.1", "127.0.0.1:7425", "[::1]:7425", "localhost", "LocalHost:1", "Factory.example:443"]
        {
            assert!(is_ours(ours, public), "{ours}");
        }
        for other in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "factory.example.evil",
            "",
            "a b",
        ] {
            assert!(!is_ours(other, public), "{other}");
        }
        assert!(!is_ours("factory.example", None));
    }
}
