//! A child process, and nothing of what it starts.

use std::io;
use std::process::{Child, Command, ExitStatus};

#[derive(Debug)]
pub(crate) struct Tether {
    child: Child,
}

impl Tether {
    /// Starts a command.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        Ok(Self { child: command.spawn()? })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Bytes of memory in use; not known here.
    pub(crate) const fn memory(&self) -> u64 {
        0
    }

    /// How many processes there are; not known here.
    pub(crate) const fn crowd(&self) -> u32 {
        0
    }

    /// Ends the process.
    pub(crate) fn end(&mut self) {
        let _ = self.child.kill();
    }

    /// Reaps the process, which has ended or was told to.
    pub(crate) fn reap(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        self.end();
        let _ = self.child.wait();
    }
}
