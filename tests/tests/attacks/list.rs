//! The list itself: every entry from 15 on, one line each. `docs/ATTACKS.md` is written from it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use State::{InPart, NotYet, Run};

/// Whether an entry is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it stands.
    Run,
    /// All but what is named here.
    InPart(&'static str),
    /// Not at all, and why.
    NotYet(&'static str),
}

/// One entry.
pub struct Entry {
    pub number: u8,
    /// What is done to the factory.
    pub attack: &'static str,
    /// What must come of it.
    pub must: &'static str,
    pub state: State,
}

const fn entry(number: u8, attack: &'static str, must: &'static str, state: State) -> Entry {
    Entry { number, attack, must, state }
}

/// What the entries would attack that is not there.
const NO_IMPORT: State = NotYet("nothing is imported and no archive is unpacked yet");

#[rustfmt::skip]
pub const LIST: &[Entry] = &[
    entry(15, "a signed request replayed, its nonce twice, its body changed", "the stored answer; invalid", InPart("requests are not signed, they carry a bearer token over TLS; what is signed is a lease's token, and a result is bound to its key")),
    // HTTP and limits.
    entry(17, "2,000 silent connections", "closed by the deadline for heads; others are served at once", InPart("from one address; a flood from many addresses fills the cap on connections until the deadline")),
    entry(18, "2,000 heads that come a byte at a time", "closed by the deadline for heads; others are served at once", InPart("as 17")),
    entry(19, "500 bodies that come a byte at a time, with a right token, without one, and where none is read", "408 or closed by the deadline for bodies", Run),
    entry(20, "100 peers that ask for much and read nothing", "closed by the deadline for silence", InPart("no data set is served over HTTP, so long answers stand for one")),
    entry(21, "a declared body of 99,999,999,999 bytes that never comes", "413 at once", Run),
    entry(22, "two lengths, a length and chunks, unknown codings, folded fields", "400 and closed, one answer at most", InPart("a bare line feed ends a line, as RFC 9112 (2.2) allows; it makes one request, not two")),
    entry(23, "10,000 fields, a field of 1 MB, a name with a space", "431 or 400", Run),
    entry(24, "chunk extensions of 1 MB; two million chunks of one byte", "400, 408 or 413; little memory", Run),
    entry(25, "a body of 2,097,152 bytes, and of one more", "read; 413", Run),
    entry(26, "gzip and zstd bombs, nested, cut off, with a wrong sum, with bytes after the end", "415: bodies are not compressed", Run),
    entry(27, "a chain of twenty encodings", "415", Run),
    entry(28, "HTTP/2: resets, continuations, settings, pings, a closed window", "closed: HTTP/1.1 alone is spoken, with and without TLS", Run),
    entry(29, "1,000 requests on one connection, then gone", "bounded work; others are served", Run),
    entry(30, "a body that was announced and never comes; offers to speak another protocol", "408; answered as if not offered", Run),
    entry(31, "TRACE, CONNECT, a method by header", "400, 404 or 405; nothing deleted", Run),
    entry(32, "paths with dots, NUL, encoded slashes, parameters; absolute and authority forms", "404, 400 or 421; no file served", Run),
    entry(33, "text/plain, UTF-16, multipart, no type", "415", Run),
    entry(34, "a page of another origin asks with credentials", "no permission in the answer", Run),
    entry(35, "a name that was made to point at the loopback address (DNS rebinding)", "421", Run),
    entry(36, "5,000 claims that wait", "above the cap on connections closed; memory stays flat", Run),
    // JSON and values.
    entry(37, "NaN, Infinity, 1e999 as a score", "400", Run),
    entry(38, "null, text, a truth value, a list as a score", "422", Run),
    entry(39, "scores just outside, minus zero, the smallest number, thirty digits", "422, or the same number", Run),
    entry(40, "a key twice, in an object and in a map", "422", Run),
    entry(41, "fields that do not exist: accepted, worker_id, epoch", "422", Run),
    entry(42, "128 and 100,000 lists inside each other", "400 or 422", Run),
    entry(43, "8 MB of empty lists", "422; bounded memory", Run),
    entry(44, "bytes that are not UTF-8, a byte order mark, half a surrogate pair, an overlong form", "400", Run),
    entry(45, "U+0000 in every text", "422", Run),
    entry(46, "a line of 10 MB, a million lines, only spaces, only what cannot be seen", "413, 422, or a sample that is rejected", Run),
    entry(47, "keys like __proto__ and $where", "stored as they are", InPart("there are no web pages yet")),
    entry(48, "numbers too large, negative, broken, in quotes", "422", Run),
    entry(49, "times of any year", "there is no field for one: 422", Run),
    entry(50, "words that no enum has", "422", Run),
    entry(51, "ids of 1,000 characters, of emoji, with dots, in capitals", "404 or 422; capitals name nothing", Run),
    entry(52, "10,000 keys; values of 200 KB", "422", Run),
    entry(53, "a good body cut off at every byte", "400; nothing stored", Run),
    entry(54, "hashes with a wrong length, line breaks, other alphabets", "422", InPart("no field is base64; hashes in hex stand for one")),
    entry(55, "a score of the worker's own; no text; the prompt as the answer", "422; rejected by a gate", Run),
    entry(56, "token counts below zero and beyond belief", "422 or invalid; nothing counted", InPart("what a provider bills is not known here, so a believable lie is taken")),
    entry(57, "model names with paths, 10 KB, control characters; a teacher that the task does not name", "422, or invalid", InPart("the model that a provider says it served is recorded as said")),
    entry(58, "naughty strings in every text", "the same bytes come back", InPart("a list of our own; there are no web pages yet")),
    // Idempotency, leases, replay.
    entry(59, "the same key and body 100 times at once", "one row, one answer", Run),
    entry(60, "the same key with another body", "invalid; nothing stored", Run),
    entry(61, "the same text under another key", "a duplicate of the task; of another task: rejected as a duplicate", Run),
    entry(62, "a result without a lease, of another attempt, of another task", "invalid", Run),
    entry(63, "a result of a task that was called off", "closed", Run),
    entry(64, "a result while its run is paused", "accepted; nothing new is handed out", Run),
    entry(65, "renewals of leases that have run out or are done, 1,000 at once", "lost or called off; the server stays quick", InPart("the calls of one token are not limited yet")),
    entry(66, "claims without end and no work", "at most 1,000 are held, as one renewal can name; leases run out", InPart("claims at the same time may each overshoot by 128")),
    entry(67, "capabilities that are made up", "suspended after its wrong results; others do the work", InPart("one that says that it fails keeps its routes; its tasks go to others all the same")),
    entry(68, "a captured result again, after a restart", "the stored answer; no new row", Run),
    entry(69, "a captured result after a backup was restored", "accepted once", Run),
    entry(70, "two processes with one credential", "the older one is fenced", Run),
    entry(71, "another worker's key", "no effect on it", Run),
    entry(72, "ids and ages from a clock that is years ahead", "no effect", Run),
    entry(73, "release, then a result", "the first result of an open task is taken; it is not handed out again", Run),
    entry(74, "the answer is lost, the worker starts again and sends again", "the stored answer", Run),
    // Paths, exports, imports.
    entry(75, "data sets named like paths", "422; nothing is written", Run),
    entry(76, "data sets named like devices, streams, with dots and spaces at the end", "422", Run),
    entry(77, "the folder of data sets is a symbolic link", "409; nothing is written behind it", Run),
    entry(78, "a link, a pipe or a file where the data set would stand", "409; it is left alone", Run),
    entry(79, "two exports to one name at once", "one folder, whole; the other 409", Run),
    entry(80, "kill -9 in an export", "whole or absent; leftovers are removed at the next start", Run),
    entry(81, "an import with a bad line", "it is named", NO_IMPORT),
    entry(82, "archives with paths, links, devices, bombs", "refused", NO_IMPORT),
    entry(83, "files of another schema, more columns, endless text", "refused", InPart("nothing is imported yet; `verify` of a data set is given such files")),
    entry(84, "SQL, wildcards and search operators in every filter", "422, or nothing found", Run),
    entry(85, "an order by a column that does not exist, by a query", "422", Run),
    entry(86, "cursors altered and of other lists", "422, or the list's own rows", Run),
    entry(87, "a regular expression that explodes", "422: there is no such filter", Run),
    entry(88, "line separators, line breaks in texts", "one line a sample", Run),
    entry(89, "the ends of turns of chat templates in texts", "not in the data set, and named in its manifest", Run),
    entry(90, "an export while samples are quarantined", "the snapshot of one moment, and named as tainted", Run),
    // What people see; 91 to 93, 103 and 104 in a real Chromium by `tests/tests/web`.
    entry(91, "script, handlers, templates and ends of elements in the name of a worker, in models, samples and reasons of people", "text on every page; nothing runs", Run),
    entry(92, "mutated markup, encoded twice, data addresses, styles that ask elsewhere, base, refresh", "text; no request leaves, no report of the policy", Run),
    entry(93, "a line of a quarter megabyte, which is the longest that a sample may have", "cut, and the page says so", Run),
    entry(94, "escape sequences, other alphabets' directions and C1 controls in texts on a terminal", "shown as escapes", InPart("by the properties of `cli/src/text/escape.rs` and of `hafs_pages::words`; what compilers print is not led through a whole run here")),
    entry(95, "line breaks and made-up log lines in the name of a worker", "one line of the log", Run),
    entry(96, "format strings in names", "shown as they are, in the log and on a terminal", Run),
    entry(97, "one worker that fills the log: 1,000 refused calls, 60 tasks that are taken and left", "fewer than 30 lines", Run),
    entry(98, "cells that a spreadsheet would carry out", "an apostrophe before them", Run),
    entry(99, "negative numbers in columns of numbers", "stay numbers", Run),
    entry(100, "quotes, line breaks and ever new names of workers as labels of metrics", "no name of a worker is a label, and only the largest have a series", InPart("300 names, not 100,000")),
    entry(101, "the end of an event and a new one in a text that events tell", "one event", Run),
    entry(102, "quotes and line breaks in the name of a file to download", "no such header", NotYet("no page offers a file")),
    entry(103, "addresses of others as where to go after logging in", "the first page", Run),
    entry(104, "frames, forms and windows of other pages", "refused by policy, by the origin of the form, and no link opens a window", Run),
];

impl Entry {
    fn remark(&self) -> String {
        match self.state {
            Run => "run".to_owned(),
            InPart(why) => format!("run in part: {why}"),
            NotYet(why) => format!("**not run**: {why}"),
        }
    }
}

/// One group of entries in the making.
pub struct Round {
    numbers: RangeInclusive<u8>,
    held: BTreeSet<u8>,
    failed: BTreeSet<u8>,
}

impl Round {
    pub const fn of(numbers: RangeInclusive<u8>) -> Self {
        Self { numbers, held: BTreeSet::new(), failed: BTreeSet::new() }
    }

    /// Runs an entry. One that succeeds does not keep the others from being run.
    pub async fn attack(&mut self, number: u8, attack: impl Future<Output = ()>) {
        let entry = LIST.iter().find(|entry| entry.number == number).unwrap();
        let outcome = AssertUnwindSafe(attack).catch_unwind().await;
        let word = if outcome.is_ok() { "held" } else { "NOT HELD" };
        println!("{word}: {number} {} ({})", entry.attack, entry.remark());
        let noted = if outcome.is_ok() { &mut self.held } else { &mut self.failed };
        assert!(noted.insert(number), "{number} was run twice");
    }

    /// Every entry of the group was run, or is named as one that is not.
    pub fn end(self) {
        assert!(self.failed.is_empty(), "not held, see above: {:?}", self.failed);
        for entry in LIST.iter().filter(|entry| self.numbers.contains(&entry.number)) {
            if let NotYet(why) = entry.state {
                println!("SKIPPED: attack {} ({}): {why}", entry.number, entry.attack);
            }
            let wanted = !matches!(entry.state, NotYet(_));
            assert_eq!(self.held.contains(&entry.number), wanted, "{} {}", entry.number, entry.attack);
        }
    }
}

/// Runs entries one after the other: `attacks! { round; 17 => silence(&site); }`.
macro_rules! attacks {
    ($round:ident; $($number:literal => $attack:expr;)*) => {$(
        $round.attack($number, $attack).await;
    )*};
}
pub(crate) use attacks;

fn page() -> String {
    let count = |fits: fn(&State) -> bool| LIST.iter().filter(|entry| fits(&entry.state)).count();
    let (run, part) = (count(|state| *state == Run), count(|state| matches!(state, InPart(_))));
    let not = count(|state| matches!(state, NotYet(_)));
    let mut page = format!(
        "# The attack list\n\nWhat the tests do to the real programs, entry by entry, and what must come of it. No entry may cause an \
         answer of 500,\na panic, or a change that it does not speak of. Written from `tests/tests/attacks/list.rs` \
         (`HAFS_BLESS=1` writes it anew).\n\nEntries 1 to 14 and 16 (tokens, joining, rotation) are run by \
         `tests/tests/attacks_auth.rs`, 91 to 104 by `tests/tests/web` and what the entry names. Of the entries below {run} are run,\n{part} are run in part, {not} are not run; each of \
         those says why and is counted as skipped by `scripts/test.sh`, never as passed.\n\n\
         | | attack | must | state |\n|---|---|---|---|\n"
    );
    for entry in LIST {
        let _ =
            writeln!(page, "| {} | {} | {} | {} |", entry.number, entry.attack, entry.must, entry.remark());
    }
    page
}

#[test]
fn the_list_is_complete_and_its_page_is_current() {
    let numbers: Vec<u8> = LIST.iter().map(|entry| entry.number).collect();
    let wanted: Vec<u8> = std::iter::once(15).chain(17..=104).collect();
    assert_eq!(numbers, wanted, "every entry once, in order");
    // No round of this program runs what browsers and terminals show.
    for entry in LIST.iter().filter(|entry| entry.number > 90) {
        if let NotYet(why) = entry.state {
            println!("SKIPPED: attack {} ({}): {why}", entry.number, entry.attack);
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ATTACKS.md");
    let page = page();
    if std::env::var_os("HAFS_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert!(written == page, "docs/ATTACKS.md is not written from the list: run this test with HAFS_BLESS=1");
}
