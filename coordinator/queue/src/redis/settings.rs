//! Where the server is, and why it cannot be used.

use std::fmt;

use hafs_proto::Generation;
use thiserror::Error;

use super::check::Unfit;
use crate::Trouble;

/// Where the queue is kept. The `Debug` form shows no credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisSettings {
    /// The server: `redis://[user:password@]host[:port][/database]` or `redis+unix:///path/of/socket`.
    pub url: String,
    /// Tells queues on one server apart: 1 to 64 of a-z, 0-9, `-`, `_`, `.`.
    pub name: String,
    /// Which library the queue is the index of: its incarnation. An index of another one is not served from.
    pub library: String,
    /// The library's generation of the queue: an index that is older comes from a backup.
    pub at_least: Generation,
    /// Whether a server is used that does not let its settings be read.
    pub accept_unchecked: bool,
}

impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSettings")
            .field("url", &redacted(&self.url))
            .field("name", &self.name)
            .field("library", &self.library)
            .field("at_least", &self.at_least)
            .field("accept_unchecked", &self.accept_unchecked)
            .finish()
    }
}

/// Why the queue cannot be kept there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConnectError {
    /// The URL.
    #[error(
        "`{url}` is not the address of a Redis server: expected redis://[user:password@]host[:port][/database] \
         or redis+unix:///path/of/socket"
    )]
    Url {
        /// The URL without its credentials.
        url: String,
    },
    /// An encrypted connection was asked for.
    #[error(
        "`{url}` asks for TLS, which this program does not speak to Redis yet; use redis:// over a private network or a tunnel"
    )]
    Tls {
        /// The URL without its credentials.
        url: String,
    },
    /// The name.
    #[error("`{name}` cannot name a queue: expected 1 to 64 of a-z, 0-9, `-`, `_`, `.`")]
    Name {
        /// The name.
        name: String,
    },
    /// The server does not answer as it should.
    #[error("cannot use the queue's server {server}: {trouble}")]
    Unavailable {
        /// Its address, without credentials.
        server: String,
        /// What is wrong.
        trouble: Trouble,
    },
    /// The server is not fit for a queue.
    #[error("cannot keep the queue in {server}: {unfit}")]
    Unfit {
        /// Its address, without credentials.
        server: String,
        /// Why not, and what to do.
        unfit: Unfit,
    },
}

/// The URL without user and password.
pub(super) fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "<redacted>".to_owned() };
    // The last `@`, so that a password which has one itself is hidden whole. So are parameters.
    let rest = rest.split('?').next().unwrap_or_default();
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{host}")
}

pub(super) fn is_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_the_settings_shows_the_password() {
        let password = ["s3", "cr@t"].concat();
        for user in ["", "hafs"] {
            let url = format!("redis://{user}:{password}@cache.example:6379/1?x={password}");
            assert_eq!(redacted(&url), "redis://cache.example:6379/1");
            let settings = RedisSettings {
                url,
                name: "main".into(),
                library: "a".into(),
                at_least: Generation(1),
                accept_unchecked: false,
            };
            assert!(!format!("{settings:?}").contains("cr@t"));
        }
        assert_eq!(redacted(&password), "<redacted>");
    }

    #[test]
    fn a_name_cannot_break_out_of_the_hash_tag() {
        assert!(is_name("main-2.old"));
        for bad in ["", "a}b", "{a", "A", "a b", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
