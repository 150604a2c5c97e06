//! Which process may use a worker's credential: a copy of it in a second living process is noticed.
//!
//! Every process of a worker draws a random text, its *instance*, names it when it registers, and sends it with
//! every call. A registration alone cannot tell a restart after a crash from a copy: in both cases a new instance
//! comes while the one before was heard of a moment ago. So the later registration always wins, and what proves a
//! copy is that the earlier instance *speaks again*: a process that crashed never does.

use hafs_proto::{BoundedText, Timestamp};

/// Random text of one process's life.
pub type Instance = BoundedText<64>;

/// Earlier instances that are remembered for each worker. An older one that speaks has to register, and wins.
pub const REMEMBERED: u32 = 16;

/// The instances of one worker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lineage {
    /// The one that registered last.
    pub current: Option<Instance>,
    /// Those before it, latest first.
    pub past: Vec<Past>,
}

/// An instance that another one has taken the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Which.
    pub instance: Instance,
    /// When it first spoke after that: proof of a copy.
    pub spoke_at: Option<Timestamp>,
}

/// What a registration means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The first of this worker.
    First,
    /// The current instance once more: its answer was lost, the coordinator was restarted, or its capabilities have
    /// changed.
    Again,
    /// A new instance: it takes the current one's place.
    Successor,
    /// An instance whose place was taken. It is refused, or two copies would take the place from each other for ever.
    Superseded,
}

/// What a call other than a registration means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The current instance.
    Current,
    /// A worker of a release that does not tell: nothing can be known.
    Untold,
    /// An instance whose place was taken, and which lives: the credential was copied.
    Superseded,
    /// An instance that never registered, or so long ago that it is forgotten: it has to register.
    Stranger,
}

impl Lineage {
    /// What it means that `newcomer` registers.
    #[must_use]
    pub fn arrival(&self, newcomer: &Instance) -> Arrival {
        match &self.current {
            None => Arrival::First,
            Some(current) if current == newcomer => Arrival::Again,
            Some(_) if self.remembers(newcomer) => Arrival::Superseded,
            Some(_) => Arrival::Successor,
        }
    }

    /// What it means that a call comes from the instance that was `told`, if one was.
    #[must_use]
    pub fn standing(&self, told: Option<&Instance>) -> Standing {
        match told {
            None => Standing::Untold,
            Some(told) if self.current.as_ref() == Some(told) => Standing::Current,
            Some(told) if self.remembers(told) => Standing::Superseded,
            Some(_) => Standing::Stranger,
        }
    }

    /// The lineage after `newcomer` has registered; the same when it was refused.
    #[must_use]
    pub fn after(mut self, newcomer: &Instance) -> Self {
        match self.arrival(newcomer) {
            Arrival::Again | Arrival::Superseded => {}
            Arrival::First | Arrival::Successor => {
                let replaced = self.current.replace(newcomer.clone());
                let replaced = replaced.map(|instance| Past { instance, spoke_at: None });
                self.past = replaced.into_iter().chain(self.past).take(REMEMBERED as usize).collect();
            }
        }
        self
    }

    /// Notes that a superseded instance has spoken. Whether that is news: each is told of once.
    pub fn heard(&mut self, instance: &Instance, now: Timestamp) -> bool {
        let past = self.past.iter_mut().find(|past| past.instance == *instance && past.spoke_at.is_none());
        past.map(|past| past.spoke_at = Some(now)).is_some()
    }

    /// When the latest copy was noticed.
    #[must_use]
    pub fn cloned_at(&self) -> Option<Timestamp> {
        self.past.iter().filter_map(|past| past.spoke_at).max()
    }

    fn remembers(&self, instance: &Instance) -> bool {
        self.past.iter().any(|past| past.instance == *instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn instance(number: usize) -> Instance {
        Instance::clipped(&format!("instance-{number}"))
    }

    fn lineage(registered: &[usize]) -> Lineage {
        registered.iter().fold(Lineage::default(), |lineage, number| lineage.after(&instance(*number)))
    }

    #[test]
    fn a_worker_that_restarts_after_a_crash_is_no_clone() {
        let crashed_twice = lineage(&[1, 2, 3]);
        assert_eq!(crashed_twice.standing(Some(&instance(3))), Standing::Current);
        assert_eq!(crashed_twice.cloned_at(), None);
        assert_eq!(lineage(&[1]).arrival(&instance(1)), Arrival::Again, "the coordinator was restarted");
    }

    #[test]
    fn the_later_registration_wins_and_the_earlier_instance_is_a_clone_once_it_speaks() {
        let mut copied = lineage(&[1, 2]);
        assert_eq!(copied.standing(Some(&instance(1))), Standing::Superseded);
        assert_eq!(copied.arrival(&instance(1)), Arrival::Superseded, "or the two would never stop");
        assert!(copied.heard(&instance(1), Timestamp::EPOCH));
        assert!(!copied.heard(&instance(1), Timestamp::EPOCH), "one report for each");
        assert_eq!(copied.cloned_at(), Some(Timestamp::EPOCH));
        assert!(!copied.heard(&instance(2), Timestamp::EPOCH), "the current one is none");
    }

    #[test]
    fn the_earlier_process_started_anew_is_a_new_instance_and_wins_again() {
        let both = lineage(&[1, 2]).after(&instance(3));
        assert_eq!(both.standing(Some(&instance(2))), Standing::Superseded);
        assert_eq!(both.standing(Some(&instance(3))), Standing::Current);
    }

    #[test]
    fn a_worker_that_does_not_tell_is_let_through_and_a_stranger_has_to_register() {
        assert_eq!(lineage(&[1]).standing(None), Standing::Untold);
        assert_eq!(lineage(&[1]).standing(Some(&instance(9))), Standing::Stranger);
        assert_eq!(Lineage::default().standing(Some(&instance(1))), Standing::Stranger);
    }

    proptest! {
        #[test]
        fn whatever_registers_at_most_one_instance_is_current_and_the_past_is_bounded(
            registered in proptest::collection::vec(0_usize..40, 0..80),
        ) {
            let lineage = lineage(&registered);
            prop_assert!(lineage.past.len() <= REMEMBERED as usize);
            let current = (0..40).filter(|n| lineage.standing(Some(&instance(*n))) == Standing::Current).count();
            prop_assert_eq!(current, usize::from(!registered.is_empty()));
        }
    }
}
