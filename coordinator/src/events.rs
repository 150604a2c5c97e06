//! News for whoever listens: a bounded broadcast of events, and the latest of them for whoever was away for a while.
//! Nothing depends on it; the library is the truth.
//!
//! A coordinator that has its library for itself numbers its events and tells them at once. One of several writes them
//! down first: the library puts the events of all in one order, and `reconcile::news` tells them here.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hafs_library::tables::events::Draft;
use hafs_proto::people::{Event, EventKind};
use hafs_proto::{BoundedText, RunId, Timestamp};
use tokio::sync::{Notify, broadcast};

/// Events kept for slow listeners and for those who come back; who falls further behind is told how many it missed.
pub(crate) const CAPACITY: usize = 1_024;

/// One thing to tell.
#[derive(Debug, Clone)]
pub struct News {
    /// What happened.
    pub kind: EventKind,
    /// The run that it belongs to.
    pub run: Option<RunId>,
    /// Id of the thing that it is about.
    pub about: String,
    /// For people.
    pub message: String,
}

impl News {
    /// Something that belongs to no run.
    pub fn new(kind: EventKind, about: impl ToString, message: impl Into<String>) -> Self {
        Self { kind, run: None, about: about.to_string(), message: message.into() }
    }

    /// The same, as a part of a run.
    #[must_use]
    pub const fn of_run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    fn draft(&self, at: Timestamp) -> Draft {
        let (about, message) = (BoundedText::clipped(&self.about), BoundedText::clipped(&self.message));
        Draft { at, kind: self.kind, run: self.run, about, message }
    }
}

/// Where events are published and listened to.
#[derive(Debug)]
pub struct EventBus {
    sender: broadcast::Sender<Event>,
    told: Mutex<Told>,
    outbox: Option<Outbox>,
}

/// What was told.
#[derive(Debug, Default)]
struct Told {
    latest: VecDeque<Event>,
    /// Number of the newest event.
    until: u64,
}

/// What is yet to be written down.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    drafts: Mutex<VecDeque<Draft>>,
    /// There is something.
    pub(crate) filled: Notify,
}

/// A listener, and what it has missed.
#[derive(Debug)]
pub struct Listening {
    /// Number of the event after which it is told everything.
    pub after: u64,
    /// Those of them that are past, as far as they are kept.
    pub before: Vec<Event>,
    /// Events from now on.
    pub next: broadcast::Receiver<Event>,
}

impl EventBus {
    /// Of a coordinator that has its library for itself, or of one of several.
    #[must_use]
    pub fn new(alone: bool) -> Self {
        let outbox = (!alone).then(Outbox::default);
        Self { sender: broadcast::channel(CAPACITY).0, told: Mutex::default(), outbox }
    }

    /// Tells everyone who listens, at other coordinators as well.
    pub fn publish(&self, at: Timestamp, news: &News) {
        let draft = news.draft(at);
        match &self.outbox {
            Some(outbox) => outbox.put(draft),
            None => {
                let mut told = self.told();
                let event = draft.numbered(told.until + 1);
                self.tell_one(&mut told, event);
            }
        }
    }

    /// What is yet to be written down, where there are several coordinators.
    pub(crate) const fn outbox(&self) -> Option<&Outbox> {
        self.outbox.as_ref()
    }

    /// Number of the newest event that was told, or is known to have been.
    pub(crate) fn until(&self) -> u64 {
        self.told().until
    }

    /// Tells events that the library has put in order.
    pub(crate) fn tell(&self, events: Vec<Event>, until: u64) {
        let mut told = self.told();
        for event in events {
            self.tell_one(&mut told, event);
        }
        told.until = told.until.max(until);
    }

    // The lock is held while sending, so listeners see the numbers in order.
    fn tell_one(&self, told: &mut Told, event: Event) {
        if told.latest.len() >= CAPACITY {
            told.latest.pop_front();
        }
        told.until = event.sequence;
        told.latest.push_back(event.clone());
        // No listener is no error.
        let _ = self.sender.send(event);
    }

