//! A child process; on Windows in a job object, so that all that it starts ends with it.

use std::io;
use std::process::{Child, Command, ExitStatus};

#[derive(Debug)]
pub(crate) struct Tether {
    child: Child,
    #[cfg(windows)]
    job: win32job::Job,
}

impl Tether {
    /// Starts a command.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        #[cfg(windows)]
        {
            use std::os::windows::io::AsRawHandle as _;
            let mut limits = win32job::ExtendedLimitInfo::new();
            limits.limit_kill_on_job_close();
            let job = win32job::Job::create_with_limit_info(&limits).map_err(io::Error::other)?;
            let mut child = command.spawn()?;
            if let Err(error) = job.assign_process(child.as_raw_handle() as isize) {
                // Outside the job nothing would end what it starts.
                let _ = child.kill();
                let _ = child.wait();
                return Err(io::Error::other(error));
            }
            Ok(Self { child, job })
        }
        #[cfg(not(windows))]
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

    /// Ends the process and, on Windows, all that it started.
    pub(crate) fn end(&mut self) {
        #[cfg(windows)]
        if let Ok(job) = win32job::Job::create() {
            // Closing the old handle ends everything in the job.
            drop(std::mem::replace(&mut self.job, job));
        }
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
