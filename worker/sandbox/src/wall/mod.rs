//! The commands that put walls around a launcher.

#[cfg(target_os = "linux")]
mod bubblewrap;
#[cfg(windows)]
pub(crate) mod job_object;
#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod roots;

#[cfg(target_os = "linux")]
pub(crate) use bubblewrap::{Bubblewrap, LAUNCHER};
#[cfg(target_os = "linux")]
pub(crate) use landlock::Landlock;

/// The user that owns nothing. Source: the kernel's overflow user, `nobody` of every distribution.
#[cfg(target_os = "linux")]
const NOBODY: u32 = 65_534;

/// The user that a tool is to run as: nobody where that can be chosen. None: as the caller.
#[cfg(target_os = "linux")]
pub(crate) fn user() -> Option<u32> {
    rustix::process::geteuid().is_root().then_some(NOBODY)
}

#[cfg(not(target_os = "linux"))]
pub(crate) const fn user() -> Option<u32> {
    None
}

/// The environment of a tool, all of it.
pub(crate) fn environment(folder: &str) -> [(&'static str, String); 4] {
    [
        ("PATH", "/usr/bin:/bin".to_owned()),
        ("LC_ALL", "C".to_owned()),
        ("HOME", folder.to_owned()),
        ("TMPDIR", folder.to_owned()),
    ]
}
