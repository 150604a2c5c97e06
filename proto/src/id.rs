//! Typed ids: a UUID (version 7, so ids sort by creation time) inside, `task_<32 hex>` outside.
//!
//! Swapping two ids of different kinds does not compile, and parsing refuses a foreign prefix. Ids are minted
//! by `hafs_runtime::ids` only; this module knows neither the clock nor randomness.

use std::fmt;

use thiserror::Error;
use uuid::Uuid;

/// Why a text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "expected an id such as `{prefix}_0190b2f67c1a7e3f8d2b4c5a6e7f8091` (prefix, underscore, 32 lower-case hex digits)"
)]
pub struct IdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

fn parse(text: &str, prefix: &'static str) -> Result<Uuid, IdError> {
    let error = IdError { prefix };
    let hex = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(error.clone())?;
    let plain = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if plain { Uuid::try_parse(hex).map_err(|_| error) } else { Err(error) }
}

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The text before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID that `hafs_runtime::ids` has minted.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text, $prefix).map(Self)
            }
        }

        $crate::id::text_form!($name, concat!("^", $prefix, "_[0-9a-f]{32}$"));
    )*};
}

/// Gives a type with `Display` and `FromStr` its serde and OpenAPI forms: a JSON string with a pattern.
macro_rules! text_form {
    ($name:ident, $pattern:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some($pattern))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}
pub(crate) use text_form;

typed_id! {
    /// A unit of queued work.
    TaskId = "task";
    /// One execution of a task, as recorded in the library.
    AttemptId = "attempt";
    /// A process that claims tasks.
    WorkerId = "worker";
    /// A campaign.
    RunId = "run";
    /// One piece of mined input.
    SeedId = "seed";
    /// A sample, whatever its state.
    SampleId = "sample";
    /// One judge's opinion.
    VerdictId = "verdict";
    /// An export.
    DatasetId = "dataset";
    /// A bearer credential (its public half).
    CredentialId = "cred";
    /// A set of samples that was set aside afterwards, as one act.
    QuarantineId = "quarantine";
    /// A look of newer rules and tools at samples that were decided before.
    RecheckId = "recheck";
    /// What a person did with a sample; minted by whoever asks, so that asking twice is doing once.
    ReviewId = "review";
    /// Idempotency key of a completion or failure, minted by the worker and spooled before the first send.
    CompletionId = "done";
    /// One HTTP request; returned with every problem document.
    RequestId = "req";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = TaskId::from_uuid(Uuid::from_u128(0x0190_b2f6_7c1a_7e3f_8d2b_4c5a_6e7f_8091));
        assert_eq!(id.to_string(), "task_0190b2f67c1a7e3f8d2b4c5a6e7f8091");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_foreign_prefix_upper_case_and_dashes_are_refused() {
        for text in [
            "seed_0190b2f67c1a7e3f8d2b4c5a6e7f8091",
            "task_0190B2F67C1A7E3F8D2B4C5A6E7F8091",
            "task_0190b2f6-7c1a-7e3f-8d2b-4c5a6e7f8091",
            "task_",
            "task",
            "",
            "task_0190b2f67c1a7e3f8d2b4c5a6e7f80911",
        ] {
            assert!(text.parse::<TaskId>().is_err(), "{text}");
        }
    }
}
