//! A connection that is fit for a library: a server that keeps what it acknowledges, and settings of our own.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::{Error, SimpleQueryMessage, Statement};

use super::wire::{Patience, Refusal, Wire};
use crate::address::PostgresUrl;
use crate::db::Shape;

/// Oldest server that is known to work.
const OLDEST: u32 = 14;
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 512;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It writes.
    Writer,
    /// It only reads.
    Reader,
}

/// A statement as the server knows it.
pub(super) struct Prepared {
    pub(super) statement: Statement,
    pub(super) shape: Arc<Shape>,
}

/// A connection with its prepared statements.
pub(crate) struct Session {
    pub(super) wire: Wire,
    prepared: HashMap<String, Arc<Prepared>>,
}

impl Session {
    /// Connects, checks the server and makes our settings.
    pub(super) fn connect(url: &PostgresUrl, role: Role) -> Result<Self, Refusal> {
        let mut session = Self { wire: Wire::connect(url)?, prepared: HashMap::new() };
        session.check(url)?;
        session.batch(settings(role))?;
        Ok(session)
    }

    /// How long answers are waited for from now on.
    pub(super) const fn wait(&mut self, patience: Patience) {
        self.wire.wait(patience);
    }

    /// Runs statements of ours that give no rows.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.wire.run(async |client| client.batch_execute(sql).await)
    }

    /// The one row of a statement without arguments, as texts.
    pub(super) fn texts(&mut self, sql: &str) -> Result<Vec<String>, Error> {
        let messages = self.wire.run(async |client| client.simple_query(sql).await)?;
        let row = messages
            .iter()
            .find_map(|message| if let SimpleQueryMessage::Row(row) = message { Some(row) } else { None });
        let texts = |row: &tokio_postgres::SimpleQueryRow| {
            (0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect()
        };
        Ok(row.map(texts).unwrap_or_default())
    }

    /// Whether the server is fit for a library, by what it says of itself now.
    pub(super) fn check(&mut self, url: &PostgresUrl) -> Result<(), Refusal> {
        let found = self.texts(
            "SELECT current_setting('server_version_num'), current_setting('server_encoding'), \
             current_setting('synchronous_commit'), current_setting('fsync'), \
             current_setting('full_page_writes'), pg_is_in_recovery()",
        )?;
        let get = |at: usize| found.get(at).map_or("", String::as_str);
        unfit(&Server {
            version: get(0).parse().unwrap_or(0) / 10_000,
            encoding: get(1),
            commit: get(2),
            fsync: get(3),
            pages: get(4),
            standby: get(5) == "t",
            unsafe_accepted: url.unsafe_server(),
        })
        .map_or(Ok(()), |why| Err(Refusal::Unfit(why)))
    }

    /// A statement that was prepared before.
    pub(super) fn find(&self, sql: &str) -> Option<Arc<Prepared>> {
        self.prepared.get(sql).map(Arc::clone)
    }

    /// Keeps a statement.
    pub(super) fn keep(&mut self, sql: &str, prepared: &Arc<Prepared>) {
        // Texts are put together from lists of any length, so there is no end of them; the common ones are soon
        // prepared again.
        if self.prepared.len() >= STATEMENTS {
            self.prepared.clear();
        }
        self.prepared.insert(sql.to_owned(), Arc::clone(prepared));
    }
}

/// Settings of a connection. A writer that stops in the middle of a transaction (its process is suspended, its
/// machine gone) holds up all the others, so the server ends it; nobody waits for ever. A setting that was found
/// durable stays so for the connection's life, whatever the server's configuration becomes.
const fn settings(role: Role) -> &'static str {
    match role {
        Role::Writer => {
            "SET TimeZone = 'UTC'; SET client_min_messages = warning; SET standard_conforming_strings = on; \
             SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '5s'; \
             SELECT set_config('synchronous_commit', current_setting('synchronous_commit'), false)"
        }
        Role::Reader => {
            "SET TimeZone = 'UTC'; SET client_min_messages = warning; SET standard_conforming_strings = on; \
             SET default_transaction_read_only = on"
        }
    }
}

/// What a server says of itself.
struct Server<'s> {
    version: u32,
    encoding: &'s str,
    commit: &'s str,
    fsync: &'s str,
    pages: &'s str,
    standby: bool,
    unsafe_accepted: bool,
}

/// Why a server is not fit for a library, if it is not.
fn unfit(server: &Server<'_>) -> Option<String> {
    let Server { version, encoding, commit, fsync, pages, .. } = server;
    if *version < OLDEST {
        return Some(format!("the server is PostgreSQL {version}: use {OLDEST} or newer"));
    }
    if *encoding != "UTF8" {
        return Some(format!("the database's encoding is {encoding}: create one with ENCODING 'UTF8'"));
    }
    if server.standby {
        return Some(
            "the server is a standby, which cannot be written: give the primary's address".to_owned(),
        );
    }
    if !["on", "remote_apply"].contains(commit) {
        return Some(not_durable("synchronous_commit", commit, "on (also for this user and this database)"));
    }
    if server.unsafe_accepted {
        return None;
    }
    let settings = [("fsync", fsync), ("full_page_writes", pages)];
    let off = settings.into_iter().find(|(_, value)| **value != "on");
    off.map(|(name, value)| not_durable(name, value, "on in the server's configuration"))
}

fn not_durable(name: &str, value: &str, wanted: &str) -> String {
    format!(
        "the server's setting `{name}` is `{value}`, so that it may lose what it has acknowledged: set it to {wanted}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Server<'static> = Server {
        version: 15,
        encoding: "UTF8",
        commit: "on",
        fsync: "on",
        pages: "on",
        standby: false,
        unsafe_accepted: false,
    };

    #[test]
    fn a_server_that_may_lose_what_it_acknowledged_is_refused_in_words() {
        assert_eq!(unfit(&GOOD), None);
        assert_eq!(unfit(&Server { commit: "remote_apply", ..GOOD }), None);
        let refused = |server: Server<'_>, word: &str| {
            let why = unfit(&server).unwrap_or_default();
            assert!(why.contains(word), "{word}: {why}");
        };
        for commit in ["off", "local", "remote_write", ""] {
            refused(Server { commit, ..GOOD }, "synchronous_commit");
            refused(Server { commit, unsafe_accepted: true, ..GOOD }, "synchronous_commit");
        }
        refused(Server { fsync: "off", ..GOOD }, "`fsync`");
        refused(Server { pages: "off", ..GOOD }, "full_page_writes");
        refused(Server { version: 13, ..GOOD }, "14 or newer");
        refused(Server { encoding: "SQL_ASCII", ..GOOD }, "UTF8");
        refused(Server { standby: true, ..GOOD }, "primary");
        assert_eq!(unfit(&Server { fsync: "off", unsafe_accepted: true, ..GOOD }), None);
    }
}
