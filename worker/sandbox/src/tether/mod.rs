//! A child process and everything that it starts, held so that all of it can be ended.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
pub(crate) use linux::Tether;
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::Tether;
