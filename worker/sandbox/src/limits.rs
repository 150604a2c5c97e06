//! What a job may use.

use std::time::Duration;

/// The limits of a job. Whoever is over one is ended, with everything that it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time on the wall.
    pub wall: Duration,
    /// Processor time of one process, whole seconds.
    pub cpu: Duration,
    /// Address space of one process in bytes. The launcher needs 512 MiB of it.
    pub memory: u64,
    /// Memory of all its processes together in bytes, looked at some fifty times a second. Pages that two of them share
    /// count for both.
    pub together: u64,
    /// Bytes of one written file.
    pub file: u64,
    /// Bytes of all written files together; held at levels with a file system of their own.
    pub disk: u64,
    /// Bytes of the result, and of what the tool says beside it.
    pub output: usize,
    /// Processes and threads at once.
    pub processes: u32,
    /// Open files of one process.
    pub open_files: u32,
}

impl Default for Limits {
    /// 15 s on the wall, 10 s of processor, 1 GiB of memory for a process and 1.5 GiB for all, files of 16 MiB and 64 MiB together, 64 KiB of output, 32
    /// processes, 64 open files.
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(15),
            cpu: Duration::from_secs(10),
            memory: 1 << 30,
            together: 3 << 29,
            file: 16 << 20,
            disk: 64 << 20,
            output: 64 << 10,
            processes: 32,
            open_files: 64,
        }
    }
}
