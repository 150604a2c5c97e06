//! What people may do with a sample, and which samples want a person's look.
//!
//! A person's decision is above the rule, and hides nothing: what checks have found is overruled only by who says so.

use hafs_proto::people::ReviewAct;
use hafs_proto::verdict::Decision;
use hafs_proto::{Check, CheckName, Reason, SampleId, SampleState, Score};
use thiserror::Error;

use crate::decide::{most_telling_first, objection};

/// How a sample stands, as far as an act depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Whether a quarantine holds it.
    pub held: bool,
    /// The sample that stands in its place, if it was edited.
    pub successor: Option<SampleId>,
    /// Another sample with the same content that is accepted, or may still be.
    pub twin: Option<SampleId>,
    /// Whether the texts of an edit are those that it has.
    pub unchanged: bool,
    /// Whether it carries the tag of the act.
    pub tagged: bool,
    /// Whether its run accepts samples that a check could not look at.
    pub allow_unchecked: bool,
    /// Validators that it needs beside the checks on record.
    pub needed: &'a [CheckName],
    /// The checks that count and decide.
    pub checks: &'a [Check],
}

/// Why an act is refused. The messages say what can be done instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A quarantine holds the sample.
    #[error("a quarantine holds the sample: lift that first (`hafs-factory quarantine list`)")]
    Held,
    /// The sample was edited.
    #[error("the sample was edited, and {0} stands in its place: decide about that one")]
    Superseded(SampleId),
    /// Checks speak against it, or could not speak.
    #[error("{0}; to accept it all the same, say so (`--despite-checks`), and the data sets will say it too")]
    Checks(String),
    /// The same content is in the library.
    #[error(
        "{0} has the same content and is accepted or undecided: nothing is accepted twice; reject that one first"
    )]
    Twin(SampleId),
    /// An edit that changes nothing.
    #[error("the texts are those that the sample has: change one, or accept or reject it as it is")]
    Unchanged,
    /// A tag that is on.
    #[error("the sample carries that tag already")]
    Tagged,
    /// A tag that is not on.
    #[error("the sample does not carry that tag")]
    NotTagged,
}

/// Whether an act is allowed. Tags say nothing about a sample's worth, so nothing forbids them.
///
/// # Errors
/// [`Refusal`] when it is not.
pub fn allow(act: &ReviewAct, standing: &Standing<'_>) -> Result<(), Refusal> {
    match act {
        ReviewAct::Tag { .. } if standing.tagged => Err(Refusal::Tagged),
        ReviewAct::Untag { .. } if !standing.tagged => Err(Refusal::NotTagged),
        ReviewAct::Tag { .. } | ReviewAct::Untag { .. } => Ok(()),
        ReviewAct::Accept { despite_checks } => {
            open(standing)?;
            match (standing.twin, overruled(standing)) {
                (Some(twin), _) => Err(Refusal::Twin(twin)),
                (None, Some(objection)) if !despite_checks => Err(Refusal::Checks(objection)),
                (None, Some(_) | None) => Ok(()),
            }
        }
        ReviewAct::Reject { .. } => open(standing),
        ReviewAct::Edit { .. } if standing.unchanged => Err(Refusal::Unchanged),
        ReviewAct::Edit { .. } => open(standing),
    }
}

fn open(standing: &Standing<'_>) -> Result<(), Refusal> {
    match standing.successor {
        _ if standing.held => Err(Refusal::Held),
        Some(successor) => Err(Refusal::Superseded(successor)),
        None => Ok(()),
    }
}

/// What a person has overruled by accepting a sample, if checks spoke against it or could not speak.
#[must_use]
pub fn overruled(standing: &Standing<'_>) -> Option<String> {
    objection(standing.checks, standing.needed, standing.allow_unchecked)
}

/// A person's reasons, the most telling first, each once.
#[must_use]
pub fn in_order(reasons: Vec<Reason>) -> Vec<Reason> {
    most_telling_first(reasons)
}

/// How little is certain about a sample: 1 when nothing could decide it, else the share of its judges that were of the
/// other opinion than most of them. Absent when nothing speaks for a person's look.
#[must_use]
pub fn doubt(state: &SampleState, decision: Option<&Decision>) -> Option<Score> {
    match state {
        SampleState::Candidate => None,
        SampleState::Quarantined { .. } => Some(Score::ONE),
        SampleState::Accepted { .. } | SampleState::Rejected { .. } => {
            let Decision { agree, of, review, .. } = decision?;
            let minority = (*agree).min(of.saturating_sub(*agree));
            let split = review.is_none() && minority > 0;
            split.then(|| Score::new(f64::from(minority) / f64::from(*of))).flatten()
        }
    }
}
