//! A connection that comes back: made anew when it was lost, not more often than makes sense.

use std::time::Duration;

use tokio::time::Instant;

use super::failure;
use super::session::{Role, Session};
use super::wire::{Patience, Refusal};
use crate::address::PostgresUrl;
use crate::error::StoreError;

/// Pauses between attempts to connect: the first, doubled up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often a server is asked again whether it keeps what it acknowledges: its settings can be changed while it runs.
const RECHECK: Duration = Duration::from_secs(60);

const MUTE: &str = "the server took the connection and said nothing for ten seconds: check what stands between, and \
     whether the server is overloaded";

/// The way to a database that may go away and come back.
pub(super) struct Link {
    url: PostgresUrl,
    role: Role,
    session: Option<Session>,
    /// When the server was last found fit.
    checked: Option<Instant>,
    pause: Duration,
    /// No attempt is made before, and why the last one failed.
    not_before: Option<(Instant, StoreError)>,
}

impl Link {
    /// Connects for the first time; a failure is final.
    pub(super) fn open(url: &PostgresUrl, role: Role) -> Result<Self, StoreError> {
        let session = Some(connect(url, role)?);
        let checked = Some(Instant::now());
        Ok(Self { url: url.clone(), role, session, checked, pause: FIRST_PAUSE, not_before: None })
    }

    /// The connection, made anew if it was lost.
    pub(super) fn session(&mut self) -> Result<&mut Session, StoreError> {
        if let Some(session) = &mut self.session
            && !session.wire.alive()
        {
            self.session = None;
        }
        self.check_again()?;
        match self.session.take() {
            Some(session) => Ok(self.session.insert(session)),
            None => self.again(),
        }
    }

    fn check_again(&mut self) -> Result<(), StoreError> {
        let Some(session) = &mut self.session else { return Ok(()) };
        if self.checked.is_some_and(|at| at.elapsed() < RECHECK) {
            return Ok(());
        }
        match session.check(&self.url) {
            Ok(()) => self.checked = Some(Instant::now()),
            // It is made anew, and then the server is looked at.
            Err(Refusal::Driver(_) | Refusal::Mute) => self.session = None,
            Err(Refusal::Unfit(why)) => {
                tracing::error!(library.address = %self.url, error = %why, "the library's database is not used any more");
                self.session = None;
                return Err(unavailable(Refusal::Unfit(why)));
            }
        }
        Ok(())
    }

    /// The connection as it is, for what follows in a transaction.
    pub(super) fn current(&mut self) -> Result<&mut Session, StoreError> {
        self.session.as_mut().ok_or(StoreError::Closed)
    }

    /// Forgets a connection that was lost.
    pub(super) fn forget(&mut self) {
        self.session = None;
    }

    fn again(&mut self) -> Result<&mut Session, StoreError> {
        if let Some((not_before, error)) = &self.not_before
            && Instant::now() < *not_before
        {
            return Err(error.clone());
        }
        match Session::connect(&self.url, self.role) {
            Ok(session) => {
                tracing::info!(library.address = %self.url, "connected to the library's database again");
                (self.pause, self.not_before) = (FIRST_PAUSE, None);
                self.checked = Some(Instant::now());
                Ok(self.session.insert(session))
            }
            Err(refusal) => {
                let error = unavailable(refusal);
                tracing::warn!(library.address = %self.url, retry_after_s = self.pause.as_secs_f64(), error = ?error,
                    "the library's database cannot be reached");
                self.not_before = Some((Instant::now() + self.pause, error.clone()));
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                Err(error)
            }
        }
    }
}

fn unavailable(refusal: Refusal) -> StoreError {
    let source = match refusal {
        Refusal::Driver(error) => failure::source(error),
        Refusal::Mute => std::sync::Arc::new(std::io::Error::other(MUTE)),
        Refusal::Unfit(why) => std::sync::Arc::new(std::io::Error::other(why)),
    };
    StoreError::Unavailable { source }
}

/// Connects once; a failure is final.
fn connect(url: &PostgresUrl, role: Role) -> Result<Session, StoreError> {
    Session::connect(url, role).map_err(|refusal| StoreError::unusable(url, why(refusal)))
}

/// Connects once, for what looks at all of a library or moves it.
pub(crate) fn connect_for_long(url: &PostgresUrl, role: Role) -> Result<Session, StoreError> {
    let mut session = connect(url, role)?;
    session.wait(Patience::Endless);
    Ok(session)
}

/// Why a connection failed, and what to do.
fn why(refusal: Refusal) -> String {
    match refusal {
        Refusal::Unfit(why) => why,
        Refusal::Mute => MUTE.to_owned(),
        Refusal::Driver(error) => {
            let words = failure::source(error);
            let words = words.source().map_or_else(|| words.to_string(), ToString::to_string);
            format!(
                "{words}: check that the server runs, its address, the user, the password and the database"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Durability, PostgresServer};

    #[test]
    fn a_server_that_becomes_careless_while_it_runs_is_used_no_more_until_it_is_careful_again() {
        let server = match PostgresServer::start(Durability::Full) {
            Ok(server) => server,
            Err(why) => return println!("SKIPPED: {why}"),
        };
        let mut link = Link::open(&server.address("postgres"), Role::Writer).expect("connects");
        let set = |value: &str| {
            server.execute("postgres", &format!("ALTER SYSTEM SET full_page_writes = {value}"));
            server.execute("postgres", "SELECT pg_reload_conf()");
        };
        let mut becomes = |fit: bool| {
            let began = Instant::now();
            loop {
                // As after a minute. The server hears of its new settings when it likes.
                (link.checked, link.not_before) = (None, None);
                if link.session().is_ok() == fit {
                    return;
                }
                assert!(began.elapsed() < Duration::from_secs(60), "fit: {}", !fit);
            }
        };
        becomes(true);
        set("off");
        becomes(false);
        set("on");
        becomes(true);
    }
}
