//! How far a worker is believed: `new`, `probation`, `trusted`, `suspended`.
//!
//! Trust comes from results that others have confirmed, so many in a row and not too soon, and goes with the first
//! contradiction. People may set any state; the rule goes on from there.
//! Source: Anderson, "BOINC: A Platform for Volunteer Computing", J. Grid Computing 2020, adaptive replication: a host
//! is trusted after ten validated results in a row, and any invalid one starts the count anew.

use std::time::Duration;

use hafs_proto::{BoundedText, Check, CheckedBy, Outcome, Timestamp, TrustState, Verdict, WorkerId};

/// Numbers of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Confirmed results in a row that make a worker trusted.
    pub confirmed: u32,
    /// How long a worker must have been known before it is trusted.
    pub known: Duration,
    /// Forged lease tokens that suspend. More than one, because a worker that was moved from another library may
    /// still hand in what it made there.
    pub forged: u32,
    /// Wrong deliveries, without a confirmed result in between, that suspend.
    pub invalid: u32,
}

impl Rules {
    /// The factory's own.
    pub const CAUTIOUS: Self =
        Self { confirmed: 10, known: Duration::from_secs(24 * 3_600), forged: 5, invalid: 20 };
}

/// What is known of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: TrustState,
    /// Since when it is in that state.
    pub since: Timestamp,
    /// When it first came.
    pub joined_at: Timestamp,
    /// Confirmed results in a row.
    pub confirmed: u32,
    /// Forged lease tokens since the state began.
    pub forged: u32,
    /// Wrong deliveries since the last confirmed result.
    pub invalid: u32,
}

/// What was seen of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// Others have confirmed a result of it.
    Confirmed,
    /// A check that it reports was repeated and came out differently.
    Contradicted {
        /// Which check, of what.
        what: String,
    },
    /// It showed a lease token that was never signed for it.
    ForgedToken,
    /// It delivered something that can never be accepted.
    Invalid,
    /// Two living processes use its credential.
    Cloned,
}

/// A change of state, with what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The state before.
    pub from: TrustState,
    /// The state from now on.
    pub to: TrustState,
    /// What led to it, for people.
    pub why: BoundedText<512>,
}

/// What an observation leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The standing from now on.
    pub standing: Standing,
    /// The change of state, if there is one.
    pub moved: Option<Move>,
}

impl Standing {
    /// A worker of whom nothing is known yet.
    #[must_use]
    pub const fn fresh(joined_at: Timestamp) -> Self {
        Self { state: TrustState::New, since: joined_at, joined_at, confirmed: 0, forged: 0, invalid: 0 }
    }

    /// Applies the rule. A suspended worker stays suspended: only people let it in again.
    #[must_use]
    pub fn after(mut self, seen: &Observation, now: Timestamp, rules: &Rules) -> Change {
        if self.state == TrustState::Suspended {
            return Change { standing: self, moved: None };
        }
        self.count(seen);
        match self.follows(seen, now, rules) {
            Some((to, why)) => self.moved_to(to, &why, now),
            None => Change { standing: self, moved: None },
        }
    }

    /// Sets the state, as people wish, and begins to count anew.
    #[must_use]
    pub fn set(self, to: TrustState, why: &str, now: Timestamp) -> Change {
        self.moved_to(to, why, now)
    }

    fn count(&mut self, seen: &Observation) {
        match seen {
            Observation::Confirmed => {
                self.confirmed = self.confirmed.saturating_add(1);
                self.invalid = 0;
            }
            Observation::ForgedToken => self.forged = self.forged.saturating_add(1),
            Observation::Invalid => self.invalid = self.invalid.saturating_add(1),
            Observation::Contradicted { .. } | Observation::Cloned => self.confirmed = 0,
        }
    }

