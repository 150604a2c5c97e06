//! `hafs-bench`: what the factory can do on this machine. See `docs/BENCHMARKS.md`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use hafs_tests::bench::{self, Effort, Order, Part, teacher};
use hafs_tests::simulate;

/// Measures the factory on this machine, each figure beside a baseline taken in the same run.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    /// A rough run in about a minute.
    #[arg(long)]
    quick: bool,
    /// One JSON document instead of a table.
    #[arg(long)]
    json: bool,
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Folder for libraries and spools, on the disk that is to be measured.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// One night of a 16 GB GPU in simulated time: our scheduling beside two others.
    Simulate {
        /// The same seed gives the same night.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Tasks of the night.
        #[arg(long, default_value_t = 1_500)]
        tasks: u32,
        /// JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// The teacher that the factory is measured against.
    #[command(hide = true)]
    Teacher {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        latency_ms: u64,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { quick, json, only, folder, role } = Args::parse();
    match role {
        Some(Role::Teacher { listen, latency_ms }) => {
            return teacher::serve(listen, Duration::from_millis(latency_ms)).await;
        }
        Some(Role::Simulate { seed, tasks, json }) => return night(seed, tasks, json).await,
        None => {}
    }
    let effort = if quick { Effort::Quick } else { Effort::Full };
    // Who does not read along loses nothing.
    let tell = |doing: &str| drop(writeln!(std::io::stderr(), "measuring: {doing}"));
    let report = bench::measure(&Order { effort, parts: only, folder }, tell).await?;
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(())
}

async fn night(seed: u64, tasks: u32, json: bool) -> anyhow::Result<()> {
    let rows = simulate::compare(seed, tasks).await?;
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", simulate::table(&rows))?;
    }
    Ok(())
}
