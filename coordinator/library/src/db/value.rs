//! Owned values, the same for every driver.
//!
//! Ids are stored as their 16 bytes and hashes as their 32: less than half of their text, in the row and in
//! every index, and byte order is the order of creation for ids. Times are milliseconds, money micro-dollars,
//! booleans 0 or 1, all of them integers.

use hafs_proto::{
    AttemptId, BoundedText, CheckName, CompletionId, ContentHash, CredentialId, DatasetId, Domain,
    GeneratorName, GraphName, MicroUsd, Network, QuarantineId, RecheckId, ReviewId, RunId, SampleId, Score,
    SeedId, SourceName, Tag, TaskId, TeacherName, Timestamp, VerdictId, WorkerId,
};
use serde::Serialize;

use crate::error::StoreError;

/// One value of a row or of a statement's arguments.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// What it is, for error messages; never the content.
    #[must_use]
    pub const fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u16> for Value {
    fn from(value: u16) -> Self {
        Self::Int(value.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl From<Score> for Value {
    fn from(value: Score) -> Self {
        Self::Real(value.get())
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_millis())
    }
}

impl From<MicroUsd> for Value {
    /// Saturates at 2^63 - 1 micro-dollars, nine million million dollars.
    fn from(value: MicroUsd) -> Self {
        Self::Int(i64::try_from(value.0).unwrap_or(i64::MAX))
    }
}

impl From<ContentHash> for Value {
    fn from(value: ContentHash) -> Self {
        Self::Bytes(value.as_bytes().to_vec())
    }
}

impl From<Network> for Value {
    fn from(value: Network) -> Self {
        Self::Text(value.to_string())
    }
}

impl<const MAX: usize> From<&BoundedText<MAX>> for Value {
    fn from(value: &BoundedText<MAX>) -> Self {
        Self::Text(value.as_str().to_owned())
    }
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl From<$id> for Value {
            fn from(id: $id) -> Self {
                Self::Bytes(id.uuid().as_bytes().to_vec())
            }
        }
    )*};
}
ids! {
    TaskId AttemptId WorkerId RunId SeedId SampleId VerdictId DatasetId CredentialId CompletionId QuarantineId
    RecheckId ReviewId
}

macro_rules! names {
    ($($name:ident)*) => {$(
        impl From<&$name> for Value {
            fn from(name: &$name) -> Self {
                Self::Text(name.as_str().to_owned())
            }
        }
    )*};
}
names! { Domain SourceName GraphName GeneratorName CheckName TeacherName Tag }

/// The JSON text of a value.
pub(crate) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::encode)
}

/// The word of an enum without data, as its JSON form says it.
pub(crate) fn word(value: &impl Serialize) -> Result<String, StoreError> {
    let json = serde_json::to_value(value).map_err(StoreError::encode)?;
    json.as_str().map(str::to_owned).ok_or_else(|| StoreError::encode(format!("expected a word, got {json}")))
}