    /// The state that follows, if it is another one.
    fn follows(&self, seen: &Observation, now: Timestamp, rules: &Rules) -> Option<(TrustState, String)> {
        match seen {
            Observation::Contradicted { what } => {
                Some((TrustState::Suspended, format!("a repeated check came out differently: {what}")))
            }
            Observation::ForgedToken if self.forged >= rules.forged => {
                Some((TrustState::Suspended, format!("{} forged lease tokens", self.forged)))
            }
            Observation::Invalid if self.invalid >= rules.invalid => {
                let why = format!("{} wrong deliveries and no confirmed result in between", self.invalid);
                Some((TrustState::Suspended, why))
            }
            Observation::Cloned if self.state == TrustState::Trusted => {
                let why = "two living processes use its credential, so nobody knows which one is believed";
                Some((TrustState::Probation, why.to_owned()))
            }
            Observation::Confirmed => self.promotion(now, rules),
            Observation::ForgedToken | Observation::Invalid | Observation::Cloned => None,
        }
    }

    fn promotion(&self, now: Timestamp, rules: &Rules) -> Option<(TrustState, String)> {
        match self.state {
            TrustState::New => Some((TrustState::Probation, "a first result was confirmed".to_owned())),
            TrustState::Probation
                if self.confirmed >= rules.confirmed && now.since(self.joined_at) >= rules.known =>
            {
                Some((TrustState::Trusted, format!("{} results in a row were confirmed", self.confirmed)))
            }
            TrustState::Probation | TrustState::Trusted | TrustState::Suspended => None,
        }
    }

    fn moved_to(self, to: TrustState, why: &str, now: Timestamp) -> Change {
        let moved = Move { from: self.state, to, why: BoundedText::clipped(why) };
        // What was confirmed counts on while a worker rises; everything else begins anew with each state.
        let rises = self.state == TrustState::New && to == TrustState::Probation;
        let confirmed = if rises { self.confirmed } else { 0 };
        let standing = Self { state: to, since: now, confirmed, forged: 0, invalid: 0, ..self };
        Change { standing, moved: Some(moved) }
    }
}

/// Checks whose pass proves a sample: the coordinator ran it, or built it, or assembled it.
pub const PROOFS: &[&str] = &["assembly", "assemble", "compile", "execute"];

/// Whether one of these checks proves its sample, so that it does not matter who made it. What a worker says of its own
/// checks is a claim and proves nothing.
#[must_use]
pub fn proved<'a>(checks: impl IntoIterator<Item = &'a Check>) -> bool {
    checks.into_iter().any(|check| {
        check.by == CheckedBy::Coordinator
            && matches!(check.outcome, Outcome::Pass)
            && PROOFS.contains(&check.name.as_str())
    })
}

/// The workers whose word confirms a sample that `maker` made and that was accepted: those that reported a verdict for
/// it and are somebody else. Whether they are trusted themselves is for the caller to look up.
pub fn witnesses<'a>(
    maker: WorkerId,
    verdicts: impl IntoIterator<Item = &'a Verdict>,
) -> impl Iterator<Item = WorkerId> {
    verdicts.into_iter().map(|verdict| verdict.worker).filter(move |worker| *worker != maker)
}

/// What a worker's report of a check says that the coordinator's own run of the same check denies, if it does.
#[must_use]
pub fn contradiction(reported: &Check, own: &[Check]) -> Option<String> {
    let same = |check: &&Check| {
        check.by == CheckedBy::Coordinator && check.name == reported.name && check.version == reported.version
    };
    let decided = |outcome: &Outcome| matches!(outcome, Outcome::Pass | Outcome::Fail { .. });
    let denied = own.iter().filter(same).find(|check| {
        decided(&check.outcome)
            && decided(&reported.outcome)
            && check.outcome.word() != reported.outcome.word()
    })?;
    let (name, theirs, ours) = (&reported.name, reported.outcome.word(), denied.outcome.word());
    Some(format!("check `{name}`: it says {theirs}, the coordinator finds {ours}"))
}
