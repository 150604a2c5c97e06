//! A child process in a job object: all that it starts ends with it, and is counted and weighed with it.

use std::io;
use std::os::windows::io::AsRawHandle as _;
use std::process::{Child, Command, ExitStatus};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
use win32job::{ExtendedLimitInfo, Job, JobError};

#[derive(Debug)]
pub(crate) struct Tether {
    child: Child,
    job: Job,
}

impl Tether {
    /// Starts a command.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let job = Job::create_with_limit_info(ExtendedLimitInfo::new().limit_kill_on_job_close())
            .map_err(io::Error::other)?;
        let mut child = command.spawn()?;
        if let Err(error) = job.assign_process(child.as_raw_handle() as isize) {
            // Outside the job nothing would end what it starts.
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::Error::other(error));
        }
        Ok(Self { child, job })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Bytes of memory that all processes of the job have in use.
    pub(crate) fn memory(&self) -> u64 {
        let pids = self.members().unwrap_or_default();
        // A system that tells nothing of its processes holds no limit of memory either; the wall clock still does.
        let Ok(mut system) = System::new() else { return 0 };
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&pids),
            true,
            ProcessRefreshKind::nothing().with_memory(),
        );
        system.processes().values().map(sysinfo::Process::memory).sum()
    }

    /// How many processes the job has.
    pub(crate) fn crowd(&self) -> u32 {
        // The list has room for 1,024; more of them are an error, and too many.
        self.members().map_or(u32::MAX, |pids| u32::try_from(pids.len()).unwrap_or(u32::MAX))
    }

    fn members(&self) -> Result<Vec<Pid>, JobError> {
        Ok(self.job.query_process_id_list()?.into_iter().map(Pid::from).collect())
    }

    /// Ends the process and all that it started.
    pub(crate) fn end(&mut self) {
        if let Ok(job) = Job::create() {
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
