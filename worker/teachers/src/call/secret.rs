//! API keys: read once, never shown.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A key. Its `Debug` form is `<redacted>`, it has no `Display` and is not serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

/// Where a key is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// The first line of a file.
    File(PathBuf),
}

/// Why a key could not be had.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The variable is not set, or is not UTF-8.
    #[error("environment variable {name} holds no API key: set it, or name a file with `key_file`")]
    Env {
        /// The variable.
        name: String,
    },
    /// The file could not be read.
    #[error("could not read the API key from {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There was a text, but it cannot be a key.
    #[error("the API key from {from} is empty or has characters that an HTTP header may not have")]
    Unusable {
        /// The variable or file.
        from: String,
    },
}

impl Secret {
    /// Wraps a key. Only printable ASCII without spaces can be sent in a header.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let usable = !text.is_empty() && text.len() <= 4096 && text.bytes().all(|b| b.is_ascii_graphic());
        usable.then(|| Self(text.into()))
    }

    /// Reads a key from where the config says it is.
    ///
    /// # Errors
    /// [`SecretError`], naming the variable or file and never its content.
    pub fn load(source: &SecretSource) -> Result<Self, SecretError> {
        let (text, from) = match source {
            SecretSource::Env(name) => {
                let text = std::env::var(name).map_err(|_| SecretError::Env { name: name.clone() })?;
                (text, name.clone())
            }
            SecretSource::File(path) => (Self::first_line(path)?, path.display().to_string()),
        };
        Self::new(&text).ok_or(SecretError::Unusable { from })
    }

    fn first_line(path: &Path) -> Result<String, SecretError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SecretError::File { path: path.to_owned(), source })?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }

    /// The key itself, for the one header that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// `text` without any occurrence of the key: providers quote it in their errors.
    pub(crate) fn redact(&self, text: &str) -> String {
        text.replace(&*self.0, "<redacted>")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_itself() {
        let text = ["not", "a", "real", "key"].join("-");
        let secret = Secret::new(&text).expect("usable");
        assert_eq!(format!("{secret:?}"), "<redacted>");
        assert_eq!(secret.redact(&format!("bad key {text}!")), "bad key <redacted>!");
    }

    #[test]
    fn a_key_with_a_line_break_or_nothing_in_it_is_refused_by_name_only() {
        assert!(Secret::new("a\nb").is_none());
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("key");
        std::fs::write(&path, "\n").expect("written");
        let error = Secret::load(&SecretSource::File(path.clone())).expect_err("empty");
        assert!(error.to_string().contains("key"), "{error}");
        std::fs::write(&path, "abc\nsecond line\n").expect("written");
        assert_eq!(Secret::load(&SecretSource::File(path)).expect("a key").expose(), "abc");
        assert!(Secret::load(&SecretSource::Env("HAFS_TEST_NO_SUCH_VARIABLE".to_owned())).is_err());
    }
}
