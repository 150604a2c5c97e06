//! A child process and everything that it starts, held so that all of it can be ended.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod portable;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::Tether;
#[cfg(not(any(target_os = "linux", windows)))]
pub(crate) use portable::Tether;
#[cfg(windows)]
pub(crate) use windows::Tether;
