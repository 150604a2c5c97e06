//! Reading the words of the domain out of database values.

use hafs_proto::graph::EntityId;
use hafs_proto::{
    AttemptId, BoundedText, CheckName, CompletionId, ContentHash, CredentialId, DatasetId, Domain,
    GeneratorName, GraphName, MicroUsd, Network, QuarantineId, Reason, RecheckId, ReviewId, Route, RunId,
    SampleId, Score, SeedId, SourceName, Tag, TaskId, TeacherName, Timestamp, VerdictId, WorkerId,
};
use uuid::Uuid;

use super::Value;

/// A type that a column can hold.
pub trait Field: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// What was expected and what was found, without the content.
    fn read(value: &Value) -> Result<Self, String>;
}

fn expected<T>(what: &str, found: &Value) -> Result<T, String> {
    Err(format!("expected {what}, found {}", found.describe()))
}

impl<T: Field> Field for Option<T> {
    fn read(value: &Value) -> Result<Self, String> {
        if *value == Value::Null { Ok(None) } else { T::read(value).map(Some) }
    }
}

impl Field for Value {
    fn read(value: &Value) -> Result<Self, String> {
        Ok(value.clone())
    }
}

impl Field for i64 {
    fn read(value: &Value) -> Result<Self, String> {
        if let Value::Int(int) = value { Ok(*int) } else { expected("an integer", value) }
    }
}

macro_rules! integers {
    ($($int:ty, $what:literal;)*) => {$(
        impl Field for $int {
            fn read(value: &Value) -> Result<Self, String> {
                let int = i64::read(value)?;
                Self::try_from(int).map_err(|_| format!(concat!("expected ", $what, ", found {}"), int))
            }
        }
    )*};
}
integers! { u64, "an integer from 0"; u32, "an integer of 32 bits"; u16, "an integer of 16 bits"; }

impl Field for bool {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            Value::Null | Value::Int(_) | Value::Real(_) | Value::Text(_) | Value::Bytes(_) => {
                expected("0 or 1", value)
            }
        }
    }
}

impl Field for f64 {
    fn read(value: &Value) -> Result<Self, String> {
        if let Value::Real(real) = value { Ok(*real) } else { expected("a real number", value) }
    }
}

impl Field for String {
    fn read(value: &Value) -> Result<Self, String> {
        if let Value::Text(text) = value { Ok(text.clone()) } else { expected("a text", value) }
    }
}

impl Field for Vec<u8> {
    fn read(value: &Value) -> Result<Self, String> {
        if let Value::Bytes(bytes) = value { Ok(bytes.clone()) } else { expected("bytes", value) }
    }
}

fn bytes<const N: usize>(value: &Value, what: &str) -> Result<[u8; N], String> {
    let Value::Bytes(bytes) = value else { return expected(what, value) };
    bytes.as_slice().try_into().map_err(|_| format!("expected {what}, found {} bytes", bytes.len()))
}

impl Field for ContentHash {
    fn read(value: &Value) -> Result<Self, String> {
        bytes(value, "a hash of 32 bytes").map(Self::from_bytes)
    }
}

impl Field for Timestamp {
    fn read(value: &Value) -> Result<Self, String> {
        Self::from_millis(i64::read(value)?).map_err(|error| error.to_string())
    }
}

impl Field for MicroUsd {
    fn read(value: &Value) -> Result<Self, String> {
        u64::read(value).map(Self)
    }
}

impl Field for Score {
    fn read(value: &Value) -> Result<Self, String> {
        Self::try_from(f64::read(value)?).map_err(|error| error.to_string())
    }
}

impl<const MAX: usize> Field for BoundedText<MAX> {
    fn read(value: &Value) -> Result<Self, String> {
        Self::new(String::read(value)?).map_err(|error| error.to_string())
    }
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl Field for $id {
            fn read(value: &Value) -> Result<Self, String> {
                bytes(value, concat!("an id (", stringify!($id), ") of 16 bytes"))
                    .map(|bytes| Self::from_uuid(Uuid::from_bytes(bytes)))
            }
        }
    )*};
}
ids! {
    TaskId AttemptId WorkerId RunId SeedId SampleId VerdictId DatasetId CredentialId CompletionId QuarantineId
    RecheckId ReviewId
}

macro_rules! parsed {
    ($($name:ident)*) => {$(
        impl Field for $name {
            fn read(value: &Value) -> Result<Self, String> {
                let Value::Text(text) = value else { return expected("a text", value) };
                text.parse().map_err(|error| format!("{error}"))
            }
        }
    )*};
}
parsed! { EntityId Domain SourceName GraphName GeneratorName CheckName TeacherName Tag Route Reason Network }
