//! Watches a child process: bounded output, bounded time, and nothing of it left at the end.

use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use hafs_runtime::clock::Stopwatch;

use crate::limits::Limits;
use crate::report::End;
use crate::stop::Stop;
use crate::tether::Tether;

/// How often the watch looks whether the child has ended or is to end.
const PULSE: Duration = Duration::from_millis(4);
/// How often the memory of all processes together is looked at; the first time after so long, when most tools are done.
const WEIGH: Duration = Duration::from_millis(20);
/// A look may take this share of the time at most: on a machine with very many processes it is taken less often.
const SHARE: u32 = 10;
/// Longest wait for pipes to close once everything was told to end.
const GRACE: Duration = Duration::from_secs(3);
/// Bytes read at once.
const CHUNK: usize = 16 * 1024;
/// What a launcher may say at the end beside the tool's own words.
const LAST_WORDS: usize = 8 * 1024;

/// What a child left.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Its standard output.
    pub(crate) output: Vec<u8>,
    /// Its standard error.
    pub(crate) said: Vec<u8>,
    /// Why it was ended from outside, if it was.
    pub(crate) cut: Option<End>,
    /// How it ended.
    pub(crate) status: io::Result<ExitStatus>,
    /// How long it took.
    pub(crate) wall: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Output,
    Said,
}

/// All that was read of a stream, and whether it was more than allowed.
type Heard = (Stream, Vec<u8>, bool);

/// Runs a command to its end, or to the end of its limits.
///
/// # Errors
/// What the system says when it cannot be started.
pub(crate) fn watch(command: &mut Command, limits: &Limits, stop: &Stop) -> io::Result<Watched> {
    let clock = Stopwatch::start();
    let mut tether = Tether::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let heard = listen(&mut tether, limits.output);
    let (mut output, mut said, mut open) = (Vec::new(), Vec::new(), 2);
    let mut weighed = WEIGH;
    let (mut cut, mut ended_at): (Option<End>, Option<Duration>) = (None, None);
    while open > 0 || ended_at.is_none() {
        match heard.recv_timeout(PULSE) {
            Ok((stream, bytes, too_much)) => {
                open -= 1;
                if too_much {
                    cut.get_or_insert(End::OverOutput);
                }
                match stream {
                    Stream::Output => output = bytes,
                    Stream::Said => said = bytes,
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            // Both readers are done; what is left is to wait for the end.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(PULSE / 4),
        }
        cut = cut.or_else(|| reason_to_end(stop, clock.elapsed(), limits.wall));
        if ended_at.is_none() && cut.is_none() && clock.elapsed() >= weighed {
            let before = clock.elapsed();
            cut = weigh(&tether, limits);
            let took = clock.elapsed().saturating_sub(before);
            weighed = before + WEIGH.max(took.saturating_mul(SHARE));
        }
        if ended_at.is_none() && (cut.is_some() || tether.has_ended()) {
            // What the leader left behind ends with it.
            tether.end();
            ended_at = Some(clock.elapsed());
        }
        if ended_at.is_some_and(|at| clock.elapsed() >= at + GRACE) {
            break;
        }
    }
    Ok(Watched { output, said, cut, status: tether.reap(), wall: clock.elapsed() })
}

fn weigh(tether: &Tether, limits: &Limits) -> Option<End> {
    if tether.crowd() > limits.processes {
        Some(End::OverProcesses)
    } else {
        (tether.memory() > limits.together).then_some(End::OverMemory)
    }
}

fn reason_to_end(stop: &Stop, elapsed: Duration, wall: Duration) -> Option<End> {
    if stop.is_set() {
        Some(End::Stopped)
    } else if elapsed >= wall {
        Some(End::OverWall)
    } else {
        None
    }
}

fn listen(tether: &mut Tether, limit: usize) -> Receiver<Heard> {
    let (sender, heard) = channel();
    let child = tether.child();
    pump(child.stdout.take(), (Stream::Output, limit), sender.clone());
    pump(child.stderr.take(), (Stream::Said, limit + LAST_WORDS), sender);
    heard
}

fn pump(pipe: Option<impl Read + Send + 'static>, (stream, limit): (Stream, usize), to: Sender<Heard>) {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let too_much = pipe.is_some_and(|pipe| read(pipe, limit, &mut bytes));
        // The watch has given up when nobody listens.
        let _ = to.send((stream, bytes, too_much));
    });
}

/// Reads up to `limit` bytes; tells whether there were more.
fn read(mut pipe: impl Read, limit: usize, bytes: &mut Vec<u8>) -> bool {
    let mut chunk = vec![0; CHUNK];
    while let Ok(len @ 1..) = pipe.read(&mut chunk) {
        let room = limit - bytes.len();
        bytes.extend_from_slice(&chunk[..len.min(room)]);
        if len > room {
            return true;
        }
    }
    false
}
