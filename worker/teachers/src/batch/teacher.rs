//! The teacher whose calls go into batches.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hafs_proto::{ContentHash, TeacherName, Timestamp};
use serde_json::Value;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::counter::{Counter, Ended, Ending, Item, Missed};
use super::room::{Deed, Rhythm, Room};
use super::ticket::{Drawer, Ticket};
use crate::call::{Answer, CallFailure, ChatRequest, Identity, Reply};
use crate::http::Limit;
use crate::teacher::Teacher;
use crate::wire::{Dialect, DialectMemory, Streaming, Wire, read_whole};

/// Tells the time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The longest that one call to the provider about a batch may take.
const CALL: Duration = Duration::from_secs(300);
/// Letters of a call's id: short enough for every provider, too many to meet twice.
const ID_LETTERS: usize = 48;
/// Letters of a batch's name.
const NAME_LETTERS: usize = 24;

/// Where tickets lie, what the time is, and when things are done.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) now: Now,
    pub(crate) rhythm: Rhythm,
}

/// A model of a provider, asked in batches.
pub(crate) struct BatchTeacher<W> {
    identity: Identity,
    wire: W,
    dialect: DialectMemory,
    counter: Box<dyn Counter>,
    drawer: Arc<Drawer>,
    now: Now,
    floor: Mutex<Floor>,
    /// Held by the one of those who wait that does what is due.
    lead: tokio::sync::Mutex<()>,
    news: Notify,
}

/// The room, and who waits for what in it.
struct Floor {
    room: Room,
    readers: BTreeMap<String, Vec<oneshot::Sender<Ending>>>,
}

impl Floor {
    /// What those who wait for this batch are told, and the ticket without what nobody will ever get from it, if there is
    /// any. In one go: who comes later starts another look.
    fn sort(&mut self, ticket: &Ticket, mut ended: Ended) -> (Vec<(String, Ending)>, Option<Ticket>) {
        let (mut answers, mut spoilt) = (Vec::new(), Vec::new());
        for id in &ticket.items {
            let ending = ended.items.remove(id).unwrap_or_else(|| Err(ended.rest.clone()));
            if ending.is_err() {
                spoilt.push(id.clone());
            }
            if self.readers.contains_key(id) {
                answers.push((id.clone(), ending));
            }
        }
        let answered: Vec<String> = answers.iter().map(|(id, _)| id.clone()).collect();
        let left = self.room.given(&ticket.name, &answered, &spoilt);
        (answers, left)
    }
}

impl<W: Wire> BatchTeacher<W> {
    /// Reads the tickets of earlier processes; calls nobody.
    ///
    /// # Errors
    /// When the folder of tickets cannot be used.
    pub(crate) fn open(
        identity: Identity,
        wire: W,
        counter: Box<dyn Counter>,
        place: Place,
    ) -> io::Result<Self> {
        let (drawer, tickets) = Drawer::open(place.folder, (place.now)())?;
        let room = Room::new(place.rhythm, counter.most(), tickets);
        Ok(Self {
            dialect: DialectMemory::new(wire.fullest()),
            identity,
            wire,
            counter,
            drawer: Arc::new(drawer),
            now: place.now,
            floor: Mutex::new(Floor { room, readers: BTreeMap::new() }),
            lead: tokio::sync::Mutex::new(()),
            news: Notify::new(),
        })
    }

