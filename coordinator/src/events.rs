//! News for whoever listens: a bounded broadcast of events. Nothing depends on it; the library is the truth.

use std::sync::Mutex;
use std::sync::PoisonError;

use hafs_proto::people::{Event, EventKind};
use hafs_proto::{BoundedText, RunId, Timestamp};
use tokio::sync::broadcast;

/// Events kept for slow listeners; who falls further behind is told how many it missed.
const CAPACITY: usize = 1_024;

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
}

/// Where events are published and listened to.
#[derive(Debug)]
pub struct EventBus {
    sender: broadcast::Sender<Event>,
    next: Mutex<u64>,
}

impl Default for EventBus {
    fn default() -> Self {
        Self { sender: broadcast::channel(CAPACITY).0, next: Mutex::new(1) }
    }
}

impl EventBus {
    /// Tells everyone who listens.
    pub fn publish(&self, at: Timestamp, news: &News) {
        // The lock is held while sending, so listeners see the numbers in order.
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let event = Event {
            sequence: *next,
            at,
            kind: news.kind,
            run: news.run,
            about: BoundedText::clipped(&news.about),
            message: BoundedText::clipped(&news.message),
        };
        *next += 1;
        // No listener is no error.
        let _ = self.sender.send(event);
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }
}
