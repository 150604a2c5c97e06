//! `support`: one file that says what this factory is and how it stands, for a report of trouble.

mod bundle;
mod gather;
mod harmless;
#[cfg(test)]
mod tests;
mod told;

use std::path::PathBuf;

use hafs_runtime::clock::{Clock as _, SystemClock};
use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::bytes;

/// Write a file for a report of trouble: what this factory is and how it stands, without texts or secrets.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory support
  hafs-factory support --out trouble.zip

It works whether a factory runs or not, and sends nothing anywhere. README.txt in the file says what is in it: numbers,
states, codes and settings; no samples, prompts, mined texts, names that people gave, tokens or keys. Look at it before you
pass it on.")]
pub struct Args {
    /// The file [default: hafs-support-TIME.zip in the working folder].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Gathers and writes it.
///
/// # Errors
/// [`Failure`] when the file cannot be written. What cannot be found out is said in the file.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let now = SystemClock.now();
    let default = || PathBuf::from(format!("hafs-support-{}.zip", now.as_millis()));
    let path = args.out.clone().unwrap_or_else(default);
    let sections = gather::all(context, now).await;
    let size = bundle::write(&path, &sections)?;
    let names: Vec<&str> = sections.iter().map(|section| section.name).collect();
    context.out.result(&json!({ "file": path, "bytes": size, "sections": names }), |_| {
        let (path, size, names) = (path.display(), bytes(size), names.join(", "));
        format!("Wrote {path} ({size}): {names}.\nIt holds no texts and no secrets; look at it before you pass it on.")
    })?;
    Ok(Exit::Done)
}
