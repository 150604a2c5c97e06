//! A process group. The leader stays unreaped until the end, so its number cannot become somebody else's before the
//! group is ended.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

#[derive(Debug)]
pub(crate) struct Tether {
    child: Child,
    group: Option<Pid>,
}

impl Tether {
    /// Starts a command in a group of its own.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Ok(Self { child, group })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Whether the leader has ended; its number stays taken.
    pub(crate) fn has_ended(&mut self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.group.is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), options), Ok(None)))
    }

    /// Bytes of memory that the leader and all of its group have in use.
    pub(crate) fn memory(&self) -> u64 {
        self.group.map_or(0, |group| crate::census::memory_of(group.as_raw_pid()))
    }

    /// How many processes there are. The kernel counts them here, and refuses one too many.
    pub(crate) const fn crowd(&self) -> u32 {
        0
    }

    /// Ends the leader and all of its group. Those in a namespace of their own die with the leader.
    pub(crate) fn end(&mut self) {
        if let Some(group) = self.group {
            // A group that is gone already is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Reaps the leader, which has ended or was told to.
    pub(crate) fn reap(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        // Harmless when it was reaped: the standard library remembers that, and the group is asked for no more.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end();
            let _ = self.child.wait();
        }
    }
}
