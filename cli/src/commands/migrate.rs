//! `migrate`: a library moves from a file into a database, or back.

use hafs_library::{Address, MigrateReport, MigratedTable, Progress};
use hafs_runtime::secret::Secret;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Audience;
use crate::text::{count, table};

/// Move a library from a file into a PostgreSQL database, or back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory migrate library.db postgres://factory@localhost/factory
  hafs-factory migrate ~/.local/share/hafs-factory/library.db @/run/secrets/library
  hafs-factory migrate @/run/secrets/library back.db --json

An address with a password stands in a file: @FILE names it. No coordinator may run on either library, and the
target must be empty. Every row is compared on both sides before anything counts; the old library stays as it was.")]
pub struct Args {
    /// The library: a file, postgres://user@host:port/database, or @FILE with such an address in it.
    from: String,
    /// Where it goes, in the same forms: a new file, or an empty database.
    to: String,
}

/// Copies and compares.
///
/// # Errors
/// [`Failure`] when an address is wrong, either side is in use, the target is not empty, or a row differs; then both
/// are as they were.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let (from, to) = (address(&args.from)?, address(&args.to)?);
    if from.is_missing_file() {
        return Err(Failure::new(Exit::Usage, format!("there is no library at {from}")));
    }
    let bar = bar(context);
    let report = {
        let (from, to, bar) = (from.clone(), to.clone(), bar.clone());
        tokio::task::spawn_blocking(move || hafs_library::migrate(&from, &to, &mut |at| show(&bar, at))).await
    };
    bar.finish_and_clear();
    let report = report??;
    let tables = report.tables.iter().map(|it| json!({ "table": it.name, "rows": it.rows, "hash": it.hash }));
    let document = json!({
        "from": from.to_string(), "to": to.to_string(), "rows": report.rows(),
        "tables": tables.collect::<Vec<_>>(),
    });
    context.out.result(&document, |_| described(&from, &to, &report))?;
    Ok(Exit::Done)
}

fn address(text: &str) -> Result<Address, Failure> {
    let written = match text.strip_prefix('@') {
        Some(file) => Secret::from_file(file.as_ref())?,
        None => Secret::new(text),
    };
    Ok(written.expose().parse()?)
}

fn bar(context: &Context) -> ProgressBar {
    if context.out.audience() == Audience::Programs || context.out.is_quiet() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, at: Progress<'_>) {
    bar.set_message(format!("{}: {} rows", at.table, count(at.rows)));
    bar.tick();
}

fn described(from: &Address, to: &Address, report: &MigrateReport) -> String {
    let mut rows = table(&["table", "rows", "hash, the same on both sides"]);
    for MigratedTable { name, rows: number, hash } in report.tables.iter().filter(|table| table.rows > 0) {
        rows.add_row([name.clone(), count(*number), hash.to_string()]);
    }
    let name = match to {
        Address::File(path) => format!("put {} where `coordinator.data_dir` is", path.display()),
        Address::Postgres(_) => "name it with `coordinator.library` or `coordinator.library_file`".to_owned(),
    };
    format!("{rows}\n\nMoved {} rows from {from} to {to}. To use it, {name}.", count(report.rows()))
}
