//! The log: entries that survive a power cut, written in groups.
//!
//! Whoever comes first writes at once; those who come while it waits for the disk form the next group, which one of
//! them writes for all. So a single entry is not delayed, and many share one sync.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedMutexGuard, oneshot};

use super::disk;
use super::error::Damage;
use super::index::{Index, Place};
use super::line::{self, Entry, Line};
use super::segments::{self, Segments};

/// Where lines go that cannot be read.
const CORRUPT: &str = "corrupt";

/// Tries to read an entry, which may be moved meanwhile.
const READS: usize = 3;

/// What became of an order.
pub(super) type Written = Result<(), Arc<io::Error>>;

#[derive(Debug)]
enum Order {
    Keep(Entry),
    Drop(Vec<String>),
}

#[derive(Debug)]
struct Waiting {
    order: Order,
    done: oneshot::Sender<Written>,
}

/// The entries of one folder.
#[derive(Debug)]
pub(super) struct Log {
    folder: PathBuf,
    index: Mutex<Index>,
    /// As many as there are callers: each waits for its answer.
    queue: Mutex<Vec<Waiting>>,
    segments: Arc<tokio::sync::Mutex<Segments>>,
}

impl Log {
    /// Opens the log in `folder`. Lines that cannot be read are copied to `corrupt/`; what is whole is kept.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let (segments, found) = Segments::open(folder)?;
        let log = Self {
            folder: folder.to_owned(),
            index: Mutex::default(),
            queue: Mutex::default(),
            segments: Arc::new(tokio::sync::Mutex::new(segments)),
        };
        for segment in found {
            log.scan(segment)?;
        }
        Ok(log)
    }

    fn scan(&self, segment: u64) -> io::Result<()> {
        let path = segments::path(&self.folder, segment);
        let bytes = fs::read(&path)?;
        let mut index = locked(&self.index);
        let mut at = 0;
        for raw in bytes.split_inclusive(|byte| *byte == b'\n') {
            let place = Place { segment, at, len: raw.len() as u64 };
            at += place.len;
            match line::decode(raw) {
                Ok(Line::Entry(entry)) => index.put(entry.key, place),
                Ok(Line::Gone(key)) => drop(index.remove(&key)),
                Err(damage) => match self.set_aside(place, raw, &damage) {
                    // A line that was cut short would swallow the next note.
                    Ok(()) if damage == Damage::Cut => {
                        File::options().write(true).open(&path)?.set_len(place.at)?
                    }
                    Ok(()) => {}
                    Err(_) => index.pin(segment),
                },
            }
        }
        index.grow(segment, at);
        Ok(())
    }

    /// Copies a line that cannot be read to where a person can look at it.
    fn set_aside(&self, place: Place, raw: &[u8], damage: &Damage) -> io::Result<()> {
        let name = format!("{:010}-{}.line", place.segment, place.at);
        let path = self.folder.join(CORRUPT).join(&name);
        let kept = disk::write_durably(&self.folder.join(CORRUPT), &name, raw);
        match &kept {
            Ok(()) => {
                tracing::error!(spool.file = %path.display(), %damage, "a line of the spool is damaged ({damage}); it is kept in {CORRUPT}/")
            }
            Err(error) => {
                tracing::error!(%error, %damage, "a line of the spool is damaged ({damage}) and could not be moved to {CORRUPT}/")
            }
        }
        kept
    }

    /// The keys of all entries.
    pub(super) fn keys(&self) -> Vec<String> {
        locked(&self.index).keys()
    }

    /// Reads an entry; `None` when there is none, or it is damaged, which is logged. Blocks on the disk.
    pub(super) fn read(&self, key: &str) -> Option<Entry> {
        let mut last = None;
        for _ in 0..READS {
            let place = locked(&self.index).place(key).filter(|place| last != Some(*place))?;
            if let Some(entry) = self.read_at(key, place) {
                return Some(entry);
            }
            last = Some(place);
            self.give_up(key, place);
        }
        None
    }

    fn read_at(&self, key: &str, place: Place) -> Option<Entry> {
        match line::decode(&self.raw(place).ok()?) {
            Ok(Line::Entry(entry)) if entry.key == key => Some(entry),
            Ok(Line::Entry(_) | Line::Gone(_)) | Err(_) => None,
        }
    }

    fn raw(&self, place: Place) -> io::Result<Vec<u8>> {
        let mut file = File::open(segments::path(&self.folder, place.segment))?;
        file.seek(SeekFrom::Start(place.at))?;
        let mut raw = Vec::new();
        file.take(place.len).read_to_end(&mut raw)?;
        Ok(raw)
    }

    /// An entry cannot be read where it should be: sets its line aside, unless it was moved meanwhile.
    fn give_up(&self, key: &str, place: Place) {
        if locked(&self.index).place(key) != Some(place) {
            return;
        }
        let raw = self.raw(place).unwrap_or_default();
        if self.set_aside(place, &raw, &Damage::Checksum).is_ok() {
            locked(&self.index).remove(key);
        }
    }

    /// Keeps an entry. Returns when a power cut cannot undo it, or with why it could not be kept.
    pub(super) async fn keep(self: &Arc<Self>, entry: Entry) -> Written {
        self.order(Order::Keep(entry)).await
    }

    /// Forgets entries. A power cut may bring them back.
    pub(super) async fn drop_all(self: &Arc<Self>, keys: Vec<String>) -> Written {
        self.order(Order::Drop(keys)).await
    }

    async fn order(self: &Arc<Self>, order: Order) -> Written {
        let (done, mut answer) = oneshot::channel();
        locked(&self.queue).push(Waiting { order, done });
        let segments = self.segments.clone().lock_owned().await;
        if let Ok(written) = answer.try_recv() {
            return written;
        }
        let log = self.clone();
        let group = tokio::task::spawn_blocking(move || log.write_group(segments)).await;
        let unanswered = |_| Err(Arc::new(io::Error::other("the write was given up")));
        group.map_err(|error| Arc::new(io::Error::other(error)))?;
        answer.try_recv().unwrap_or_else(unanswered)
    }

    /// Writes for all that wait.
    fn write_group(&self, mut segments: OwnedMutexGuard<Segments>) {
        let (mut entries, mut gone, mut keepers, mut droppers) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for Waiting { order, done } in std::mem::take(&mut *locked(&self.queue)) {
            match order {
                Order::Keep(entry) => {
                    entries.push(entry);
                    keepers.push(done);
                }
                Order::Drop(keys) => {
                    gone.extend(keys);
                    droppers.push(done);
                }
            }
        }
        self.drop_now(&mut segments, &gone);
        let kept = self.keep_now(&mut segments, &entries).map_err(Arc::new);
        self.tidy(&mut segments);
        // Answered before the next one comes to write, who would take a missing answer for work. Who has gone away
        // needs none.
        keepers.into_iter().for_each(|done| drop(done.send(kept.clone())));
        droppers.into_iter().for_each(|done| drop(done.send(Ok(()))));
        drop(segments);
    }

    fn keep_now(&self, segments: &mut Segments, entries: &[Entry]) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = entries.iter().map(line::encode).collect();
        let Place { segment, mut at, len } = segments.append(lines.concat().as_bytes())?;
        let mut index = locked(&self.index);
        index.grow(segment, len);
        for (entry, line) in entries.iter().zip(lines) {
            let place = Place { segment, at, len: line.len() as u64 };
            at += place.len;
            index.put(entry.key.clone(), place);
        }
        Ok(())
    }

    /// Takes entries out. What cannot be noted is told again after the next start, and gets the same answer.
    fn drop_now(&self, segments: &mut Segments, keys: &[String]) {
        let gone: Vec<(u64, &String)> = {
            let mut index = locked(&self.index);
            keys.iter().filter_map(|key| Some((index.remove(key)?.segment, key))).collect()
        };
        self.sweep(segments);
        for run in gone.chunk_by(|a, b| a.0 == b.0) {
            let segment = run[0].0;
            if !locked(&self.index).holds(segment) {
                continue;
            }
            let notes: String = run.iter().map(|(_, key)| line::encode_gone(key)).collect();
            match segments.note(segment, notes.as_bytes()) {
                Ok(()) => locked(&self.index).grow(segment, notes.len() as u64),
                Err(error) => {
                    tracing::debug!(%error, "answered results could not be struck out in the spool")
                }
            }
        }
    }

    fn sweep(&self, segments: &mut Segments) {
        let dead = locked(&self.index).take_dead();
        for segment in dead {
            if let Err(error) = segments.clear(segment) {
                tracing::warn!(%error, "segment {segment} of the spool is not needed any more but could not be deleted");
            }
        }
    }

    /// Moves what is needed out of a segment that is mostly waste, and deletes what nobody needs.
    fn tidy(&self, segments: &mut Segments) {
        let wasteful = locked(&self.index).wasteful(segments.current());
        if let Some(segment) = wasteful {
            let keys = locked(&self.index).keys_in(segment);
            let entries: Vec<Entry> = keys.iter().filter_map(|key| self.read(key)).collect();
            if let Err(error) = self.keep_now(segments, &entries) {
                tracing::debug!(%error, "the spool could not be tidied");
            }
        }
        self.sweep(segments);
    }

    /// Keeps entries while nobody else has the log yet.
    pub(super) fn keep_first(&self, entries: &[Entry]) -> io::Result<()> {
        let mut segments = self.segments.try_lock().map_err(io::Error::other)?;
        self.keep_now(&mut segments, entries)
    }

    /// Forgets entries while nobody else has the log yet, and deletes what nobody needs.
    pub(super) fn drop_first(&self, keys: &[String]) {
        if let Ok(mut segments) = self.segments.try_lock() {
            self.drop_now(&mut segments, keys);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each holder leaves the value whole between any two of its steps, so a panic elsewhere does no harm.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::line::Kind;

    fn entry(key: String, bytes: usize) -> Entry {
        Entry { kind: Kind::Completion, key, body: "x".repeat(bytes) }
    }

    #[tokio::test]
    async fn stragglers_are_moved_so_that_they_do_not_keep_what_was_answered_beside_them() {
        let dir = tempfile::tempdir().expect("a folder");
        disk::make_private_folder(&dir.path().join(CORRUPT)).expect("a folder");
        let log = Arc::new(Log::open(dir.path()).expect("opens"));
        for number in 0..20 {
            log.keep(entry(format!("small-{number}"), 100)).await.expect("kept");
            log.keep(entry(format!("large-{number}"), 4 * 1024 * 1024)).await.expect("kept");
            log.drop_all(vec![format!("large-{number}")]).await.expect("dropped");
        }
        let files = fs::read_dir(dir.path()).expect("lists").map(|entry| entry.expect("an entry"));
        let bytes: u64 = files.map(|file| file.metadata().expect("is there").len()).sum();
        assert!(bytes < 72 * 1024 * 1024, "{bytes} bytes are held");
        drop(log);
        let log = Log::open(dir.path()).expect("opens");
        assert_eq!(log.keys().len(), 20);
        assert!((0..20).all(|number| log.read(&format!("small-{number}")).is_some()));
    }
}
