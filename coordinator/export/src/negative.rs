//! Which rejected samples may stand for a bad answer, as the `rejected` side of a DPO pair or as a KTO row
//! labelled false.
//!
//! A rejection says something against the *answer* only for some reasons. A duplicate of a good sample is as
//! good as the sample; a budget that ran out says nothing; a text with a secret in it must not leave the library
//! in any role.

use hafs_proto::{Reason, Sample, SampleState};

/// What one reason says about the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The answer is worse than an accepted one.
    Worse,
    /// Nothing either way.
    Silent,
    /// The text must not be used, whatever else is said of it.
    Barred,
}

/// Whether a sample may stand for a bad answer: it is rejected, has an instruction and an answer, at least one
/// of its reasons speaks against the answer and none bars its use. Never true of a candidate or a quarantined
/// sample.
#[must_use]
pub fn may_stand_for_a_bad_answer(sample: &Sample) -> bool {
    match &sample.state {
        SampleState::Rejected { reasons, .. } => {
            let has = |standing| reasons.iter().any(|reason| self::standing(*reason) == standing);
            let whole = !sample.instruction.trim().is_empty() && !sample.output.trim().is_empty();
            whole && has(Standing::Worse) && !has(Standing::Barred)
        }
        SampleState::Candidate | SampleState::Accepted { .. } | SampleState::Quarantined { .. } => false,
    }
}

const fn standing(reason: Reason) -> Standing {
    match reason {
        Reason::SecretFound
        | Reason::LeakAcrossSplit
        | Reason::Duplicate
        | Reason::NearDuplicate
        | Reason::ExactDuplicate
        | Reason::LowDiversity
        | Reason::InvalidInstruction => Standing::Barred,
        Reason::Other
        | Reason::JsonUnparsable
        | Reason::JsonMissingField
        | Reason::EmptyOutput
        | Reason::EmptyReply
        | Reason::ProviderError
        | Reason::Timeout
        | Reason::Budget => Standing::Silent,
        Reason::KgInconsistent
        | Reason::HighHallucination
        | Reason::LowCoherence
        | Reason::SyntaxError
        | Reason::TooShort
        | Reason::TooLong
        | Reason::ValidationFailed
        | Reason::Refused
        | Reason::Truncated
        | Reason::UnknownMnemonic
        | Reason::BadAddressing
        | Reason::OperandRange
        | Reason::UndefinedLabel
        | Reason::MacroError
        | Reason::Unbalanced
        | Reason::CompileError
        | Reason::WrongResult
        | Reason::UnknownEntity
        | Reason::DeadLink
        | Reason::SourceEcho
        | Reason::Hedge
        | Reason::OffTopic
        | Reason::LowConsensus => Standing::Worse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::Timestamp;
    use hafs_proto::reason::Stage;

    fn stands(state: SampleState, output: &str) -> bool {
        let mut row = crate::fixture::row(1);
        row.sample.state = state;
        row.sample.output = hafs_proto::BoundedText::new(output).expect("fits");
        may_stand_for_a_bad_answer(&row.sample)
    }

    fn rejected(reasons: &[Reason]) -> SampleState {
        SampleState::Rejected { at: Timestamp::EPOCH, reasons: reasons.to_vec() }
    }

    #[test]
    fn only_a_rejection_that_speaks_against_the_answer_makes_a_bad_answer() {
        assert!(stands(rejected(&[Reason::TooShort]), "x"));
        assert!(stands(rejected(&[Reason::Budget, Reason::Hedge]), "x"));
        assert!(!stands(rejected(&[Reason::Budget]), "x"), "says nothing");
        assert!(!stands(rejected(&[]), "x"), "no reason at all");
        assert!(!stands(rejected(&[Reason::TooShort]), " \n"), "no answer");
        assert!(!stands(SampleState::Candidate, "x"));
        assert!(!stands(SampleState::Accepted { at: Timestamp::EPOCH }, "x"));
        let why = hafs_proto::BoundedText::clipped("the worker was poisoned");
        assert!(!stands(SampleState::Quarantined { at: Timestamp::EPOCH, why }, "x"));
    }

    #[test]
    fn a_secret_or_a_duplicate_bars_a_sample_whatever_else_is_said_of_it() {
        for reason in Reason::ALL.iter().copied() {
            let barred = reason == Reason::SecretFound || reason.stage() == Stage::Dedup;
            if barred {
                assert!(!stands(rejected(&[Reason::Hedge, reason]), "x"), "{reason}");
            }
        }
    }
}
