//! Whatever a program starts ends with it, also when it is killed.

/// Ties all processes that this one starts from now on to its own life. On Windows by a job object; elsewhere a tool is
/// tied when it is started, and this does nothing.
///
/// # Errors
/// In words, when the system refuses.
#[cfg(windows)]
pub fn bind_children() -> Result<(), String> {
    use std::sync::OnceLock;

    use win32job::{ExtendedLimitInfo, Job, JobError};

    /// Closing it would end this process; the system closes it when this process has ended.
    static OWN: OnceLock<Job> = OnceLock::new();
    if OWN.get().is_some() {
        return Ok(());
    }
    let bound = || -> Result<Job, JobError> {
        let job = Job::create()?;
        job.assign_current_process()?;
        // Last: a job that is closed after an error must not end this process.
        job.set_extended_limit_info(ExtendedLimitInfo::new().limit_kill_on_job_close())?;
        Ok(job)
    };
    let job = bound().map_err(|error| error.to_string())?;
    // Who lost a race keeps an open job for good as well.
    if let Err(second) = OWN.set(job) {
        std::mem::forget(second);
    }
    Ok(())
}

/// Ties all processes that this one starts from now on to its own life. On Windows by a job object; elsewhere a tool is
/// tied when it is started, and this does nothing.
///
/// # Errors
/// In words, when the system refuses.
#[cfg(not(windows))]
pub const fn bind_children() -> Result<(), String> {
    Ok(())
}
