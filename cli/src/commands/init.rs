//! `init`: a commented configuration.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use hafs_runtime::config::{FILE_NAME, template};
use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Write a commented hafs.toml.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory init
  hafs-factory init --force --config ~/factory/hafs.toml")]
pub struct Args {
    /// Overwrite a file that is there.
    #[arg(long)]
    force: bool,
}

/// Writes the file and says what to do next.
///
/// # Errors
/// [`Failure`] when the file is there or cannot be written.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let path = context.config_file().cloned().unwrap_or_else(|| PathBuf::from(FILE_NAME));
    let mut options = OpenOptions::new();
    options.write(true).truncate(args.force).create(args.force).create_new(!args.force);
    let written = options.open(&path).and_then(|mut file| file.write_all(template().as_bytes()));
    written.map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            let remedy = "--force overwrites it; `hafs-factory config check` looks at the one that is there";
            Failure::new(Exit::Usage, format!("{} is there already", path.display())).remedy(remedy)
        } else {
            Failure::new(Exit::Failed, format!("could not write {}: {error}", path.display()))
        }
    })?;
    context.out.result(&json!({ "written": path }), |_| {
        format!(
            "Wrote {}: every key with its default. It changes nothing until a line is uncommented.\n\nNext:\n  \
             hafs-factory doctor          what is missing on this machine\n  \
             hafs-factory config check    mistakes, after a change\n  \
             hafs-factory run PATH        make a data set from a repository or folder",
            path.display()
        )
    })?;
    Ok(Exit::Done)
}
