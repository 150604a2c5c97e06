//! The last events of this process, in memory, for a report of trouble. What is kept may leave the machine, so it holds no
//! text of others: numbers, ids of ours, and sentences of crates that write them without anything in them.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use hafs_proto::people::LogLine;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use crate::clock::{Clock as _, SystemClock};

/// Events kept; the oldest goes when another comes.
pub const KEPT: usize = 500;
/// Crates whose sentences are the same at each event: what differs stands in fields. A test reads their sources.
pub const PLAIN: [&str; 4] = ["hafs_coordinator", "hafs_library", "hafs_queue", "hafs_domain"];

static LAST: Mutex<VecDeque<LogLine>> = Mutex::new(VecDeque::new());

/// The last events at `info` and above, the oldest first.
#[must_use]
pub fn lines() -> Vec<LogLine> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

/// Keeps what is logged.
#[derive(Debug)]
pub(crate) struct Keep;

impl<S: Subscriber> Layer<S> for Keep {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > Level::INFO {
            return;
        }
        let line = line(event);
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(line);
    }
}

fn line(event: &Event<'_>) -> LogLine {
    let meta = event.metadata();
    let mut told = Told::default();
    event.record(&mut told);
    let krate = meta.target().split("::").next().unwrap_or_default();
    let place = meta.file().zip(meta.line()).map(|(file, line)| format!("{}:{line}", within(file)));
    LogLine {
        at: SystemClock.now(),
        level: meta.level().to_string(),
        module: meta.target().to_owned(),
        place,
        message: told.message.filter(|_| PLAIN.contains(&krate)),
        fields: told.fields,
    }
}

/// A path of the sources without the folder that they were built in, or that of the registry.
fn within(file: &str) -> &str {
    let folder =
        if std::path::Path::new(file).is_absolute() { file.rfind("/src/").map(|at| at + 1) } else { None };
    folder.map_or(file, |at| &file[at..])
}

/// What an event says.
#[derive(Default)]
struct Told {
    message: Option<String>,
    fields: BTreeMap<String, String>,
}

impl Told {
    fn number(&mut self, field: &Field, number: impl ToString) {
        self.fields.insert(field.name().to_owned(), number.to_string());
    }

    fn text(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = Some(text);
            return;
        }
        let told = if is_id(&text) { text } else { format!("({} characters)", text.chars().count()) };
        self.fields.insert(field.name().to_owned(), told);
    }
}

impl Visit for Told {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, format!("{value:?}"));
    }
}

/// Whether a text is one of our ids: a word and 32 hexadecimal digits, which nobody chooses.
fn is_id(text: &str) -> bool {
    let Some((word, digits)) = text.split_once('_') else { return false };
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (1..=12).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_lowercase())
        && digits.len() == 32
        && digits.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// What was kept of the events that `speak` makes.
    fn kept(speak: impl FnOnce()) -> Vec<LogLine> {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Keep), speak);
        lines().into_iter().filter(|line| line.module.ends_with("of_this_test")).collect()
    }

    #[test]
    fn numbers_ids_and_own_sentences_are_kept_and_texts_of_others_only_measured() {
        let id = "task_0190b2f67c1a7e3f8d2b4c5a6e7f8091";
        let name = "my secret plant";
        let lines = kept(|| {
            tracing::warn!(
                target: "hafs_coordinator::of_this_test",
                { task.id = %id, load_s = 1.5, tries = 3, lost = true, worker.name = %name, why = name },
                "a worker is gone"
            );
            tracing::info!(target: "hafs_worker::of_this_test", "{name} has joined");
            tracing::debug!(target: "hafs_coordinator::of_this_test", "not worth keeping");
        });
        let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
        let field = |name: &str| first.fields[name].as_str();
        assert_eq!((first.level.as_str(), first.message.as_deref()), ("WARN", Some("a worker is gone")));
        assert_eq!(
            (field("task.id"), field("load_s"), field("tries"), field("lost")),
            (id, "1.5", "3", "true")
        );
        assert_eq!((field("worker.name"), field("why")), ("(15 characters)", "(15 characters)"));
        assert_eq!(second.message, None);
        assert!(second.place.as_ref().is_some_and(|place| place.contains("src/recent.rs:")), "{second:?}");
        assert!(!format!("{lines:?}").contains(name));
    }

    #[test]
    fn only_the_last_are_kept() {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Keep), || {
            for number in 0..KEPT * 2 {
                tracing::info!(target: "hafs_coordinator::many", number, "one of many");
            }
        });
        assert!(lines().len() <= KEPT);
        let last = lines().into_iter().rfind(|line| line.module.ends_with("many")).expect("is kept");
        assert_eq!(last.fields["number"], (KEPT * 2 - 1).to_string());
    }

    #[test]
    fn a_path_keeps_what_is_ours_of_it() {
        assert_eq!(within("coordinator/src/index.rs"), "coordinator/src/index.rs");
        assert_eq!(within("/home/somebody/registry/hyper-1/src/lib.rs"), "src/lib.rs");
    }
}
