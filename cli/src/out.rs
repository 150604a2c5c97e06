//! What the program says: results to standard output, notes and errors to standard error.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::csv;

/// For whom the program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// People: tables and sentences.
    People,
    /// Programs: JSON.
    Programs,
}

/// Standard output and standard error.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    audience: Audience,
    quiet: bool,
    csv: bool,
}

impl Out {
    /// Speaks to this audience; `quiet` leaves out notes.
    #[must_use]
    pub const fn new(audience: Audience, quiet: bool) -> Self {
        Self { audience, quiet, csv: false }
    }

    /// Prints lists as CSV.
    #[must_use]
    pub const fn with_csv(self, csv: bool) -> Self {
        Self { csv, ..self }
    }

    /// For whom it speaks.
    #[must_use]
    pub const fn audience(self) -> Audience {
        self.audience
    }

    /// Whether notes are left out.
    #[must_use]
    pub const fn is_quiet(self) -> bool {
        self.quiet
    }

    /// A result: the document for programs, the text for people.
    ///
    /// # Errors
    /// [`Failure`] when standard output cannot be written to.
    pub fn result<T: Serialize>(self, document: &T, text: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        if self.csv {
            return self.list(&serde_json::to_value(document)?);
        }
        match self.audience {
            Audience::Programs => self.text(&serde_json::to_string_pretty(document)?),
            Audience::People => self.text(&text(document)),
        }
    }

    fn list(self, page: &Value) -> Result<(), Failure> {
        let items = page["items"].as_array().map_or(&[] as &[Value], Vec::as_slice);
        if page["next_cursor"].is_string() {
            self.note(format!("these are the first {}; `--limit` asks for more", items.len()));
        }
        let lines = csv(items).map_err(|error| Failure::with_exit(Exit::Failed, &error))?;
        self.text(&lines)
    }

    /// One JSON document on one line.
    ///
    /// # Errors
    /// [`Failure`] when standard output cannot be written to.
    pub fn json_line(self, document: &impl Serialize) -> Result<(), Failure> {
        self.text(&serde_json::to_string(document)?)
    }

    /// A text as it is, with a line break at its end.
    ///
    /// # Errors
    /// [`Failure`] when standard output cannot be written to. A reader that has gone is no failure: the exit
    /// code is then 0.
    pub fn text(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush()).map_err(|error| {
            let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::Done } else { Exit::Failed };
            Failure::with_exit(exit, &error)
        })
    }

    /// A note for people, on standard error.
    pub fn note(self, text: impl Display) {
        if !self.quiet && self.audience == Audience::People {
            say(text);
        }
    }

    /// The last word of a command that failed.
    pub fn failure(self, failure: &Failure) {
        if failure.exit != Exit::Done {
            say(failure);
        }
    }
}

/// Writes a line to standard error. If even that is gone there is nobody left to tell.
pub fn say(text: impl Display) {
    let _nobody_left = writeln!(io::stderr().lock(), "{text}");
}
