//! `export`: a data set of what was accepted.

use hafs_proto::people::{DatasetView, ExportFormat, Page, RunView, SplitRatios};
use hafs_proto::{BoundedText, Domain, Run, RunId};
use hafs_runtime::config::Config;

use crate::api::{Api, ask};
use crate::compose::dataset;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape};

/// Write a data set.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory export
  hafs-factory export --name release-1 --format messages --format dpo --split 900,50,50 --seed 7
  hafs-factory export --run run_0198c0de… --domain rust
  hafs-factory export --unverified-share 0.1")]
pub struct Args {
    /// Name of the folder: 1 to 64 of a-z, 0-9, `-`, `_` [default: a free one].
    #[arg(long, value_parser = name)]
    name: Option<BoundedText<64>>,
    /// A format; repeat or separate by commas [default: those of the configuration].
    #[arg(long, value_parser = format, value_delimiter = ',', value_name = "alpaca|messages|sharegpt|dpo|kto|text")]
    format: Vec<ExportFormat>,
    /// Only samples of this run; repeat for several [default: all runs].
    #[arg(long)]
    run: Vec<RunId>,
    /// Only samples of this domain; repeat for several [default: all].
    #[arg(long)]
    domain: Vec<Domain>,
    /// Thousandths for training, validation and testing.
    #[arg(long, value_parser = split, value_name = "TRAIN,VAL,TEST")]
    split: Option<SplitRatios>,
    /// Seed of the split: the same seed gives the same bytes.
    #[arg(long)]
    seed: Option<u64>,
    /// Largest share of unverified samples of one identity, from 0 to 1 with at most three decimals; 1 sets no limit.
    #[arg(long, value_parser = share, value_name = "SHARE")]
    unverified_share: Option<u32>,
}

/// Writes it.
///
/// # Errors
/// [`Failure`] when nothing was accepted or the folder cannot be written.
pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let dataset = ask(context, &config, async |api| write(api, &config, args).await).await?;
    context.out.result(&dataset, |dataset| {
        format!(
            "Wrote {} samples to {}\n\nNext:\n  hafs-factory verify \"{}\"{}",
            count(dataset.samples),
            escape(&dataset.path),
            escape(&dataset.path),
            context.repeated_options()
        )
    })?;
    Ok(Exit::Done)
}

async fn write(api: &Api, config: &Config, args: Args) -> Result<DatasetView, Failure> {
    refuse_empty(api, &args.run).await?;
    let mut request = dataset::request(config, args.run)?;
    request.domains = args.domain;
    request.splits = args.split.unwrap_or(request.splits);
    request.seed = args.seed.unwrap_or(request.seed);
    request.unverified_share = args.unverified_share.or(request.unverified_share);
    if let Some(name) = args.name {
        request.name = name;
    }
    if !args.format.is_empty() {
        request.formats = args.format;
    }
    Ok(api.post("/v1/exports", &request).await?)
}

async fn refuse_empty(api: &Api, runs: &[RunId]) -> Result<(), Failure> {
    let runs = if runs.is_empty() {
        let all: Page<Run> = api.get("/v1/runs", &[]).await?;
        all.items.into_iter().map(|run| run.id).collect()
    } else {
        runs.to_vec()
    };
    let mut progress = Vec::with_capacity(runs.len());
    for run in runs {
        let view: RunView = api.get(&format!("/v1/runs/{run}"), &[]).await?;
        progress.push(view.progress);
    }
    dataset::refuse_empty(&progress)
}

fn name(text: &str) -> Result<BoundedText<64>, String> {
    BoundedText::new(text).map_err(|error| error.to_string())
}

fn format(text: &str) -> Result<ExportFormat, String> {
    let known = || ExportFormat::ALL.iter().map(|format| format.word()).collect::<Vec<_>>().join(", ");
    let found = ExportFormat::ALL.iter().copied().find(|format| format.word() == text);
    found.ok_or_else(|| format!("expected one of {}", known()))
}

fn share(text: &str) -> Result<u32, String> {
    let expected = || "expected a share from 0 to 1 with at most three decimals, such as 0.1".to_owned();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || ![whole, decimals].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit())) {
        return Err(expected());
    }
    let thousandths: u32 = format!("{whole}{decimals:0<3}").parse().map_err(|_| expected())?;
    if thousandths <= 1_000 && !whole.is_empty() { Ok(thousandths) } else { Err(expected()) }
}

fn split(text: &str) -> Result<SplitRatios, String> {
    let expected = || "expected three thousandths that add up to 1000, such as 900,50,50".to_owned();
    let parts: Result<Vec<u32>, _> = text.split(',').map(|part| part.trim().parse::<u32>()).collect();
    match parts.as_deref() {
        Ok([train, val, test]) if u64::from(*train) + u64::from(*val) + u64::from(*test) == 1_000 => {
            Ok(SplitRatios { train: *train, val: *val, test: *test })
        }
        Ok(_) | Err(_) => Err(expected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_must_be_three_and_add_up() {
        assert_eq!(split("900, 50,50"), Ok(SplitRatios { train: 900, val: 50, test: 50 }));
        for bad in ["900,50", "900,50,51", "0.9,0.05,0.05", "-1,500,501", "", "4294967295,4294967295,2"] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_share_is_read_in_whole_thousandths() {
        for (text, thousandths) in [("1", 1_000), ("0", 0), ("0.1", 100), ("0.125", 125), ("1.000", 1_000)] {
            assert_eq!(share(text), Ok(thousandths), "{text}");
        }
        for bad in ["", ".1", "1.001", "2", "-0.1", "0.1234", "10%", "0.1e1", "99999999999"] {
            assert!(share(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_unknown_format_is_told_which_there_are() {
        assert_eq!(format("dpo"), Ok(ExportFormat::Dpo));
        assert!(format("parquet").expect_err("unknown").contains("alpaca, messages"));
    }
}
