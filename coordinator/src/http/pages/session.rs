//! Who is at the browser. A session is a token of people in a cookie that only pages are sent: it ends when the token
//! does, every coordinator knows it, and the API, which takes no cookies, cannot be made to act by a page of others.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use hafs_pages::layout::{Theme, Viewer};
use hafs_pages::login::login;
use hafs_proto::ProblemType;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::{Known, PageOf, Refused};
use crate::app::App;
use crate::auth::{BearerToken, Identity};
use crate::http::caller::recognise;
use crate::http::extract::QueryOf;
use crate::http::problem::ProblemResponse;
use crate::work::sessions;

const SESSION: &str = "hafs_session";
const THEME: &str = "hafs_theme";
/// Bytes of a form: the longest text that a person edits, as it is escaped in a form.
const FORM_BYTES: usize = 2 << 20;

/// Somebody with a token who looks at a page.
pub struct Looking {
    /// Whose token.
    pub identity: Identity,
    /// How pages are drawn.
    pub viewer: Viewer,
}

/// The same who does something: the form came from a page of ours.
pub struct Acting(pub Looking);

impl FromRequestParts<App> for Looking {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let theme = theme_of(&parts.headers);
        let next = || parts.uri.path_and_query().map_or("/web/", |all| all.as_str()).to_owned();
        let token = cookie(&parts.headers, SESSION).and_then(BearerToken::parse);
        let Some(token) = token else { return Err(Refused::Stranger { next: next() }) };
        match recognise(parts, app, Some(&token)).await {
            Ok(identity) => {
                let viewer = Viewer { scopes: identity.scopes.iter().copied().collect(), theme };
                if let Some(known) = parts.extensions.get::<Known>() {
                    known.note(&viewer);
                }
                Ok(Self { identity, viewer })
            }
            Err(problem) if problem.0.kind() == Some(ProblemType::Unauthenticated) => {
                Err(Refused::Stranger { next: next() })
            }
            Err(problem) => Err(Refused::from(problem)),
        }
    }
}

impl FromRequestParts<App> for Acting {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        own(&parts.headers, &parts.uri)?;
        Looking::from_request_parts(parts, app).await.map(Self)
    }
}

/// Refuses forms of other pages. A browser says where a form comes from; what says nothing is no browser.
fn own(headers: &HeaderMap, uri: &Uri) -> Result<(), Refused> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").or_else(|| uri.authority().map(|authority| authority.as_str()));
    let origin = text("origin").and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let is_own = match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => origin.is_some() && origin == host,
    };
    if is_own {
        return Ok(());
    }
    let detail = "this form was not sent by a page of this coordinator";
    Err(Refused::from(ProblemResponse::new(ProblemType::Forbidden, detail)))
}

/// The fields of a form.
pub struct FormOf<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for FormOf<T> {
    type Rejection = Refused;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, Refused> {
        let read = to_bytes(request.into_body(), FORM_BYTES);
        let bytes = tokio::time::timeout(app.settings.connections.body, read)
            .await
            .map_err(|_| {
                ProblemResponse::new(ProblemType::RequestTimeout, "the form did not arrive in time")
            })?
            .map_err(|_| {
                ProblemResponse::new(ProblemType::TooLarge, "the form is longer than two megabytes")
            })?;
        serde_urlencoded::from_bytes(&bytes).map(Self).map_err(|error| {
            Refused::from(ProblemResponse::new(ProblemType::Invalid, format!("the form: {error}")))
        })
    }
}

/// Where to go after logging in.
#[derive(Debug, Deserialize)]
pub struct NextQuery {
    #[serde(default)]
    next: String,
}

/// The form that asks for a token.
pub async fn ask(headers: HeaderMap, QueryOf(query): QueryOf<NextQuery>) -> PageOf {
    PageOf(login(&stranger(theme_of(&headers)), local(&query.next), false))
}

/// A token and where to go with it.
#[derive(Deserialize)]
pub struct LogIn {
    token: String,
    #[serde(default)]
    next: String,
    /// Whether the token came by a link, which is good for once.
    #[serde(default)]
    link: bool,
}

