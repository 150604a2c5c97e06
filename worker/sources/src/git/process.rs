//! Running git so that the repository stays data.
//!
//! A repository's own configuration can name programs (fsmonitor, hooks, external diff, text conversion, filters,
//! pagers, remote helpers, signature checkers). Only plumbing commands that never consult most of these are used,
//! and the rest is switched off on the command line, which outranks the repository. The environment is empty
//! but for the search path. Output is read through a thread, so a silent git can be cancelled and has a limit.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::HarvestError;
use crate::strand::Watch;

/// Longest silence of git before it is ended.
const SILENCE: Duration = Duration::from_secs(120);
/// How often a waiting reader asks whether to go on.
const PULSE: Duration = Duration::from_millis(100);
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that may wait to be read.
const CHUNKS: usize = 4;
const COMPLAINT_BYTES: u64 = 2_000;

/// What git is told at every call. Source: git-config(1) and git(1), the settings that name programs to run.
const ALWAYS: &[&str] = &[
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.quotePath=false",
    "core.sshCommand=false",
    "diff.external=",
    "log.showSignature=false",
    "gpg.program=false",
    "blame.ignoreRevsFile=",
    "protocol.allow=never",
    "credential.helper=",
    "color.ui=false",
];

/// A repository and how to ask git about it.
pub(crate) struct Git {
    path: PathBuf,
    big_file: u64,
}

impl Git {
    /// A repository by the real path of its top folder. Files over `big_file` bytes count as binary.
    pub(crate) fn new(path: &Path, big_file: u64) -> Self {
        Self { path: path.to_owned(), big_file }
    }

    /// The folder that was given.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes over which a file counts as binary.
    pub(crate) fn big_file(&self) -> u64 {
        self.big_file
    }

    /// The command without its verb.
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.env_clear();
        // Windows programs do not start without SystemRoot.
        for name in ["PATH", "SystemRoot"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            // Outranks `protocol.NAME.allow` of the repository, and holds for a git without the line above.
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("GIT_CEILING_DIRECTORIES", self.path.parent().unwrap_or(&self.path));
        command.arg("-C").arg(&self.path);
        let mut safe = OsString::from("safe.directory=");
        safe.push(&self.path);
        command.arg("-c").arg(safe);
        command.arg("-c").arg(format!("core.bigFileThreshold={}", self.big_file));
        for setting in ALWAYS {
            command.args(["-c", setting]);
        }
        command.arg("--no-pager");
        command
    }

    /// Starts a git command. Arguments are literals of this crate, object ids, numbers, or paths after `--`.
    ///
    /// # Errors
    /// What the system says when there is no git.
    pub(crate) fn start<'a>(
        &self,
        watch: Watch<'a>,
        verb: &'static str,
        arguments: &[OsString],
    ) -> io::Result<Running<'a>> {
        let mut command = self.command();
        command.arg(verb).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (sender, chunks) = sync_channel(CHUNKS);
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || pump(stdout, &sender));
        }
        let complaint = child.stderr.take().map(|stderr| std::thread::spawn(move || tail(stderr)));
        let input = child.stdin.take();
        let output = BufReader::new(Pipe { chunks, chunk: io::Cursor::default(), watch });
        Ok(Running { verb, watch, child, input, output, complaint })
    }

    /// As [`Git::start`], for a harvest.
    ///
    /// # Errors
    /// [`HarvestError::Git`] when there is no git.
    pub(crate) fn run<'a, S: Into<OsString> + Clone>(
        &self,
        watch: Watch<'a>,
        verb: &'static str,
        arguments: &[S],
    ) -> Result<Running<'a>, HarvestError> {
        let arguments: Vec<OsString> = arguments.iter().cloned().map(Into::into).collect();
        self.start(watch, verb, &arguments).map_err(|error| HarvestError::Git {
            name: watch.name.clone(),
            verb,
            detail: format!("it could not be started: {error}"),
        })
    }
}

/// Sends everything that git writes, chunk by chunk; ends when git or the reader does.
fn pump(mut stdout: ChildStdout, sender: &SyncSender<Vec<u8>>) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(len @ 1..) = stdout.read(&mut chunk) {
        if sender.send(chunk[..len].to_vec()).is_err() {
            return;
        }
    }
}

