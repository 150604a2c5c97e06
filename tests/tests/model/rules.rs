//! What must hold in every state, and what must happen in some so that the check is not empty.

use hafs_proto::worker::Answer;
use stateright::{Expectation, Property};

use crate::heal;
use crate::message::{Key, Said};
use crate::state::{Rule, Sight, State};
use crate::world::World;

/// All of them.
pub fn all() -> Vec<Property<World>> {
    vec![
        Property::always("no slot is accepted twice", |_, state: &State| {
            state.library.accepted.values().all(|keys| keys.len() <= 1)
        }),
        Property::always("what is acknowledged is in the library", |_, state: &State| {
            state
                .ghost
                .answers
                .iter()
                .all(|(key, said)| *said != Said(Answer::Accepted) || recorded(state, *key))
        }),
        Property::always("a delivery has one effect", |_, state: &State| {
            state.library.recorded.values().all(|times| *times <= 1)
        }),
        Property::always("a delivery gets one answer for ever", |_, state: &State| {
            holds(state, Rule::AnswerChanged)
        }),
        Property::always("only its holder acts on a lease", |_, state: &State| {
            holds(state, Rule::StaleLeaseActed)
        }),
        Property::always("the fencing number of an open task only rises", |_, state: &State| {
            holds(state, Rule::PairWentBack)
        }),
        Property::always("only who had a lease delivers its result", |_, state: &State| {
            holds(state, Rule::ForgeryAccepted)
        }),
        Property::always("no worker is stopped while its task is open", |_, state: &State| {
            holds(state, Rule::StoppedForNothing)
        }),
        Property::always("what was paid for is in the library or in a spool", |_, state: &State| {
            state.workers.iter().all(|(who, worker)| {
                let made = (0..worker.made).map(|made| Key(*who, made));
                made.into_iter().all(|key| recorded(state, key) || worker.spool.contains_key(&key))
            })
        }),
        Property::always("no task is stuck", heal::recovers),
    ]
}

/// What a check should come across.
pub fn sights() -> Vec<Property<World>> {
    vec![
        Property::sometimes(Sight::Adopted.words(), |_, state: &State| saw(state, Sight::Adopted)),
        Property::sometimes(Sight::DuplicateAnswered.words(), |_, state: &State| {
            saw(state, Sight::DuplicateAnswered)
        }),
        Property::sometimes(Sight::LateAccepted.words(), |_, state: &State| saw(state, Sight::LateAccepted)),
        Property::sometimes(Sight::BehindTheLibrary.words(), |_, state: &State| {
            saw(state, Sight::BehindTheLibrary)
        }),
        Property::sometimes(Sight::StaleFailure.words(), |_, state: &State| saw(state, Sight::StaleFailure)),
    ]
}

/// Whether a rule's violation is what was found.
pub fn must_hold(name: &str) -> bool {
    all().iter().any(|rule| rule.name == name && matches!(rule.expectation, Expectation::Always))
}

fn holds(state: &State, rule: Rule) -> bool {
    !state.ghost.broken.contains(&rule)
}

fn recorded(state: &State, key: Key) -> bool {
    state.library.recorded.contains_key(&key)
}

fn saw(state: &State, sight: Sight) -> bool {
    state.ghost.seen.contains(&sight)
}

impl Sight {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Adopted => "a lease of an older generation is adopted",
            Self::DuplicateAnswered => "a second result is a duplicate",
            Self::LateAccepted => "a late result is accepted",
            Self::BehindTheLibrary => "the queue hands out what the library has closed",
            Self::StaleFailure => "a failure comes too late",
        }
    }
}
