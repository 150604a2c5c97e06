//! `restore`: a backup becomes the library.

use std::path::{Path, PathBuf};

use hafs_coordinator::settings::Settings;
use hafs_library::restore::{self, Replaced};
use hafs_library::tables::PageRequest;
use hafs_library::tables::samples::{self, SampleFilter};
use hafs_library::tables::tasks::{self, TaskFilter};
use hafs_library::{Address, Library, StoreError, Tx};
use hafs_proto::Timestamp;
use hafs_runtime::clock::{Clock as _, SystemClock};
use hafs_runtime::entropy;
use serde::Serialize;

use super::verify;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, length, pairs};

/// Make a backup the library.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory restore /mnt/safe/library.db
  hafs-factory restore /mnt/safe/library.db --force --json

The factory must not be running. Every row of the backup is verified first; one with findings is
not restored (exit code 6). A library that is there is replaced only with --force, and kept.")]
pub struct Args {
    /// The backup: a file that `hafs-factory backup` or a checkpoint has written.
    file: PathBuf,
    /// Replace the library that is there; it is kept as `library.db.replaced-…`.
    #[arg(long)]
    force: bool,
}

/// What a library holds, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Stock {
    runs: u64,
    seeds: u64,
    samples: u64,
    attempts: u64,
    /// When its newest task was planned or sample made.
    newest: Option<Timestamp>,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Restored {
    library: PathBuf,
    from: PathBuf,
    bytes: u64,
    holds: Stock,
    /// How long ago `newest` was, in seconds.
    age_s: Option<u64>,
    /// Where the replaced library lies.
    former: Option<PathBuf>,
}

/// Verifies the backup and makes it the library.
///
/// # Errors
/// [`Failure`] when there is no such backup, it is not sound, a process has the library open, or there is a library
/// and `--force` was not given; then everything is as it was.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let library = match Settings::from(&config).library_address()? {
        Address::File(path) => path,
        address @ Address::Postgres(_) => return Err(in_a_database(&address, &args.file)),
    };
    let (from, force) = (args.file.clone(), args.force);
    let restored = tokio::task::spawn_blocking(move || make(from, library, force)).await??;
    context.out.result(&restored, described)?;
    Ok(Exit::Done)
}

fn in_a_database(library: &Address, backup: &Path) -> Failure {
    let message = format!("a backup becomes a file, and the library is {library}");
    let file = backup.display();
    Failure::new(Exit::Usage, message).remedy(format!(
        "`hafs-factory verify --library \"{file}\"`, then `hafs-factory migrate \"{file}\" @ADDRESS_FILE` into an empty database"
    ))
}

fn make(from: PathBuf, library: PathBuf, force: bool) -> Result<Restored, Failure> {
    if !from.is_file() {
        let message = format!("there is no backup at {}", from.display());
        return Err(Failure::new(Exit::Usage, message).remedy("`hafs-factory backup FILE` writes one"));
    }
    if library.exists() && !force {
        let message = format!("there is a library at {} already", library.display());
        return Err(Failure::new(Exit::Usage, message)
            .remedy("--force replaces it and keeps it beside the new one; --data-dir names another folder"));
    }
    let holds = sound(&from)?;
    let folder = library.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    let (incarnation, now) = (entropy::bytes()?, SystemClock.now());
    let Replaced { report, former } = if force {
        restore::replace(&from, &library, incarnation, now)?
    } else {
        Replaced { report: restore::restore(&from, &library, incarnation, now)?, former: None }
    };
    let age_s = holds.newest.map(|newest| now.since(newest).as_secs());
    Ok(Restored { library, from, bytes: report.bytes, holds, age_s, former })
}

/// Reads every row of the backup, and what it holds.
fn sound(from: &Path) -> Result<Stock, Failure> {
    let report = verify::inspect(&from.into())?;
    let Some(first) = report.broken.first() else {
        let rows = |table: &str| report.rows.get(table).copied().unwrap_or(0);
        let (runs, seeds) = (rows("run"), rows("seed"));
        let (samples, attempts) = (rows("sample"), rows("attempt"));
        return Ok(Stock { runs, seeds, samples, attempts, newest: Library::inspect(from, newest)? });
    };
    let message = format!(
        "{} is not sound, so it was not restored: {} findings, the first in {} {}: {}",
        from.display(),
        report.broken.len(),
        first.table,
        first.id,
        first.what
    );
    let remedy = format!("`hafs-factory verify --library \"{}\"` names all; restore another", from.display());
    Err(Failure::new(Exit::Broken, message).remedy(remedy))
}

fn newest(tx: &mut dyn Tx) -> Result<Option<Timestamp>, StoreError> {
    let first = || PageRequest { cursor: None, limit: 1 };
    let task = tasks::page(tx, &TaskFilter::default(), &first())?.items.pop();
    let sample = samples::page(tx, &SampleFilter::default(), &first())?.items.pop();
    Ok(task.map(|stored| stored.task.created_at).max(sample.map(|sample| sample.created_at)))
}

fn described(restored: &Restored) -> String {
    let Restored { library, from, holds, age_s, former, .. } = restored;
    let newest = match (holds.newest, age_s) {
        (Some(newest), Some(age)) => {
            format!("{newest}, {} ago", length(std::time::Duration::from_secs(*age)))
        }
        (_, None) | (None, _) => "none".to_owned(),
    };
    let mut rows = vec![
        ("library", library.display().to_string()),
        ("restored from", format!("{}, verified", from.display())),
        ("runs", count(holds.runs)),
        ("seeds", count(holds.seeds)),
        ("samples", count(holds.samples)),
        ("attempts", count(holds.attempts)),
        ("newest task or sample", newest),
    ];
    rows.extend(former.iter().map(|former| ("the replaced library", former.display().to_string())));
    format!(
        "{}\n\n{AFTERWARDS}\n\nNext:\n  hafs-factory verify  # checks the whole library\n  \
         hafs-factory run     # the same command as before goes on",
        pairs(rows)
    )
}

/// What becomes of what the backup does not know.
const AFTERWARDS: &str = "What was committed after the backup is not in this library. Results in the spools of workers are \
taken\nfor tasks that the backup knows; the others are refused, and the workers keep them in `refused/`.\nWorkers that joined \
after the backup need a new join token. Tokens that were revoked after it are valid\nagain: `hafs-factory token list`.";
