//! The miners: from what people already have to seeds.
//!
//! A [`Source`] is walked page by page. What it holds is only read: nothing of a mined repository or folder is
//! ever run, followed out of its root or fetched. Secrets are replaced here, before a text leaves its host.

mod cursor;
mod dissect;
mod draft;
mod error;
mod files;
mod folder;
mod git;
mod page;
mod routines;
mod settings;
mod skip;
mod source;
mod strand;
mod text;

pub use error::{HarvestError, SourceError};
pub use settings::{SourceKind, SourceSettings};
pub use skip::Skip;
pub use source::{HarvestPage, Source, open};
