//! The last events, and how one is put into words.

use std::collections::VecDeque;

use hafs_proto::people::Event;

/// Events that are kept.
const MOST: usize = 500;

/// The last events, newest first, and how many came too fast to be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    events: VecDeque<Event>,
    /// Events that were missed.
    pub missed: u64,
}

impl Log {
    /// Takes one in.
    pub fn add(&mut self, event: Event) {
        self.events.push_front(event);
        self.events.truncate(MOST);
    }

    /// The events, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }
}

/// The kind in a word.
#[must_use]
pub fn kind(event: &Event) -> String {
    let word = serde_json::to_value(event.kind).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

/// The time of day, in UTC.
#[must_use]
pub fn clock(event: &Event) -> String {
    let time = event.at.to_string();
    time.get(11..19).unwrap_or(&time).to_owned()
}
