//! What is due: when a room becomes a batch, and which batch is looked at next. Decides and calls nobody.

use std::collections::BTreeMap;
use std::time::Duration;

use hafs_proto::Timestamp;

use super::counter::{Item, Most};
use super::ticket::{KEPT, Ticket};

/// Looks at the provider after which a batch that may have been handed in counts as not handed in.
const LOOKS: u32 = 10;

/// When things are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// How long the first call of a batch waits for more.
    pub gather: Duration,
    /// Pause between two looks at a batch.
    pub poll: Duration,
    /// Calls in one batch, at most; providers have limits of their own beside it.
    pub most: usize,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Deed {
    /// Write a ticket for these, and hand them in.
    HandIn(Vec<Item>),
    /// Look for a batch that may have been handed in.
    Find(Ticket),
    /// Look whether a batch has ended.
    Collect(Ticket),
}

/// A ticket in use.
#[derive(Debug)]
struct Open {
    ticket: Ticket,
    /// The calls themselves, until it is certain that the provider has them.
    bodies: BTreeMap<String, Item>,
    looks: u32,
    /// When it is looked at next; nothing while nobody asks for what is in it.
    look_at: Option<Timestamp>,
}

/// Calls that wait for a batch, and batches that are waited for.
#[derive(Debug)]
pub(super) struct Room {
    rhythm: Rhythm,
    most: Most,
    waiting: BTreeMap<String, Item>,
    since: Option<Timestamp>,
    open: BTreeMap<String, Open>,
}

impl Room {
    /// An empty room, with the tickets of an earlier process.
    pub(super) fn new(rhythm: Rhythm, most: Most, tickets: Vec<Ticket>) -> Self {
        let most = Most { items: rhythm.most.min(most.items).max(1), ..most };
        let mut room = Self { rhythm, most, waiting: BTreeMap::new(), since: None, open: BTreeMap::new() };
        for ticket in tickets {
            let name = ticket.name.clone();
            room.open.insert(name, Open { ticket, bodies: BTreeMap::new(), looks: 0, look_at: None });
        }
        room
    }

    /// Takes a call in, unless a batch has it already.
    pub(super) fn enter(&mut self, item: Item, now: Timestamp) {
        let holds = |open: &&mut Open| open.ticket.items.contains(&item.id);
        match self.open.values_mut().find(holds) {
            Some(open) => {
                // It may have ended long ago.
                open.look_at = Some(open.look_at.map_or(now, |at| at.min(now)));
                if open.ticket.batches.is_empty() {
                    open.bodies.insert(item.id.clone(), item);
                }
            }
            None => {
                self.since.get_or_insert(now);
                self.waiting.insert(item.id.clone(), item);
            }
        }
    }

    /// A call is not waited for any more. In a batch it stays: it is paid.
    pub(super) fn leave(&mut self, id: &str) {
        self.waiting.remove(id);
        if self.waiting.is_empty() {
            self.since = None;
        }
    }

