//! The machine's sleep: what is held is handed back before it, and after it the leases are asked for at once.

use std::time::Duration;

use hafs_proto::Route;

use super::event::{Effect, Notice};
use super::state::{Mode, Stage, State};

/// Who has run for so long after the news of a sleep has not slept, or has woken up unheard.
const LONGEST: Duration = Duration::from_secs(60);

impl State {
    /// The machine sleeps in a moment: calls off the work and hands it back, for others would wait for its leases to run
    /// out. What is with a provider as a batch goes on there, and is kept.
    pub(super) fn fall_asleep(&mut self, now: Duration, out: &mut Vec<Effect>) {
        if self.asleep.is_some() || self.mode != Mode::Working {
            return;
        }
        self.asleep = Some(now);
        out.push(Effect::Say(Notice::FallingAsleep));
        for (id, held) in &mut self.tasks {
            let is_here = !matches!(held.route, Route::Batch(_));
            if is_here && matches!(held.stage, Stage::Running) {
                held.stage = Stage::Stopping;
                self.to_release.insert(*id, held.token.clone());
                out.push(Effect::Stop(*id));
            }
        }
    }

    /// The machine is awake: asks which leases hold still, whenever that was due, and claims again.
    pub(super) fn wake_up(&mut self, now: Duration, out: &mut Vec<Effect>) {
        // Leases may have run out also where nobody told of the sleep before it.
        self.line.next_call = now;
        if self.asleep.take().is_some() {
            out.push(Effect::Say(Notice::AwakeAgain));
        }
    }

    /// When it is taken to be awake whether somebody says so or not.
    pub(super) fn sleep_ends(&self) -> Option<Duration> {
        self.asleep.map(|since| since + LONGEST)
    }

    /// Begins nothing that is given to it on the brink of sleep.
    pub(super) fn advance_sleep(&mut self, now: Duration, out: &mut Vec<Effect>) {
        match self.sleep_ends() {
            Some(ends) if now >= ends => self.wake_up(now, out),
            Some(_) => self.hand_back_waiting(),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::fixture::*;
    use crate::agent::{Event, Work};

    #[test]
    fn before_a_sleep_all_is_handed_back_and_nothing_is_begun_or_claimed() {
        let (mut rig, claim) = Rig::up(2);
        let given = tasks(vec![claimed(1, "p")]);
        let open = claims(&rig.send(Event::Claimed { claim, answer: given }))[0].claim;
        let effects = rig.send(Event::FallingAsleep);
        assert!(effects.contains(&Effect::Stop(task_id(1))));
        assert_eq!(released(&effects), [task_id(1)]);
        assert_eq!(rig.state.status(rig.now).mode, "asleep");
        rig.send(Event::Released(away()));
        rig.work_ends(1, Work::Stopped { calls: Vec::new() });
        let effects = rig.send(Event::Claimed { claim: open, answer: tasks(vec![claimed(2, "p")]) });
        assert_eq!((started(&effects).len(), claims(&effects).len()), (0, 0));
        assert_eq!(released(&effects), [task_id(2)]);
        assert!(rig.send(Event::FallingAsleep).is_empty(), "once is enough");
    }

    #[test]
    fn after_a_sleep_leases_are_asked_for_at_once_and_tasks_are_claimed_again() {
        let (mut rig, claim) = Rig::up(1);
        rig.send(Event::Claimed { claim, answer: tasks(Vec::new()) });
        rig.send(Event::FallingAsleep);
        let effects = rig.send(Event::Awake);
        assert!(effects.contains(&Effect::Say(Notice::AwakeAgain)));
        assert_eq!(renewals(&effects).len(), 1, "although none was due");
        rig.send(Event::Renewed(renewal()));
        assert!(!claims(&rig.wait(2)).is_empty());
    }

    #[test]
    fn a_sleep_that_did_not_come_or_ended_unheard_is_over_after_a_minute() {
        let (mut rig, _) = Rig::up(1);
        rig.send(Event::FallingAsleep);
        assert_eq!(rig.state.sleep_ends(), Some(rig.now + LONGEST));
        assert!(rig.wait(60).contains(&Effect::Say(Notice::AwakeAgain)));
        assert_eq!(rig.state.sleep_ends(), None);
    }
}
