//! Addresses of servers, which may stand in the configuration because they hold no password.

use serde_json::{Value as Json, json};

use super::schema::Kind;
use super::value::{Rejection, Setting, Surroundings, text};

/// The address of a server, `scheme://[user@]host…`, without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(Box<str>);

impl ServerUrl {
    /// What stands before `://`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for ServerUrl {
    const KIND: Kind = Kind::Text;

    fn form() -> String {
        "an address `scheme://[user@]host…` without a password".to_owned()
    }

    fn read(value: &Json, _: Surroundings<'_>) -> Result<Self, Rejection> {
        let url = text(value).ok_or(Rejection::Form)?;
        // Whatever is no address may be a password.
        let (_, rest) = url.split_once("://").ok_or(Rejection::Hidden)?;
        // The last `@`: a password may hold one itself. Drivers take passwords as parameters too.
        let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
        if user.contains(':') || url.contains("password=") {
            return Err(Rejection::Hidden);
        }
        Ok(Self(url.into()))
    }

    fn show(&self) -> Json {
        json!(self.as_str())
    }
}