/// Begins a session.
pub async fn log_in(State(app): State<App>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    own(&parts.headers, &parts.uri)?;
    let theme = theme_of(&parts.headers);
    let FormOf(form) = FormOf::<LogIn>::from_request(Request::from_parts(parts.clone(), body), &app).await?;
    let next = local(&form.next);
    let token = BearerToken::parse(form.token.trim());
    if let Err(problem) = recognise(&parts, &app, token.as_ref()).await {
        if problem.0.kind() == Some(ProblemType::Unauthenticated) {
            return Ok(PageOf(login(&stranger(theme), next, true)).into_response());
        }
        return Err(Refused::from(problem));
    }
    let session = match token {
        Some(token) if form.link => sessions::redeem(&app, &token).await?,
        pasted => pasted,
    };
    let Some(session) = session else {
        return Ok(PageOf(login(&stranger(theme), next, true)).into_response());
    };
    let is_tls =
        parts.headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https:"));
    let cookie = set(SESSION, &session.reveal(), if is_tls { "HttpOnly; Secure" } else { "HttpOnly" });
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

/// Ends a session in this browser; `hafs-factory token revoke` ends it everywhere.
pub async fn log_out(_: Acting) -> Response {
    let gone = set(SESSION, "", "HttpOnly; Max-Age=0");
    ([(header::SET_COOKIE, gone)], Redirect::to("/web/login")).into_response()
}

/// A theme.
#[derive(Debug, Deserialize)]
pub struct ThemeForm {
    theme: String,
}

/// Remembers light or dark.
pub async fn set_theme(request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    own(&parts.headers, &parts.uri)?;
    let bytes = to_bytes(body, 1_024).await.unwrap_or_default();
    let form: ThemeForm = serde_urlencoded::from_bytes(&bytes)
        .map_err(|error| ProblemResponse::new(ProblemType::Invalid, format!("the form: {error}")))?;
    let cookie = set(THEME, Theme::of(&form.theme).word(), "Max-Age=31536000");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/web/")).into_response())
}

pub(super) fn stranger(theme: Theme) -> Viewer {
    Viewer { scopes: BTreeSet::new(), theme }
}

/// An address on this coordinator; its first page for every other.
fn local(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && next.starts_with("/web/") { next } else { "/web/" }
}

pub(super) fn theme_of(headers: &HeaderMap) -> Theme {
    cookie(headers, THEME).map(Theme::of).unwrap_or_default()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Tokens and themes are words without signs that mean something in a cookie.
fn set(name: &str, value: &str, more: &str) -> HeaderValue {
    let line = format!("{name}={value}; Path=/web; SameSite=Strict; {more}");
    HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_gone_to() {
        for ours in ["/web/", "/web/runs?state=open", "/web/samples/1#x"] {
            assert_eq!(local(ours), ours);
        }
        for other in [
            "",
            "//evil.example",
            "https://evil.example/web/",
            "/web/\r\nSet-Cookie: x",
            "/v1/runs",
            "/web/\\evil",
            "javascript:x",
        ] {
            assert_eq!(local(other), "/web/", "{other}");
        }
    }

    #[test]
    fn a_form_of_another_page_or_of_no_page_is_refused() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let pair = |(name, value): &(&'static str, &'static str)| {
                (header::HeaderName::from_static(name), HeaderValue::from_static(value))
            };
            pairs.iter().map(pair).collect::<HeaderMap>()
        };
        let uri = Uri::from_static("/web/runs");
        let is_own = |pairs| own(&headers(pairs), &uri).is_ok();
        assert!(is_own(&[("sec-fetch-site", "same-origin")]));
        assert!(is_own(&[("host", "a:1"), ("origin", "http://a:1")]));
        assert!(
            !is_own(&[("sec-fetch-site", "same-site"), ("host", "a:1"), ("origin", "http://a:1")]),
            "another port"
        );
        assert!(!is_own(&[("host", "a:1"), ("origin", "http://b:1")]));
        assert!(!is_own(&[("host", "a:1"), ("origin", "null")]));
        assert!(!is_own(&[("host", "a:1")]));
    }
}
