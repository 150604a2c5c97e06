//! Why a reply could not be used.

use hafs_proto::Reason;
use thiserror::Error;

/// Why a reply could not be used. Messages name places and fields, never the reply's text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// Nothing but white space.
    #[error("the reply is empty")]
    Empty,
    /// Longer than is read.
    #[error("the reply of {bytes} bytes is over the limit of {max} bytes")]
    TooLong {
        /// Bytes of the reply.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The reply ends inside its JSON or inside its reasoning.
    #[error(
        "the reply ends inside {what} that begins at byte {at}; ask for fewer or shorter samples, or raise max_tokens"
    )]
    Truncated {
        /// What was not finished.
        what: &'static str,
        /// Where it begins.
        at: usize,
    },
    /// Prose without JSON.
    #[error("the reply holds no JSON object")]
    NoJson,
    /// Prose without JSON, and it refuses.
    #[error("the reply refuses to answer")]
    Refused,
    /// Something that looks like the answer and is not JSON.
    #[error("the reply's JSON is broken at byte {at}: {what}")]
    Broken {
        /// Where.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// Broken JSON that could be repaired in more than one way.
    #[error("the reply's JSON can be read in more than one way at byte {at}: {what}")]
    Ambiguous {
        /// Where.
        at: usize,
        /// What is ambiguous.
        what: &'static str,
    },
    /// Reading it would take too long.
    #[error("the reply has too many unfinished brackets to be read")]
    Tangled,
    /// A required field is absent, null or too short.
    #[error("the reply's record {record} has no usable `{field}`: {why}")]
    MissingField {
        /// Which record, from 0.
        record: usize,
        /// The field, with its path.
        field: String,
        /// What is missing.
        why: &'static str,
    },
    /// A field has a value of another type than asked for.
    #[error("the reply's record {record} has a `{field}` that is not {expected}")]
    WrongType {
        /// Which record, from 0.
        record: usize,
        /// The field, with its path.
        field: String,
        /// What was asked for.
        expected: &'static str,
    },
    /// More records than one reply may hold.
    #[error("the reply holds more than {max} records")]
    TooMany {
        /// Records allowed.
        max: usize,
    },
    /// Several different records where one was asked for.
    #[error("the reply holds {found} different records where one was asked for")]
    NotOne {
        /// How many.
        found: usize,
    },
}

impl ReplyError {
    /// The code to record with the attempt.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Empty => Reason::EmptyReply,
            Self::TooLong { .. } | Self::TooMany { .. } => Reason::TooLong,
            Self::Truncated { .. } => Reason::Truncated,
            Self::Refused => Reason::Refused,
            Self::NoJson
            | Self::Broken { .. }
            | Self::Ambiguous { .. }
            | Self::Tangled
            | Self::NotOne { .. } => Reason::JsonUnparsable,
            Self::MissingField { .. } | Self::WrongType { .. } => Reason::JsonMissingField,
        }
    }
}
