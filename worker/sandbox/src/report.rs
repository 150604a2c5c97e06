//! What came of a job.

use std::fmt;
use std::time::Duration;

use crate::level::Level;

/// How a job ended. Only [`End::Exited`] is a tool's word about its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The last step that ran ended by itself with this code; 0 means that every step did.
    Exited(i32),
    /// A step was ended by this signal, such as 24 for too much processor time.
    Signalled(i32),
    /// Ended from outside: too long on the wall.
    OverWall,
    /// Ended from outside: its processes together took too much memory.
    OverMemory,
    /// Ended from outside: too many processes, where the system does not refuse them by itself.
    OverProcesses,
    /// Ended from outside: too much output.
    OverOutput,
    /// Called off.
    Stopped,
    /// It never ran; why.
    NotRun(String),
}

/// What a job left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// What was wanted of it; empty unless it ended with 0 or standard output was wanted.
    pub result: Vec<u8>,
    /// What the tools said beside that. Never text for a terminal: it may hold anything.
    pub said: String,
    /// How long it took.
    pub wall: Duration,
    /// Which walls stood.
    pub level: Level,
}

impl End {
    /// Whether every step ended with 0.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Exited(0))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "it ended with code {code}"),
            // Source: signal(7); the number is the same on every Linux that we build for.
            Self::Signalled(24) => f.write_str("it used too much processor time"),
            Self::Signalled(25) => f.write_str("it wrote too large a file"),
            Self::Signalled(signal) => write!(f, "it was ended by signal {signal}"),
            Self::OverWall => f.write_str("it took too long"),
            Self::OverMemory => f.write_str("its processes took too much memory together"),
            Self::OverProcesses => f.write_str("it started too many processes"),
            Self::OverOutput => f.write_str("it wrote too much"),
            Self::Stopped => f.write_str("it was called off"),
            Self::NotRun(why) => write!(f, "it did not run: {why}"),
        }
    }
}