    /// Listens from now on, or from the event after the one with this number. A number that is yet to come is one of
    /// an earlier life of this coordinator: then everything that it has told is new.
    #[must_use]
    pub fn listen(&self, after: Option<u64>) -> Listening {
        let told = self.told();
        let after = after.map_or(told.until, |after| if after > told.until { 0 } else { after });
        let before = told.latest.iter().filter(|event| event.sequence > after).cloned().collect();
        Listening { after, before, next: self.sender.subscribe() }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbox {
    fn put(&self, draft: Draft) {
        let mut drafts = self.drafts();
        // While the library is away nobody is told anything, and old news matter least.
        if drafts.len() >= CAPACITY {
            drafts.pop_front();
        }
        drafts.push_back(draft);
        self.filled.notify_one();
    }

    /// The oldest, as many as one write takes.
    pub(crate) fn first(&self, count: usize) -> Vec<Draft> {
        self.drafts().iter().take(count).cloned().collect()
    }

    /// These were written down.
    pub(crate) fn forget(&self, written: &[Draft]) {
        let mut drafts = self.drafts();
        for draft in written {
            // One that made room for others is not the first any more.
            if drafts.front() == Some(draft) {
                drafts.pop_front();
            }
        }
    }

    fn drafts(&self) -> MutexGuard<'_, VecDeque<Draft>> {
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(number: usize) -> News {
        News::new(EventKind::Exported, number, "a data set")
    }

    fn numbers(events: &[Event]) -> Vec<u64> {
        events.iter().map(|event| event.sequence).collect()
    }

    #[test]
    fn who_comes_back_is_told_what_it_has_missed() {
        let bus = EventBus::new(true);
        (0..5).for_each(|number| bus.publish(Timestamp::EPOCH, &news(number)));
        assert_eq!(numbers(&bus.listen(None).before), [0; 0], "a newcomer hears what comes");
        assert_eq!(numbers(&bus.listen(Some(3)).before), [4, 5]);
        assert_eq!(numbers(&bus.listen(Some(5)).before), [0; 0]);
        assert_eq!(numbers(&bus.listen(Some(900)).before), [1, 2, 3, 4, 5], "a number of an earlier life");
    }

    #[test]
    fn no_more_is_kept_than_was_promised() {
        let bus = EventBus::new(true);
        (0..CAPACITY + 5).for_each(|number| bus.publish(Timestamp::EPOCH, &news(number)));
        let before = bus.listen(Some(1)).before;
        assert_eq!((before.len(), before[0].sequence), (CAPACITY, 6));
    }

    #[test]
    fn one_of_several_coordinators_tells_nothing_before_the_library_has_put_it_in_order() {
        let bus = EventBus::new(false);
        let mut listening = bus.listen(None);
        bus.publish(Timestamp::EPOCH, &news(1));
        assert!(listening.next.try_recv().is_err());
        let outbox = bus.outbox().expect("is shared");
        let first = outbox.first(8);
        let others = news(2).draft(Timestamp::EPOCH).numbered(41);
        bus.tell(vec![others, first[0].clone().numbered(42)], 42);
        outbox.forget(&first);
        assert!(outbox.first(8).is_empty());
        assert_eq!(listening.next.try_recv().map(|event| event.sequence), Ok(41));
        assert_eq!((bus.until(), numbers(&bus.listen(Some(41)).before)), (42, vec![42]));
    }

    #[test]
    fn an_outbox_that_overflows_loses_the_oldest_and_nothing_that_was_not_written_down() {
        let bus = EventBus::new(false);
        let outbox = bus.outbox().expect("is shared");
        bus.publish(Timestamp::EPOCH, &news(0));
        let being_written = outbox.first(8);
        (1..=CAPACITY).for_each(|number| bus.publish(Timestamp::EPOCH, &news(number)));
        outbox.forget(&being_written);
        let kept = outbox.first(CAPACITY * 2);
        assert_eq!((kept.len(), kept[0].about.as_str()), (CAPACITY, "1"));
    }
}