/// The beginning of what git complains about; the rest is read and dropped, so that git never waits.
fn tail(mut stderr: impl Read) -> String {
    let mut text = Vec::new();
    // A broken pipe here only shortens a message.
    let _ = stderr.by_ref().take(COMPLAINT_BYTES).read_to_end(&mut text);
    let _ = io::copy(&mut stderr, &mut io::sink());
    String::from_utf8_lossy(&text).trim().replace('\n', "; ")
}

/// The output of git as a reader that ends when the caller cancels or git falls silent.
struct Pipe<'a> {
    chunks: Receiver<Vec<u8>>,
    chunk: io::Cursor<Vec<u8>>,
    watch: Watch<'a>,
}

impl Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut silence = Duration::ZERO;
        loop {
            let len = self.chunk.read(buffer)?;
            if len > 0 || buffer.is_empty() {
                return Ok(len);
            }
            match self.chunks.recv_timeout(PULSE) {
                Ok(chunk) => self.chunk = io::Cursor::new(chunk),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
                Err(RecvTimeoutError::Timeout) => silence += PULSE,
            }
            if silence >= SILENCE {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if (self.watch.cancel)() {
                return Err(io::Error::other("cancelled"));
            }
        }
    }
}

/// A git command that runs. Dropping it ends it.
pub(crate) struct Running<'a> {
    verb: &'static str,
    watch: Watch<'a>,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<Pipe<'a>>,
    complaint: Option<JoinHandle<String>>,
}

impl Running<'_> {
    /// Writes one line to git.
    pub(crate) fn ask(&mut self, line: &str) -> Result<(), HarvestError> {
        let written = match &mut self.input {
            Some(input) => input.write_all(format!("{line}\n").as_bytes()).and_then(|()| input.flush()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|error| self.broken(&error))
    }

    /// Tells git that no more lines come.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// The next token up to `separator`, of at most `max` bytes (the rest is dropped), or `None` at the end.
    pub(crate) fn token(&mut self, separator: u8, max: usize) -> Result<Option<Vec<u8>>, HarvestError> {
        let mut token = Vec::new();
        let mut started = false;
        loop {
            let available = match self.output.fill_buf() {
                Ok(available) => available,
                Err(error) => return Err(self.broken(&error)),
            };
            if available.is_empty() {
                return Ok(started.then_some(token));
            }
            started = true;
            let end = available.iter().position(|byte| *byte == separator);
            let piece = &available[..end.unwrap_or(available.len())];
            token.extend_from_slice(&piece[..piece.len().min(max.saturating_sub(token.len()))]);
            let used = piece.len() + usize::from(end.is_some());
            self.output.consume(used);
            if end.is_some() {
                return Ok(Some(token));
            }
        }
    }

    /// Exactly `len` bytes.
    pub(crate) fn exactly(&mut self, len: usize) -> Result<Vec<u8>, HarvestError> {
        let mut bytes = vec![0; len];
        self.output.read_exact(&mut bytes).map_err(|error| self.broken(&error))?;
        Ok(bytes)
    }

    /// All that is left, if it is at most `max` bytes.
    pub(crate) fn rest(&mut self, max: usize) -> Result<Option<Vec<u8>>, HarvestError> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
        let read = self.output.by_ref().take(limit).read_to_end(&mut bytes);
        read.map_err(|error| self.broken(&error))?;
        Ok((bytes.len() <= max).then_some(bytes))
    }

    /// Waits for the end; what was to be read has been read.
    ///
    /// # Errors
    /// [`HarvestError::Git`] with git's words when it failed.
    pub(crate) fn finish(mut self) -> Result<(), HarvestError> {
        self.close_input();
        let status = self.child.wait().map_err(|error| self.broken(&error))?;
        let complaint = self.complaint.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        if status.success() { Ok(()) } else { Err(self.failed(format!("{status}: {complaint}"))) }
    }

    fn failed(&self, detail: String) -> HarvestError {
        HarvestError::Git { name: self.watch.name.clone(), verb: self.verb, detail }
    }

    fn broken(&self, error: &io::Error) -> HarvestError {
        match (self.watch.check(), error.kind()) {
            (Err(cancelled), _) => cancelled,
            (Ok(()), io::ErrorKind::TimedOut) => HarvestError::Stalled {
                name: self.watch.name.clone(),
                verb: self.verb,
                seconds: SILENCE.as_secs(),
            },
            (Ok(()), _) => self.failed(error.to_string()),
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // It may have ended already; either way nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
