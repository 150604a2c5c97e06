//! Where a library is: a file, or a database of a PostgreSQL server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// Where a library is. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A file, kept by SQLite in this process.
    File(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(PostgresUrl),
}

/// A `postgres://` address.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    config: Arc<Config>,
    unsafe_server: bool,
}

/// Why a text is no address of a library. The text itself is not repeated, because it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It is empty.
    #[error(
        "the address of the library is empty: give a file, or postgres://user:password@host:port/database"
    )]
    Empty,
    /// It begins as another kind of address.
    #[error(
        "the address of the library is of an unknown kind: give a file, or postgres://user:password@host:port/database"
    )]
    Scheme,
    /// It cannot be read.
    #[error(
        "the address of the library cannot be read: expected postgres://user:password@host:port/database, with \
         special characters of the password percent-encoded (`@` is %40, `/` is %2F)"
    )]
    Unreadable,
    /// It asks for what the driver cannot do.
    #[error(
        "the address of the library asks for TLS, which connections to a database do not have yet: leave out \
         `sslmode`, and keep the connection on this machine, in a private network or in a tunnel"
    )]
    Tls,
    /// It names no host or no database.
    #[error("the address of the library names no {0}: expected postgres://user:password@host:port/database")]
    Missing(&'static str),
}

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.trim().is_empty() {
            return Err(AddressError::Empty);
        }
        if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            return text.parse().map(Self::Postgres);
        }
        if text.contains("://") { Err(AddressError::Scheme) } else { Ok(Self::File(text.into())) }
    }
}

impl Address {
    /// Whether it is a file that does not exist. Of a database nothing is known before it is opened.
    #[must_use]
    pub fn is_missing_file(&self) -> bool {
        match self {
            Self::File(path) => !path.exists(),
            Self::Postgres(_) => false,
        }
    }
}

impl FromStr for PostgresUrl {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        // The driver's own words may repeat a piece of the password, so they are not shown.
        let config: Config = text.parse().map_err(|_| AddressError::Unreadable)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(AddressError::Missing("host"));
        }
        if config.get_dbname().is_none() {
            return Err(AddressError::Missing("database"));
        }
        if config.get_ssl_mode() == SslMode::Require {
            return Err(AddressError::Tls);
        }
        Ok(Self { config: Arc::new(config), unsafe_server: false })
    }
}

impl PostgresUrl {
    /// The driver's form of it.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Whether a server that may lose what it has acknowledged will do.
    pub(crate) const fn unsafe_server(&self) -> bool {
        self.unsafe_server
    }

    /// Accepts a server with `fsync = off`, which loses data at a power cut. For tests only, so no text has it.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn accepting_an_unsafe_server(self) -> Self {
        Self { unsafe_server: true, ..self }
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = &self.config;
        write!(f, "postgres://{}", config.get_user().unwrap_or_default())?;
        if config.get_password().is_some() {
            f.write_str(":<redacted>")?;
        }
        let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
        let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
        write!(f, "@{}", hosts.join(","))?;
        if !ports.is_empty() {
            write!(f, ":{}", ports.join(","))?;
        }
        write!(f, "/{}", config.get_dbname().unwrap_or_default())
    }
}

fn host(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(url) => fmt::Display::fmt(url, f),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<PathBuf> for Address {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<&PathBuf> for Address {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<&Path> for Address {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PostgresUrl> for Address {
    fn from(url: PostgresUrl) -> Self {
        Self::Postgres(url)
    }
}

impl From<&PostgresUrl> for Address {
    fn from(url: &PostgresUrl) -> Self {
        Self::Postgres(url.clone())
    }
}

impl From<&Self> for Address {
    fn from(address: &Self) -> Self {
        address.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_nowhere() {
        let secret = ["tr", "out"].concat();
        let text = format!("postgres://anna:{secret}@db.example:5433/factory?connect_timeout=3");
        let address: Address = text.parse().expect("an address");
        let shown = format!("{address} {address:?}");
        assert!(!shown.contains(&secret), "{shown}");
        assert!(shown.starts_with("postgres://anna:<redacted>@db.example:5433/factory "), "{shown}");
        // A password with an `@` or a `/` in it is the usual mistake.
        for wrong in
            [format!("postgres://anna:{secret}@{secret}@/x"), format!("postgres://a:{secret}/x@host:y/z")]
        {
            if let Err(error) = wrong.parse::<Address>() {
                assert!(!format!("{error} {error:?}").contains(&secret), "{error}");
            }
        }
    }

    #[test]
    fn a_path_is_a_file_and_any_other_scheme_is_refused() {
        assert_eq!("data/library.db".parse(), Ok(Address::File("data/library.db".into())));
        assert_eq!("mysql://host/db".parse::<Address>(), Err(AddressError::Scheme));
        assert_eq!(" ".parse::<Address>(), Err(AddressError::Empty));
        assert_eq!("postgres://host/db?sslmode=require".parse::<Address>(), Err(AddressError::Tls));
        assert_eq!("postgres://host:x/db".parse::<Address>(), Err(AddressError::Unreadable));
        assert_eq!("postgres:///db".parse::<Address>(), Err(AddressError::Missing("host")));
        assert_eq!("postgresql://a@host".parse::<Address>(), Err(AddressError::Missing("database")));
    }
}
