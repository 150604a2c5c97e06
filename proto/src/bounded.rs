//! Texts with a byte limit in the type.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text of at most `MAX` bytes and without NUL (which breaks C tools and CSV readers).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BoundedText<const MAX: usize>(String);

/// Why a text does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BoundError {
    /// Longer than the limit.
    #[error("text of {len} bytes is over the limit of {max} bytes")]
    TooLong {
        /// Bytes found.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A NUL character inside.
    #[error("text has a NUL character at byte {at}")]
    Nul {
        /// Where.
        at: usize,
    },
}

impl<const MAX: usize> BoundedText<MAX> {
    /// Checks and wraps a text.
    ///
    /// # Errors
    /// [`BoundError`] when it is too long or holds a NUL.
    pub fn new(text: impl Into<String>) -> Result<Self, BoundError> {
        let text = text.into();
        if let Some(at) = text.bytes().position(|b| b == 0) {
            return Err(BoundError::Nul { at });
        }
        if text.len() > MAX { Err(BoundError::TooLong { len: text.len(), max: MAX }) } else { Ok(Self(text)) }
    }

    /// As much of a text as fits, cut at a character boundary, NULs replaced by U+FFFD. For messages, never
    /// for content that someone has paid for.
    #[must_use]
    pub fn clipped(text: &str) -> Self {
        let clean = text.replace('\0', "\u{fffd}");
        Self(clean[..clean.floor_char_boundary(MAX)].to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::ops::Deref for BoundedText<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for BoundedText<MAX> {
    type Error = BoundError;

    fn try_from(text: String) -> Result<Self, BoundError> {
        Self::new(text)
    }
}

impl<const MAX: usize> From<BoundedText<MAX>> for String {
    fn from(text: BoundedText<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> fmt::Display for BoundedText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for BoundedText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MAX: usize> utoipa::PartialSchema for BoundedText<MAX> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .max_length(Some(MAX))
            .into()
    }
}

impl<const MAX: usize> utoipa::ToSchema for BoundedText<MAX> {
    /// Each length is a schema of its own.
    fn name() -> std::borrow::Cow<'static, str> {
        format!("TextTo{MAX}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_long_and_nul_are_refused_and_clipping_keeps_characters_whole() {
        assert!(BoundedText::<4>::new("abcde").is_err());
        assert!(BoundedText::<4>::new("a\0").is_err());
        assert_eq!(BoundedText::<4>::clipped("abcé").as_str(), "abc");
    }
}
