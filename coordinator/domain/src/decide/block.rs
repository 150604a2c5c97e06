//! Why a sample can be neither accepted nor rejected.

use hafs_proto::CheckName;
use thiserror::Error;

/// What stands in the way of a decision. The messages say how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Block {
    /// A check could not run.
    #[error(
        "check `{check}` could not run ({why}){}; mend that, or set policy.allow_unchecked = true",
        more(*.others)
    )]
    Unchecked {
        /// The first such check by name.
        check: CheckName,
        /// Why it could not run.
        why: String,
        /// How many more there are.
        others: usize,
    },
    /// Nothing speaks for the sample.
    #[error("no check has passed this sample, so nothing shows that it is good")]
    NothingPassed,
    /// Judges are configured, and none may or will judge this sample.
    #[error(
        "no judge is left for what `{author}` wrote: configure a judge of another model, or set policy.self_judge = true"
    )]
    NoJudge {
        /// Who wrote it.
        author: String,
    },
    /// More agreement is asked for than judges can give.
    #[error(
        "policy.agree = {agree}, but only {available} judges can judge this sample: configure more, or lower it"
    )]
    TooFewJudges {
        /// Judges that must agree.
        agree: u32,
        /// Judges that can answer.
        available: u32,
    },
    /// Judges are configured and none of them needs to agree.
    #[error("policy.agree = 0 with judges configured: set it to at least 1, or configure no judges")]
    NoAgreementAsked,
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(", nor could {others} more") }
}
