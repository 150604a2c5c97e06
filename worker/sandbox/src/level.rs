//! Which walls stood around a job.

use std::fmt;

/// The walls around a job, recorded with every result. On Linux limits of the system, a filter of system calls and an
/// empty environment stand at every level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A Windows job object: memory and life are bounded, files are not.
    JobObject,
    /// Landlock alone: the machine's files and network are out of reach; its file system is shared.
    Landlock,
    /// Bubblewrap alone: own file system, processes and network; the kernel has no Landlock.
    Bubblewrap,
    /// Bubblewrap with Landlock inside.
    BubblewrapLandlock,
}

impl Level {
    /// The word of records and messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::JobObject => "job-object",
            Self::Landlock => "landlock",
            Self::Bubblewrap => "bubblewrap",
            Self::BubblewrapLandlock => "bubblewrap+landlock",
        }
    }

    /// Whether a job has a file system, processes and a network of its own.
    #[must_use]
    pub const fn has_namespaces(self) -> bool {
        match self {
            Self::JobObject | Self::Landlock => false,
            Self::Bubblewrap | Self::BubblewrapLandlock => true,
        }
    }

    /// Whether a tool that reads files by name can be let near a sample's text.
    #[must_use]
    pub const fn hides_files(self) -> bool {
        match self {
            Self::JobObject => false,
            Self::Landlock | Self::Bubblewrap | Self::BubblewrapLandlock => true,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
