//! What both services need to live: clock, ids, configuration, shutdown, telemetry, HTTP client.
//!
//! The only crate that reads the wall clock, draws randomness, reads the process's environment or listens to
//! signals; everything else gets these as arguments.

pub mod backoff;
pub mod clock;
pub mod config;
pub mod entropy;
pub mod env;
pub mod http;
pub mod ids;
pub mod log_file;
mod one_line;
pub mod paths;
pub mod privacy;
pub mod recent;
pub mod secret;
pub mod shutdown;
pub mod telemetry;
pub mod tls;
