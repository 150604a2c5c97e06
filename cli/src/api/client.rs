//! Calls to the people's API.

use std::net::IpAddr;
use std::time::Duration;

use hafs_proto::Problem;
use hafs_proto::people::Page;
use hafs_runtime::secret::Secret;
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::events::Events;

/// The longest that a call may take; exports of large libraries are the slowest.
const TIMEOUT: Duration = Duration::from_secs(600);
/// Items asked for at once.
const PAGE: usize = 200;

/// Why a call came to nothing.
#[derive(Debug, Error)]
pub enum ApiError {
    /// A token would travel where others can read it.
    #[error(
        "refusing to send a token to {0} without encryption; use https, or a tunnel to a loopback address"
    )]
    Plain(Url),
    /// It is no address.
    #[error("`{0}` is no address of a coordinator; expected http://HOST:PORT")]
    Address(String),
    /// Nobody answered.
    #[error("the coordinator at {base} does not answer")]
    Unreachable {
        /// Its address.
        base: Url,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// It refused.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// It answered something else.
    #[error(
        "the coordinator at {base} answered {status} with something that this program cannot read; use one version of \
         both"
    )]
    Unreadable {
        /// Its address.
        base: Url,
        /// The HTTP status.
        status: u16,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
}

/// A coordinator, as programs of people call it.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    base: Url,
    token: Secret,
}

impl Api {
    /// The coordinator at `base`.
    ///
    /// # Errors
    /// [`ApiError::Address`] when `base` is no URL.
    pub fn new(http: Client, base: &str, token: &str) -> Result<Self, ApiError> {
        let url = Url::parse(base).ok().filter(Url::has_host);
        let base = url.ok_or_else(|| ApiError::Address(base.to_owned()))?;
        Ok(Self { http, base, token: Secret::new(token) })
    }

    /// The coordinator at an address that a person named.
    ///
    /// # Errors
    /// [`ApiError::Address`] when `base` is no URL, [`ApiError::Plain`] when the token would cross a network unencrypted.
    pub fn remote(http: Client, base: &str, token: &str) -> Result<Self, ApiError> {
        let api = Self::new(http, base, token)?;
        let own = match api.base.host_str() {
            Some("localhost") => true,
            Some(host) => {
                let plain = host.trim_start_matches('[').trim_end_matches(']');
                plain.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            None => false,
        };
        if api.base.scheme() == "https" || own { Ok(api) } else { Err(ApiError::Plain(api.base)) }
    }

    /// Its address, which ends in `/`.
    #[must_use]
    pub const fn base(&self) -> &Url {
        &self.base
    }

    /// What stands at `path`.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, ApiError> {
        self.read(self.call(Method::GET, path, query)).await
    }

    /// The text that stands at `path`.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn text(&self, path: &str) -> Result<String, ApiError> {
        let response = self.send(self.call(Method::GET, path, &[])).await?;
        let status = response.status().as_u16();
        response.text().await.map_err(|source| self.unreadable(status, source))
    }

    /// The first `limit` items of a list, page by page.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        limit: usize,
    ) -> Result<Page<T>, ApiError> {
        let mut all = Page { items: Vec::new(), next_cursor: None };
        loop {
            let wanted = (limit - all.items.len()).min(PAGE);
            let mut query = query.to_vec();
            query.push(("limit", wanted.to_string()));
            query.extend(all.next_cursor.take().map(|cursor| ("cursor", cursor)));
            let page: Page<T> = self.get(path, &query).await?;
            all.items.extend(page.items);
            all.next_cursor = page.next_cursor;
            if all.next_cursor.is_none() || all.items.len() >= limit {
                return Ok(all);
            }
        }
    }

    /// Makes something.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, ApiError> {
        self.read(self.call(Method::POST, path, &[]).json(body)).await
    }

    /// Tells something that has no answer.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn tell(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<(), ApiError> {
        self.send(self.call(Method::POST, path, &[]).json(body)).await.map(drop)
    }

    /// Gives an order whose answer is the thing as it is now.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn act<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        self.read(self.call(Method::POST, path, &[])).await
    }

    /// Gives an order that has no answer.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn order(&self, path: &str) -> Result<(), ApiError> {
        self.send(self.call(Method::POST, path, &[])).await.map(drop)
    }

    /// Takes something away.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn delete(&self, path: &str) -> Result<(), ApiError> {
        self.send(self.call(Method::DELETE, path, &[])).await.map(drop)
    }

    /// What happens from now on.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn events(&self) -> Result<Events, ApiError> {
        // A stream lasts as long as it likes.
        let request = self.call(Method::GET, "/v1/events", &[]).timeout(Duration::from_secs(365 * 86_400));
        let response = self.send(request).await?;
        Ok(Events::new(self.base.clone(), response))
    }

    fn call(&self, method: Method, path: &str, query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.http.request(method, url).bearer_auth(self.token.expose()).timeout(TIMEOUT)
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        let response = self.send(request).await?;
        let status = response.status().as_u16();
        response.json().await.map_err(|source| self.unreadable(status, source))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ApiError> {
        let response = request.send().await;
        let response =
            response.map_err(|source| ApiError::Unreachable { base: self.base.clone(), source })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        match response.json().await {
            Ok(problem) => Err(ApiError::Refused(Box::new(problem))),
            Err(source) => Err(self.unreadable(status.as_u16(), source)),
        }
    }

    fn unreadable(&self, status: u16, source: reqwest::Error) -> ApiError {
        ApiError::Unreadable { base: self.base.clone(), status, source }
    }
}
