//! `backup`: a copy of the library.

use std::path::{Path, PathBuf};

use hafs_coordinator::settings::Settings;
use hafs_library::backup::{self, BackupReport};
use hafs_library::{Address, Library, StoreError};
use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::bytes;

/// Copy the library to a file, also while it is in use.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hafs-factory backup /mnt/safe/library.db")]
pub struct Args {
    /// The file; one that is there is replaced once the copy is whole and checked.
    file: PathBuf,
}

/// Makes the copy.
///
/// # Errors
/// [`Failure`] when there is no library or the copy cannot be written; then nothing is left behind.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let (from, to) = (Settings::from(&config).library_address()?, args.file.clone());
    if from.is_missing_file() {
        return Err(Failure::new(Exit::Failed, format!("there is no library at {from}")));
    }
    let copied = tokio::task::spawn_blocking(move || copy(&from, &to)).await??;
    context.out.result(&json!({ "file": args.file, "bytes": copied.bytes }), |_| {
        format!("Copied the library to {} ({}, checked).", args.file.display(), bytes(copied.bytes))
    })?;
    Ok(Exit::Done)
}

fn copy(from: &Address, to: &Path) -> Result<BackupReport, StoreError> {
    // Told apart from a copy that failed: the library itself cannot be used by this program.
    if let Err(newer @ StoreError::Newer { .. }) = Library::inspect(from, |_| Ok(())) {
        return Err(newer);
    }
    backup::backup(from, to)
}
