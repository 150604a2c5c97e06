//! The coordinator service: HTTP, reconcilers, metrics and composition. Every decision is made in `hafs_domain`,
//! every truth is kept in `hafs_library`; this crate connects them to the outside.

pub mod address;
pub mod app;
pub mod auth;
pub mod backups;
pub mod disk;
pub mod events;
pub mod http;
mod index;
pub mod launch;
pub mod lead;
mod local_token;
pub mod metrics;
pub mod probe;
mod reconcile;
pub mod runs;
pub mod settings;
pub mod stores;
pub mod tls;
#[cfg(test)]
mod trial;
mod waiting;
pub mod work;
pub mod workers;
