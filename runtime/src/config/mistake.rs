//! What is wrong with a configuration, said so that the reader knows what to do.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;

/// Where a value comes from. Later ones win: file, environment, flag.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// Nobody set it.
    #[default]
    Default,
    /// A line of the configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Env {
        /// Its name.
        name: String,
    },
    /// A flag of the command line.
    Flag {
        /// Its name, dashes included.
        name: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Env { name } | Self::Flag { name } => f.write_str(name),
        }
    }
}

/// One thing that is wrong: where, which key, which value, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// Where the value comes from.
    pub origin: Origin,
    /// The key, such as `coordinator.lease_s`; empty when the file as a whole cannot be read.
    pub key: String,
    /// The value as JSON, clipped; absent when there is none or it may be a secret.
    pub value: Option<String>,
    /// What is wrong, continuing the sentence that key and value begin: `must be from 1 to 20`.
    pub reason: String,
    /// What to do; may be empty.
    pub remedy: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.origin)?;
        if !self.key.is_empty() {
            write!(f, " {}", self.key)?;
        }
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        write!(f, " {}", self.reason)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// Everything that is wrong, in the order of the sections; shown one a line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Error)]
#[serde(transparent)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.0.iter().enumerate() {
            write!(f, "{}{mistake}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// A text for a message: clipped and without line breaks.
pub(super) fn clip(text: &str) -> String {
    const LONGEST: usize = 80;
    let clean = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut clipped: String = clean.clone().take(LONGEST).collect();
    if clean.count() > LONGEST {
        clipped.push('…');
    }
    clipped
}

/// The candidate that somebody who wrote `word` has probably meant.
pub(super) fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    const LIKE: f64 = 0.85;
    let word = clip(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
