//! `audit`: who did what, and whether the log of it is whole.

use hafs_library::tables::audit::Head;
use hafs_library::{Address, Library, verify};
use hafs_proto::people::{AuditEntry, AuditReport, Page};

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory audit list --about worker_0198c0de…
  hafs-factory audit verify
  hafs-factory audit verify --expect 41:4ef38b30…
  hafs-factory audit verify --library /mnt/safe/library.db

`verify` prints the head of the log. Noted somewhere else, it proves later that nothing up to it was touched: without
it, whoever can write to the library can write the whole log anew. Exit code 6 says that something is wrong.";

/// What to do with the audit log.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Entries, newest first.
    List(Filter),
    /// Follow the chain of hashes from its root to its end.
    Verify {
        /// A head that was noted earlier: it must lie on the chain.
        #[arg(long, value_name = "NUMBER:HASH")]
        expect: Option<Head>,
        /// A library to read without asking a coordinator: a file, such as a backup, or the address of a database.
        #[arg(long, value_name = "FILE|postgres://…")]
        library: Option<Address>,
    },
}

/// Which entries.
#[derive(Debug, clap::Args)]
pub struct Filter {
    /// About this thing, by its id.
    #[arg(long, value_name = "ID")]
    about: Option<String>,
    /// By this credential or worker, or `coordinator`.
    #[arg(long, value_name = "ID")]
    by: Option<String>,
    /// Of this action, such as `token.revoke`.
    #[arg(long)]
    action: Option<String>,
    /// At most this many.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// Does it.
///
/// # Errors
/// [`Failure`] when the log cannot be read.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(filter) => list(context, filter).await,
        Command::Verify { expect, library: Some(address) } => {
            context.refuse_remote()?;
            let report = tokio::task::spawn_blocking(move || {
                Library::inspect(address, |tx| verify::audit(tx, expect))
            });
            told(context, &report.await??)
        }
        Command::Verify { expect, library: None } => {
            let config = context.config(&[])?;
            let query: Vec<_> = expect.iter().map(|head| ("expect", head.to_string())).collect();
            let report: AuditReport =
                ask(context, &config, async |api| Ok(api.get("/v1/audit/verify", &query).await?)).await?;
            told(context, &report)
        }
    }
}

async fn list(context: &Context, filter: Filter) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let Filter { about, by, action, limit } = filter;
    let query: Vec<_> = [("object", about), ("actor", by), ("action", action)]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
    let page: Page<AuditEntry> =
        ask(context, &config, async |api| Ok(api.list("/v1/audit", &query, limit).await?)).await?;
    context.out.result(&page, |page| {
        let mut table = table(&["entry", "when", "who", "what", "to", "detail"]);
        for entry in &page.items {
            table.add_row([
                entry.seq.to_string(),
                entry.at.to_string(),
                escape(&entry.actor),
                escape(&entry.action),
                escape(&entry.object),
                escape(&entry.detail),
            ]);
        }
        table.to_string()
    })?;
    Ok(Exit::Done)
}

fn told(context: &Context, report: &AuditReport) -> Result<Exit, Failure> {
    context.out.result(report, |report| {
        let entries = count(report.entries);
        if report.sound {
            let noted = if report.expected.is_some() { ", the noted head among them" } else { "" };
            return format!("{entries} entries follow each other{noted}. Head:\n{}", report.head);
        }
        let mut table = table(&["entry", "what is wrong"]);
        for defect in &report.defects {
            table.add_row([defect.seq.to_string(), escape(&defect.what)]);
        }
        format!("{} findings in {entries} entries.\n\n{table}", report.defects.len())
    })?;
    Ok(if report.sound { Exit::Done } else { Exit::Broken })
}
