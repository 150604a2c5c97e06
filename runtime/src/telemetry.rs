//! Logs: structured events to standard error, for people or as JSON lines.
//!
//! Standard output belongs to results. No prompt, completion, mined text, token or key may be logged at any
//! level; secrets are of a type that shows itself redacted.

use std::sync::Mutex;

use thiserror::Error;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt;

use crate::env::Environment;
use crate::log_file::LogFile;
use crate::one_line::OneLine;
use crate::recent::Keep;

/// The variable that says what is logged: `debug`, `info,hafs_worker=trace`.
pub const FILTER_VARIABLE: &str = "HAFS_LOG";

/// Libraries that speak too much below this level, unless the filter names them.
const QUIET: &str = "hyper=warn,hyper_util=warn,reqwest=warn,rustls=warn,h2=warn";

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One readable line an event.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// A filter that cannot be read.
    #[error(
        "{FILTER_VARIABLE}: `{filter}` is no log filter; write a level (`info`) or a list such as `info,hafs_worker=debug`"
    )]
    Filter {
        /// Its text, clipped.
        filter: String,
        /// Why.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// Somebody else logs already.
    #[error("logging was set up twice in this process")]
    Twice(#[source] tracing_subscriber::util::TryInitError),
}

/// Starts logging to standard error. `default_filter` holds unless `HAFS_LOG` is set.
///
/// # Errors
/// [`TelemetryError`] when the filter cannot be read or logging is set up already.
pub fn init(format: LogFormat, default_filter: &str, env: &Environment) -> Result<(), TelemetryError> {
    let filter = filter(env.get(FILTER_VARIABLE).unwrap_or(default_filter))?;
    subscriber(format, filter, std::io::stderr).try_init().map_err(TelemetryError::Twice)
}

/// Starts logging to a file, for people, as [`init`] does to standard error.
///
/// # Errors
/// As [`init`].
pub fn init_in(file: LogFile, default_filter: &str, env: &Environment) -> Result<(), TelemetryError> {
    let filter = filter(env.get(FILTER_VARIABLE).unwrap_or(default_filter))?;
    subscriber(LogFormat::Human, filter, Mutex::new(file)).try_init().map_err(TelemetryError::Twice)
}

fn filter(text: &str) -> Result<EnvFilter, TelemetryError> {
    // The last directive for a target wins, so the user's come last.
    EnvFilter::builder()
        .parse(format!("{QUIET},{text}"))
        .map_err(|source| TelemetryError::Filter { filter: text.chars().take(80).collect(), source })
}

type Boxed = Box<dyn Subscriber + Send + Sync>;

fn subscriber<W>(format: LogFormat, filter: EnvFilter, writer: W) -> Boxed
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(OneLine(writer)).with_ansi(false);
    match format {
        LogFormat::Human => Box::new(builder.finish().with(Keep)),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish().with(Keep)),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::secret::Secret;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("whole").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter_text: &str, speak: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let all = subscriber(format, filter(filter_text).expect("a filter"), move || writer.clone());
        tracing::subscriber::with_default(all, speak);
        String::from_utf8(buffer.0.lock().expect("whole").clone()).expect("UTF-8")
    }

    #[test]
    fn json_events_carry_their_fields_and_secrets_stay_hidden() {
        let key = Secret::new("hush");
        let text = logged(LogFormat::Json, "info", || {
            tracing::info!(task.attempt = 2, key = %key, debug = ?key, "task claimed");
        });
        let event: serde_json::Value = serde_json::from_str(&text).expect("one JSON line");
        assert_eq!((&event["message"], &event["task.attempt"]), (&"task claimed".into(), &2.into()));
        assert_eq!((&event["key"], &event["debug"]), (&"<redacted>".into(), &"<redacted>".into()));
    }

    #[test]
    fn a_name_with_line_breaks_and_escapes_stays_in_its_line() {
        let name = "desk\n2026-01-01T00:00:00Z  INFO accepted \u{1b}[2J\u{9b}31m\u{202e}%s%n {}";
        for format in [LogFormat::Human, LogFormat::Json] {
            let text = logged(format, "info", || tracing::info!(worker.name = %name, "{name} has joined"));
            assert_eq!(text.matches('\n').count(), 1, "{text}");
            assert!(!text.trim_end().chars().any(hafs_proto::shown::is_obeyed), "{text}");
            assert!(text.contains("%s%n {}"), "{text}");
        }
    }

    #[test]
    fn libraries_are_quiet_unless_the_filter_names_them() {
        let speak = || tracing::debug!(target: "hyper::proto", "chatter");
        assert_eq!(logged(LogFormat::Human, "debug", speak), "");
        assert!(logged(LogFormat::Human, "debug,hyper=debug", speak).contains("chatter"));
    }

    #[test]
    fn a_bad_filter_is_an_error_that_names_the_variable() {
        let env = Environment::from_iter([("HAFS_LOG", "hafs=loud")]);
        let error = init(LogFormat::Human, "info", &env).expect_err("no filter");
        assert!(error.to_string().starts_with("HAFS_LOG: `hafs=loud` is no log filter"), "{error}");
    }
}
