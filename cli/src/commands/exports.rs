//! `exports`: data sets that were written, and what became of their samples since.

use hafs_proto::DatasetId;
use hafs_proto::people::{DatasetDetail, DatasetView, Page};

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape, pairs, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory exports list
  hafs-factory exports show dataset_0198c0de… --json";

/// What to do with data sets.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Data sets, newest first; tainted ones hold samples that were set aside since.
    List,
    /// A data set, what was asked for, and which of its samples do not stand any more.
    Show {
        /// The data set.
        dataset: DatasetId,
    },
}

/// Does it.
///
/// # Errors
/// [`Failure`] when there is no such data set.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    match command {
        Command::List => {
            let page: Page<DatasetView> =
                ask(context, &config, async |api| Ok(api.get("/v1/exports", &[]).await?)).await?;
            context.out.result(&page, |page| rows(&page.items))?;
        }
        Command::Show { dataset } => {
            let path = format!("/v1/exports/{dataset}");
            let detail: DatasetDetail =
                ask(context, &config, async |api| Ok(api.get(&path, &[]).await?)).await?;
            context.out.result(&detail, one)?;
        }
    }
    Ok(Exit::Done)
}

/// Data sets in a table.
pub fn rows(datasets: &[DatasetView]) -> String {
    let mut table = table(&["data set", "name", "samples", "tainted", "written", "folder"]);
    for dataset in datasets {
        table.add_row([
            dataset.id.to_string(),
            escape(&dataset.name),
            count(dataset.samples),
            tainted(dataset),
            dataset.created_at.to_string(),
            escape(&dataset.path),
        ]);
    }
    table.to_string()
}

fn tainted(dataset: &DatasetView) -> String {
    match &dataset.tainted {
        None => String::new(),
        Some(taint) if taint.certain => format!("{} samples", count(taint.samples)),
        Some(taint) => format!("up to {} samples", count(taint.samples)),
    }
}

fn one(detail: &DatasetDetail) -> String {
    let dataset = &detail.dataset;
    let by = dataset.tainted.iter().flat_map(|taint| &taint.quarantines).map(ToString::to_string);
    let mut text = pairs([
        ("data set", dataset.id.to_string()),
        ("name", escape(&dataset.name)),
        ("folder", escape(&dataset.path)),
        ("written", dataset.created_at.to_string()),
        ("samples", count(dataset.samples)),
        ("manifest", dataset.manifest_sha256.to_string()),
        ("tainted", tainted(dataset)),
        ("by", by.collect::<Vec<_>>().join(" ")),
    ])
    .to_string();
    for sample in &detail.fallen {
        text.push_str(&format!("\n  {sample}"));
    }
    text
}