    fn floor(&self) -> MutexGuard<'_, Floor> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self, request: &ChatRequest, limit: Limit<'_>) -> Result<Answer, CallFailure> {
        let item = self.item(request);
        let id = item.id.clone();
        let mut reader = self.enter(item);
        loop {
            let due = self.floor().room.next_due();
            tokio::select! {
                biased;
                () = limit.cancel.cancelled() => {
                    self.leave(&id);
                    return Err(CallFailure::cancelled());
                }
                ending = &mut reader => {
                    // It may have been put down once more for what it has now.
                    self.floor().room.leave(&id);
                    let gone = |_| Err(CallFailure::transient("whoever worked on the batch has ended"));
                    return self.read(ending.unwrap_or_else(gone), request);
                }
                () = tokio::time::sleep_until(limit.deadline) => {
                    self.leave(&id);
                    return Err(CallFailure::timeout("the batch has not ended within the time for a call of it"));
                }
                () = self.news.notified() => {}
                _lead = self.lead(due) => self.turn(limit.cancel).await,
            }
        }
    }

    fn item(&self, request: &ChatRequest) -> Item {
        let hash = request.prompt_hash(&self.identity.name).to_string();
        let letters = hash.chars().rev().filter(char::is_ascii_alphanumeric);
        let dialect = Dialect { streaming: Streaming::Off, ..self.dialect.recall() };
        let mut body = self.wire.render(self.identity.name.model(), request, dialect);
        if let Some(fields) = body.as_object_mut() {
            fields.remove("stream");
        }
        Item { id: letters.take(ID_LETTERS).collect(), body }
    }

    fn enter(&self, item: Item) -> oneshot::Receiver<Ending> {
        let (sender, reader) = oneshot::channel();
        let mut floor = self.floor();
        floor.readers.entry(item.id.clone()).or_default().push(sender);
        floor.room.enter(item, (self.now)());
        drop(floor);
        // Whoever sleeps until the next deed looks again: there may be an earlier one now.
        self.news.notify_waiters();
        reader
    }

    /// The call's own reader is closed by whoever calls this; others may wait for the same.
    fn leave(&self, id: &str) {
        let mut floor = self.floor();
        let alone = floor.readers.get(id).is_none_or(|readers| readers.len() <= 1);
        if alone {
            floor.readers.remove(id);
            floor.room.leave(id);
        }
    }

    /// Waits until something is due, and for one's turn to do it.
    async fn lead(&self, due: Option<Timestamp>) -> tokio::sync::MutexGuard<'_, ()> {
        match due {
            Some(due) => tokio::time::sleep(due.since((self.now)())).await,
            None => std::future::pending().await,
        }
        self.lead.lock().await
    }

    /// Does everything that is due.
    async fn turn(&self, cancel: &CancellationToken) {
        loop {
            let deed = self.floor().room.due((self.now)());
            let limit = Limit { deadline: Instant::now() + CALL, cancel };
            match deed {
                Some(Deed::HandIn(items)) => self.hand_in(items, limit).await,
                Some(Deed::Find(ticket)) => self.find(&ticket, limit).await,
                Some(Deed::Collect(ticket)) => self.collect(&ticket, limit).await,
                None => return,
            }
            if cancel.is_cancelled() {
                return;
            }
        }
    }

    /// The ticket is on disk before the provider hears of the batch.
    async fn hand_in(&self, items: Vec<Item>, limit: Limit<'_>) {
        let now = (self.now)();
        let ticket = ticket(&items, now);
        let name = ticket.name.clone();
        self.floor().room.begin(ticket.clone(), items.clone(), now);
        if let Err(failure) = self.put(ticket).await {
            self.floor().room.refused(&name);
            return self.give(items.iter().map(|item| (item.id.clone(), Err(failure.clone()))));
        }
        match self.counter.hand_in(&name, &items, limit).await {
            Ok(batch) => {
                tracing::info!(teacher.name = %self.identity.name, batch.id = batch, calls = items.len(), "a batch of {} calls was handed in", items.len());
                self.known(&name, vec![batch]).await;
            }
            Err(Missed::Refused(failure)) => {
                self.floor().room.refused(&name);
                self.drawer.throw_away(&name);
                self.give(items.iter().map(|item| (item.id.clone(), Err(failure.clone()))));
            }
            Err(Missed::Unknown(failure)) => {
                tracing::warn!(teacher.name = %self.identity.name, %failure, "a batch may have been handed in; it is looked for");
            }
        }
    }

    async fn find(&self, ticket: &Ticket, limit: Limit<'_>) {
        match self.counter.find(ticket, limit).await {
            Ok(found) if found.is_empty() => self.not_found(ticket),
            Ok(found) => self.known(&ticket.name, found).await,
            // A server that has no list of batches will not say more tomorrow.
            Err(failure) if matches!(failure.status, Some(404 | 405 | 501)) => self.not_found(ticket),
            Err(failure) => self.put_off(ticket, &failure),
        }
    }

    fn not_found(&self, ticket: &Ticket) {
        if self.floor().room.not_found(&ticket.name, (self.now)()) {
            self.drawer.throw_away(&ticket.name);
        }
    }

    async fn known(&self, name: &str, batches: Vec<String>) {
        let ticket = self.floor().room.known(name, batches);
        if let Some(ticket) = ticket {
            // Without it the batch is looked for again after a restart.
            if let Err(failure) = self.put(ticket).await {
                self.say(&failure);
            }
        }
    }

    async fn collect(&self, ticket: &Ticket, limit: Limit<'_>) {
        let mut found: Option<Ended> = None;
        for batch in &ticket.batches {
            match self.counter.collect(batch, limit).await {
                Ok(Some(ended)) => match &mut found {
                    Some(found) => found.items.extend(ended.items),
                    None => found = Some(ended),
                },
                Ok(None) => return,
                // A batch that the provider does not know any more has no answers.
                Err(failure) if failure.status == Some(404) => {
                    found.get_or_insert_with(|| Ended { items: BTreeMap::new(), rest: failure });
                }
                Err(failure) => return self.put_off(ticket, &failure),
            }
        }
        if let Some(ended) = found {
            self.hand_out(ticket, ended).await;
        }
    }

    /// Gives each reader its answer. Answers that nobody waits for are fetched again when somebody does.
    async fn hand_out(&self, ticket: &Ticket, ended: Ended) {
        let (answers, left) = self.floor().sort(ticket, ended);
        match left {
            Some(left) if left.items.is_empty() => self.drawer.throw_away(&left.name),
            Some(left) => {
                if let Err(failure) = self.put(left).await {
                    self.say(&failure);
                }
            }
            None => {}
        }
        self.give(answers);
    }

    fn give(&self, endings: impl IntoIterator<Item = (String, Ending)>) {
        for (id, ending) in endings {
            let readers = self.floor().readers.remove(&id).unwrap_or_default();
            for reader in readers {
                // Whoever has left does not want it.
                let _ = reader.send(ending.clone());
            }
        }
    }

    async fn put(&self, ticket: Ticket) -> Result<(), CallFailure> {
        let drawer = Arc::clone(&self.drawer);
        let written = tokio::task::spawn_blocking(move || drawer.put(&ticket)).await;
        let written = written.unwrap_or_else(|_| Err(io::Error::other("the writing thread hit a defect")));
        written.map_err(|error| {
            CallFailure::transient(format!("the ticket of a batch could not be written: {error}"))
        })
    }

    /// The provider does not say what became of a batch; it is looked at again. A key that is refused will be refused at the
    /// next look too, so those who wait are told, and with them whoever can mend it. The ticket stays: who asks again waits
    /// for the same batch, and nothing is paid twice.
    fn put_off(&self, ticket: &Ticket, failure: &CallFailure) {
        self.say(failure);
        if matches!(failure.status, Some(401 | 403)) {
            self.give(ticket.items.iter().map(|id| (id.clone(), Err(failure.clone()))));
        }
    }

    fn say(&self, failure: &CallFailure) {
        tracing::warn!(teacher.name = %self.identity.name, %failure, "a batch could not be looked at; it is tried again");
    }

    fn read(&self, ending: Ending, request: &ChatRequest) -> Result<Answer, CallFailure> {
        let body: Value = ending.inspect_err(|failure| self.learn(failure, request))?;
        Ok(read_whole::<W::Reading>("a call of a batch", body))
    }

    /// What the provider refuses of a call is left out of the next one.
    fn learn(&self, refusal: &CallFailure, request: &ChatRequest) {
        if matches!(refusal.status, Some(400 | 422)) {
            let next = self.dialect.recall().after_refusal(&refusal.message, request.schema.is_some());
            next.into_iter().for_each(|next| self.dialect.learn(next));
        }
    }
}

fn ticket(items: &[Item], now: Timestamp) -> Ticket {
    let at = now.as_millis().to_string();
    let parts = items.iter().map(|item| item.id.as_str()).chain([at.as_str()]);
    let hash = ContentHash::of_parts(parts).to_string();
    let letters: String = hash.chars().rev().filter(char::is_ascii_alphanumeric).take(NAME_LETTERS).collect();
    Ticket {
        name: format!("hafs-{letters}"),
        items: items.iter().map(|item| item.id.clone()).collect(),
        count: items.len() as u64,
        handed_in: now,
        batches: Vec::new(),
    }
}

#[async_trait]
impl<W: Wire> Teacher for BatchTeacher<W> {
    fn name(&self) -> &TeacherName {
        &self.identity.name
    }

    async fn chat(&self, request: &ChatRequest, cancel: &CancellationToken) -> Reply {
        let started = Instant::now();
        let limit = Limit { deadline: started + request.deadline, cancel };
        let answer = self.wait(request, limit).await.unwrap_or_else(Answer::failed);
        self.identity.reply(request, started, answer)
    }
}

#[cfg(test)]
mod tests;
