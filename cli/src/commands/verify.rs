//! `verify`: everything in the library derived again, or a data set checked again.

use std::path::PathBuf;

use hafs_coordinator::settings::Settings;
use hafs_library::tables::{datasets, taint};
use hafs_library::verify::{Report, integrity, verify};
use hafs_library::{Address, Library};
use hafs_proto::people::Taint;
use hafs_quality::canon::canon_hash;
use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape, table};

/// Re-derive everything in the library, or re-check a data set, and name what does not agree.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory verify
  hafs-factory verify ~/.local/share/hafs-factory/datasets/factory-1
  hafs-factory verify --library /mnt/safe/library.db

Exit code 6 says that something does not agree, or that samples of the data set were set aside since it was written. The
library may be in use.")]
pub struct Args {
    /// The folder of a data set, to check that in place of the library.
    dataset: Option<PathBuf>,
    /// Another library, such as a backup; with a data set, the one to ask about its samples.
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
}

/// Checks and names what is broken.
///
/// # Errors
/// [`Failure`] when there is nothing to check or it cannot be read at all.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    match &args.dataset {
        Some(folder) => check_dataset(context, folder.clone(), args.library.clone()).await,
        None => {
            let config = context.config(&[])?;
            let library = match &args.library {
                Some(path) => Address::from(path),
                None => Settings::from(&config).library_address()?,
            };
            check_library(context, library).await
        }
    }
}

/// What is wrong with a library: first the file itself, then its rows.
///
/// # Errors
/// [`Failure`] when it cannot be read.
pub fn inspect(library: &Address) -> Result<Report, Failure> {
    if library.is_missing_file() {
        let message = format!("there is no library at {library}");
        return Err(Failure::new(Exit::Failed, message).remedy("`hafs-factory run PATH` makes one"));
    }
    let report = Library::inspect(library, |tx| {
        let broken = integrity(tx)?;
        // Rows of a file that is damaged itself prove nothing.
        if broken.is_empty() {
            verify(tx, Some(canon_hash))
        } else {
            Ok(Report { broken, ..Report::default() })
        }
    })?;
    Ok(report)
}

async fn check_library(context: &Context, library: Address) -> Result<Exit, Failure> {
    let at = library.clone();
    let report = tokio::task::spawn_blocking(move || inspect(&at)).await??;
    let sound = report.broken.is_empty();
    let document = json!({
        "library": library.to_string(), "sound": sound, "rows": report.rows, "broken": report.broken, "more": report.more,
    });
    context.out.result(&document, |_| described(&library, &report))?;
    Ok(if sound { Exit::Done } else { Exit::Broken })
}

fn described(library: &Address, report: &Report) -> String {
    let rows: u64 = report.rows.values().sum();
    if report.broken.is_empty() {
        let tables = report.rows.iter().map(|(table, rows)| format!("{} {table}", count(*rows)));
        let tables = tables.collect::<Vec<_>>().join(", ");
        return format!("{library}: {} rows agree ({tables}).", count(rows));
    }
    let mut table = table(&["table", "row", "what is wrong", "what to do"]);
    for broken in &report.broken {
        table.add_row([
            escape(&broken.table),
            escape(&broken.id),
            escape(&broken.what),
            broken.remedy.to_owned(),
        ]);
    }
    let more = if report.more { "\n… and more" } else { "" };
    let number = report.broken.len();
    format!("{library}: {number} findings in {} rows.\n\n{table}{more}", count(rows))
}

/// What the library says of a data set.
enum Standing {
    /// There is no library to ask.
    Unasked,
    /// The library does not know it.
    Unknown,
    /// Every sample stands as it did when the data set was written.
    Stands,
    /// Some do not.
    Tainted(Taint),
}

/// Asks the library of this machine, or the one that was named, about a data set.
fn standing(library: Option<Address>, manifest: Option<&str>) -> Result<Standing, Failure> {
    let (Some(library), Some(sha256)) = (library, manifest) else { return Ok(Standing::Unasked) };
    let found = Library::inspect(library, |tx| {
        let Some(dataset) = datasets::with_manifest(tx, sha256)? else { return Ok(Standing::Unknown) };
        let taint = taint::all(tx)?.remove(&dataset.id);
        Ok(taint.map_or(Standing::Stands, Standing::Tainted))
    })?;
    Ok(found)
}

impl Standing {
    fn words(&self) -> String {
        match self {
            Self::Unasked => {
                "There is no library here, so nothing says whether its samples still stand.".to_owned()
            }
            Self::Unknown => {
                "The library does not know it, so nothing says whether its samples still stand.".to_owned()
            }
            Self::Stands => "Its samples stand as they did when it was written.".to_owned(),
            Self::Tainted(taint) => {
                let may = if taint.certain { "" } else { "may " };
                let ids = taint.quarantines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                format!(
                    "TAINTED: {} of its samples {may}have been set aside since ({ids}).",
                    count(taint.samples)
                )
            }
        }
    }
}

async fn check_dataset(
    context: &Context,
    folder: PathBuf,
    library: Option<PathBuf>,
) -> Result<Exit, Failure> {
    if !folder.exists() {
        return Err(Failure::new(Exit::Usage, format!("there is no folder {}", folder.display())));
    }
    let at = folder.clone();
    let found = tokio::task::spawn_blocking(move || hafs_export::verify_folder(&at)).await?;
    let own = || Settings::from(&context.config(&[]).ok()?).library_address().ok();
    let own = || own().filter(|address| !address.is_missing_file());
    let library = library.map(Address::from).or_else(own);
    let sha256 = found.manifest_sha256.clone();
    let standing = tokio::task::spawn_blocking(move || standing(library, sha256.as_deref())).await??;
    let tainted = match &standing {
        Standing::Tainted(taint) => Some(taint),
        Standing::Unasked | Standing::Unknown | Standing::Stands => None,
    };
    let defects: Vec<String> = found.defects.iter().map(ToString::to_string).collect();
    let (sound, samples) = (defects.is_empty(), found.samples.len());
    let document = json!({
        "dataset": folder, "sound": sound, "samples": samples,
        "manifest_sha256": found.manifest_sha256, "defects": defects, "tainted": tainted,
        "asked_library": !matches!(standing, Standing::Unasked | Standing::Unknown),
    });
    context.out.result(&document, |_| {
        if sound {
            let sha = found.manifest_sha256.as_deref().unwrap_or_default();
            let standing = standing.words();
            return format!("{}: whole; {samples} samples; manifest {sha}.\n{standing}", folder.display());
        }
        let lines: Vec<String> = defects.iter().map(|defect| format!("  {}", escape(defect))).collect();
        let number = defects.len();
        format!("{}: {number} defects.\n{}\n{}", folder.display(), lines.join("\n"), standing.words())
    })?;
    Ok(if sound && tainted.is_none() { Exit::Done } else { Exit::Broken })
}
