//! The rejection taxonomy. A rejected sample has every reason that applies, not the first one found.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonClass {
    /// Another attempt, template or teacher may do better with the same seed.
    Fixable,
    /// The seed, the policy or the state of the library is the cause; trying again cannot help.
    Systemic,
}

/// Where in the life of a sample a reason arises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The call to the teacher and its reply.
    Call,
    /// Turning the reply into a candidate.
    Parse,
    /// Deterministic checks.
    Check,
    /// Comparison with the rest of the library.
    Dedup,
    /// Judges and the decision.
    Decide,
}

macro_rules! reasons {
    ($($variant:ident $code:literal $class:ident $stage:ident $doc:literal;)*) => {
        /// Why a sample or an attempt was not good. The first twelve are the codes of the older hafs data, kept
        /// so that its files can be imported.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
        )]
        pub enum Reason {
            $(#[doc = $doc] #[serde(rename = $code)] $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of the taxonomy.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code used in JSON, metrics and files.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Whether trying again can help.
            #[must_use]
            pub const fn class(self) -> ReasonClass {
                match self { $(Self::$variant => ReasonClass::$class,)* }
            }

            /// Where it arises.
            #[must_use]
            pub const fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)* }
            }

            /// One line for people.
            #[must_use]
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }
    };
}

reasons! {
    LowDiversity "low_diversity" Fixable Dedup "too close in meaning to what the library already has";
    KgInconsistent "kg_inconsistent" Fixable Check "contradicts the knowledge graph";
    HighHallucination "high_hallucination" Fixable Check "claims things that its source does not support";
    LowCoherence "low_coherence" Fixable Decide "the output does not answer the instruction";
    Duplicate "duplicate" Systemic Dedup "a duplicate, of a kind that older data did not record";
    SyntaxError "syntax_error" Fixable Check "code that does not parse";
    InvalidInstruction "invalid_instruction" Fixable Check "the instruction is missing or is not an instruction";
    EmptyOutput "empty_output" Fixable Check "the output is empty";
    TooShort "too_short" Fixable Check "shorter than the policy allows";
    TooLong "too_long" Fixable Check "longer than the policy allows";
    ValidationFailed "validation_failed" Fixable Check "a validator failed it without a more precise reason";
    Other "other" Systemic Check "a reason that older data did not classify";
    JsonUnparsable "json_unparsable" Fixable Parse "the reply holds no JSON object that can be read";
    JsonMissingField "json_missing_field" Fixable Parse "the reply's JSON lacks a field or has one of the wrong type";
    EmptyReply "empty_reply" Fixable Call "the teacher answered with nothing";
    Refused "refused" Fixable Call "the teacher refused";
    Truncated "truncated" Fixable Call "the reply was cut at the token limit";
    UnknownMnemonic "unknown_mnemonic" Fixable Check "an instruction that the processor does not have";
    BadAddressing "bad_addressing" Fixable Check "an addressing mode that the instruction does not have";
    OperandRange "operand_range" Fixable Check "an operand out of range";
    UndefinedLabel "undefined_label" Fixable Check "a label that is not defined";
    MacroError "macro_error" Fixable Check "a macro that does not expand";
    Unbalanced "unbalanced" Fixable Check "brackets or quotes that do not balance";
    CompileError "compile_error" Fixable Check "code that does not compile";
    WrongResult "wrong_result" Fixable Check "code that was run and gave a wrong result";
    UnknownEntity "unknown_entity" Fixable Check "names something that does not exist";
    DeadLink "dead_link" Fixable Check "links to something that does not exist";
    NearDuplicate "near_duplicate" Systemic Dedup "nearly the same text as a sample of the library";
    ExactDuplicate "exact_duplicate" Systemic Dedup "the same text as a sample of the library, but for case, spacing or look-alike characters";
    LeakAcrossSplit "leak_across_split" Systemic Dedup "would put one source on both sides of a split";
    SecretFound "secret_found" Systemic Check "holds a credential, key or private datum";
    SourceEcho "source_echo" Fixable Check "the output repeats the input instead of answering";
    Hedge "hedge" Fixable Check "the output excuses itself instead of answering";
    OffTopic "off_topic" Fixable Decide "the output is about something else";
    LowConsensus "low_consensus" Fixable Decide "too few judges agreed";
    ProviderError "provider_error" Fixable Call "the provider failed";
    Timeout "timeout" Fixable Call "no answer within the deadline";
    Budget "budget" Systemic Call "the budget was spent";
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// The text that is no reason code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a reason code")]
pub struct UnknownReason(String);

impl std::str::FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL
            .iter()
            .copied()
            .find(|reason| reason.code() == text)
            .ok_or_else(|| UnknownReason(text.chars().take(80).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_and_the_json_form_agree_and_are_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for reason in Reason::ALL {
            let json = serde_json::to_string(reason).expect("serialises");
            assert_eq!(json, format!("\"{}\"", reason.code()));
            assert_eq!(reason.code().parse(), Ok(*reason));
            assert!(seen.insert(reason.code()), "{reason}");
        }
        assert_eq!(Reason::ALL[11].code(), "other", "the twelve older codes come first");
    }
}