    /// What is due now, the oldest first. What it gives is not due again before the pause has passed.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<Deed> {
        if self.gathered_at().is_some_and(|at| at <= now) {
            return Some(Deed::HandIn(self.take(now)));
        }
        let due = self.open.values_mut().filter(|open| open.look_at.is_some_and(|at| at <= now));
        let open = due.min_by_key(|open| open.look_at)?;
        open.look_at = Some(now.plus(self.rhythm.poll));
        let ticket = open.ticket.clone();
        Some(if ticket.batches.is_empty() { Deed::Find(ticket) } else { Deed::Collect(ticket) })
    }

    /// When something will be due next.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let looks = self.open.values().filter_map(|open| open.look_at);
        looks.chain(self.gathered_at()).min()
    }

    /// A batch is about to be handed in: from here on only the provider knows whether it was.
    pub(super) fn begin(&mut self, ticket: Ticket, items: Vec<Item>, now: Timestamp) {
        let bodies = items.into_iter().map(|item| (item.id.clone(), item)).collect();
        let look_at = Some(now.plus(self.rhythm.poll));
        self.open.retain(|_, open| now.since(open.ticket.handed_in) <= KEPT);
        self.open.insert(ticket.name.clone(), Open { ticket, bodies, looks: 0, look_at });
    }

    /// The provider has it, under these names. Gives the ticket to be written.
    pub(super) fn known(&mut self, name: &str, batches: Vec<String>) -> Option<Ticket> {
        let open = self.open.get_mut(name)?;
        open.ticket.batches = batches;
        open.bodies.clear();
        Some(open.ticket.clone())
    }

    /// The provider does not have it, as far as it says. After enough looks that is believed: the calls wait for another
    /// batch, and the answer says that the ticket is void.
    pub(super) fn not_found(&mut self, name: &str, now: Timestamp) -> bool {
        let Some(open) = self.open.get_mut(name) else { return false };
        open.looks += 1;
        if open.looks < LOOKS {
            return false;
        }
        if let Some(open) = self.open.remove(name) {
            open.bodies.into_values().for_each(|item| self.enter(item, now));
        }
        true
    }

    /// The provider refused it.
    pub(super) fn refused(&mut self, name: &str) {
        self.open.remove(name);
    }

    /// Answers of a batch were given to those who wait for them; `spoilt` is what nobody will ever get from it. Gives the
    /// ticket without that, if there is any.
    pub(super) fn given(&mut self, name: &str, answered: &[String], spoilt: &[String]) -> Option<Ticket> {
        let open = self.open.get_mut(name)?;
        open.look_at = None;
        for id in spoilt {
            open.ticket.items.remove(id);
        }
        let left = (!spoilt.is_empty()).then(|| open.ticket.clone());
        // What was given stays on disk, for a process that ends before its reader has kept it; in this one a second
        // question is a new one.
        for id in answered {
            open.ticket.items.remove(id);
        }
        if open.ticket.items.is_empty() {
            self.open.remove(name);
        }
        left
    }

    fn gathered_at(&self) -> Option<Timestamp> {
        let bytes: usize = self.waiting.values().map(Item::bytes).sum();
        let full = self.waiting.len() >= self.most.items || bytes >= self.most.bytes;
        let since = self.since?;
        Some(if full { since } else { since.plus(self.rhythm.gather) })
    }

    /// As many as fit into one batch; one call is always taken. The others go next.
    fn take(&mut self, now: Timestamp) -> Vec<Item> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some((id, item)) = self.waiting.pop_first() {
            bytes += item.bytes();
            if !taken.is_empty() && (taken.len() >= self.most.items || bytes > self.most.bytes) {
                self.waiting.insert(id, item);
                break;
            }
            taken.push(item);
        }
        self.since = (!self.waiting.is_empty()).then_some(now);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const RHYTHM: Rhythm = Rhythm { gather: Duration::from_secs(60), poll: Duration::from_secs(30), most: 3 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000).expect("a time")
    }

    fn item(id: &str) -> Item {
        Item { id: id.to_owned(), body: json!("x") }
    }

    fn room(bytes: usize) -> Room {
        Room::new(RHYTHM, Most { items: 100, bytes }, Vec::new())
    }

    fn ids(deed: Option<Deed>) -> Vec<String> {
        match deed {
            Some(Deed::HandIn(items)) => items.into_iter().map(|item| item.id).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn ticket(items: &[&str], batches: &[&str]) -> Ticket {
        Ticket {
            name: "t".to_owned(),
            items: items.iter().map(ToString::to_string).collect(),
            count: items.len() as u64,
            handed_in: at(0),
            batches: batches.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_batch_is_handed_in_when_its_first_call_has_waited_or_the_room_is_full() {
        let mut room = room(1 << 20);
        room.enter(item("a"), at(0));
        room.enter(item("b"), at(50));
        assert_eq!((room.due(at(59)), room.next_due()), (None, Some(at(60))));
        assert_eq!(ids(room.due(at(60))), ["a", "b"]);
        assert_eq!(room.next_due(), None);
        ["c", "d", "e"].into_iter().for_each(|id| room.enter(item(id), at(70)));
        assert_eq!(ids(room.due(at(70))).len(), 3, "full");
        room.enter(item("f"), at(70));
        room.leave("f");
        assert_eq!(room.next_due(), None, "nobody waits");
    }

    #[test]
    fn who_asks_for_what_a_batch_has_waits_for_that_batch() {
        let mut room = Room::new(RHYTHM, Most { items: 9, bytes: 999 }, vec![ticket(&["a", "b"], &["x"])]);
        room.enter(item("a"), at(5));
        assert_eq!(room.due(at(5)), Some(Deed::Collect(ticket(&["a", "b"], &["x"]))));
        assert_eq!(room.due(at(6)), None, "not before the pause has passed");
        assert_eq!(room.given("t", &["a".to_owned()], &[]), None, "on disk it stays");
        room.enter(item("a"), at(7));
        assert_eq!(ids(room.due(at(67))), ["a"], "a second question is a new one");
        let left = room.given("t", &[], &["b".to_owned()]);
        assert_eq!(
            left,
            Some(ticket(&[], &["x"])).map(|it| Ticket { count: 2, ..it }),
            "what expired is asked anew"
        );
    }

    #[test]
    fn a_batch_that_may_have_been_handed_in_is_looked_for_before_its_calls_are_sent_again() {
        let mut room = room(1 << 20);
        room.enter(item("a"), at(0));
        let taken = match room.due(at(60)) {
            Some(Deed::HandIn(items)) => items,
            other => panic!("{other:?}"),
        };
        room.begin(ticket(&["a"], &[]), taken, at(60));
        for look in 1..=LOOKS {
            let now = at(60 + 30 * i64::from(look));
            assert_eq!(room.due(now), Some(Deed::Find(ticket(&["a"], &[]))));
            assert_eq!(room.not_found("t", now), look == LOOKS);
        }
        assert_eq!(ids(room.due(at(60 + 30 * 10 + 60))), ["a"], "now it is sent again");
    }

    proptest! {
        #[test]
        fn no_call_is_lost_doubled_or_in_a_batch_that_is_too_large(
            sizes in proptest::collection::vec(0_usize..400, 1..30),
        ) {
            let mut room = room(1_000);
            for (nth, size) in sizes.iter().enumerate() {
                room.enter(Item { id: format!("{nth:03}"), body: json!("x".repeat(*size)) }, at(0));
            }
            let mut seen = Vec::new();
            let mut now = 0;
            while let Some(due) = room.next_due() {
                now = (due.as_millis() / 1_000).max(now);
                let Some(Deed::HandIn(items)) = room.due(at(now)) else { panic!("nothing else is due") };
                let bytes: usize = items.iter().map(Item::bytes).sum();
                prop_assert!(!items.is_empty() && items.len() <= 3 && (items.len() == 1 || bytes <= 1_000));
                seen.extend(items.into_iter().map(|item| item.id));
            }
            let all: Vec<String> = (0..sizes.len()).map(|nth| format!("{nth:03}")).collect();
            prop_assert_eq!(seen, all);
        }
    }
}
