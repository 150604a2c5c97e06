//! Secrets: texts that no log, error or `Debug` form shows.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::entropy::{self, EntropyError};
use crate::env::Environment;

/// Bytes of a secret's file that are read at most; a key is far shorter.
const FILE_BYTES: u64 = 64 * 1024;

/// A key or token. It can be neither printed nor serialised by accident; [`Secret::expose`] is the only way in.
#[derive(Clone)]
pub struct Secret(Box<str>);

/// Why there is no secret where one is configured.
#[derive(Debug, Error)]
pub enum SecretError {
    /// Two places that may differ.
    #[error("both {name} and {name}_FILE are set; unset one of them")]
    Twice {
        /// The variable.
        name: String,
    },
    /// Nothing in it.
    #[error("{place} is empty; it must hold the key and nothing else")]
    Empty {
        /// The variable or file.
        place: String,
    },
    /// A file that is no key.
    #[error("{} is over {FILE_BYTES} bytes; it must hold the key and nothing else", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("could not read the secret in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Secret {
    /// Wraps a secret that was just made or received.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text, for the one header or MAC that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The value of the variable `name`, or of the file that `name_FILE` points to (the way of Docker and
    /// systemd credentials), or nothing if neither is set.
    ///
    /// # Errors
    /// [`SecretError`] when both are set, or the file cannot be read or is empty or no key.
    pub fn from_env(env: &Environment, name: &str) -> Result<Option<Self>, SecretError> {
        match (env.get(name), env.get(&format!("{name}_FILE"))) {
            (Some(_), Some(_)) => Err(SecretError::Twice { name: name.to_owned() }),
            (Some(text), None) => Self::trimmed(text, || name.to_owned()).map(Some),
            (None, Some(path)) => Self::from_file(Path::new(path)).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The content of a file without the white space around it.
    ///
    /// # Errors
    /// [`SecretError`] when the file cannot be read, is empty, or is too long to be a key.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(FILE_BYTES + 1).read_to_string(&mut text))
            .map_err(|source| SecretError::Read { path: path.to_owned(), source })?;
        if text.len() as u64 > FILE_BYTES {
            return Err(SecretError::TooLong { path: path.to_owned() });
        }
        Self::trimmed(&text, || path.display().to_string())
    }

    /// A fresh secret of `bytes` random bytes (at most 64) as lower-case hex digits, after `prefix`, which
    /// tells people and scanners what it is.
    ///
    /// # Errors
    /// [`EntropyError`] when the operating system has no randomness.
    pub fn random(prefix: &str, bytes: usize) -> Result<Self, EntropyError> {
        let random: [u8; 64] = entropy::bytes()?;
        let hex = random.iter().take(bytes).map(|byte| format!("{byte:02x}"));
        Ok(Self(std::iter::once(prefix.to_owned()).chain(hex).collect::<String>().into()))
    }

    fn trimmed(text: &str, place: impl FnOnce() -> String) -> Result<Self, SecretError> {
        match text.trim() {
            "" => Err(SecretError::Empty { place: place() }),
            text => Ok(Self(text.into())),
        }
    }
}

impl From<&str> for Secret {
    /// For flags and variables.
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::new("hush");
        assert_eq!(format!("{secret} {secret:?} {:#?}", Some(&secret)).matches("hush").count(), 0);
        assert_eq!(secret.expose(), "hush");
    }

    #[test]
    fn a_secret_comes_from_the_variable_or_from_the_file_but_not_from_both() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        std::fs::write(&path, "from-file\n").expect("written");
        let file = path.to_str().expect("UTF-8");
        let read = |pairs: &[(&str, &str)]| {
            Secret::from_env(&pairs.iter().copied().collect(), "KEY")
                .map(|found| found.map(|s| s.expose().to_owned()))
        };
        assert_eq!(read(&[]).expect("nothing"), None);
        assert_eq!(read(&[("KEY", " from-env ")]).expect("read").as_deref(), Some("from-env"));
        assert_eq!(read(&[("KEY_FILE", file)]).expect("read").as_deref(), Some("from-file"));
        let both = read(&[("KEY", "x"), ("KEY_FILE", file)]).expect_err("two places");
        assert_eq!(both.to_string(), "both KEY and KEY_FILE are set; unset one of them");
    }

    #[test]
    fn an_empty_long_or_missing_file_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        assert!(matches!(Secret::from_file(&path), Err(SecretError::Read { .. })));
        std::fs::write(&path, "\n").expect("written");
        assert!(Secret::from_file(&path).expect_err("empty").to_string().contains("key is empty"));
        std::fs::write(&path, "x".repeat(70_000)).expect("written");
        assert!(matches!(Secret::from_file(&path), Err(SecretError::TooLong { .. })));
    }

    #[test]
    fn random_secrets_have_the_asked_length_and_differ() {
        let make = || Secret::random("hafs_", 32).expect("randomness").expose().to_owned();
        assert_eq!(make().len(), 5 + 64);
        assert_ne!(make(), make());
    }
}
